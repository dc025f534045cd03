// Ink without a terminal: a tree of views in, rows of bytes out, at once. When they are drawn, and where to, others decide.

import { EventEmitter } from 'node:events'
import { render } from 'ink'
import { Component, type ReactNode, useSyncExternalStore } from 'react'
import { SurfaceContext } from './rows.tsx'
import type { ColourDepth } from './style.ts'
import { Surface } from './surface.ts'

/** What Ink takes for a terminal: it keeps the last picture. */
class Canvas extends EventEmitter {
  columns = 80
  rows = 24
  readonly isTTY = false
  picture = ''

  write(text: string, done?: unknown): boolean {
    // Ink writes an empty text when it ends, to hear that all is written.
    if (text !== '') this.picture = text
    if (typeof done === 'function') done()
    return true
  }
}

/** A terminal's stdin as Ink sees it: nobody ever types there. */
class NoInput extends EventEmitter {
  readonly isTTY = false
}

type InkStreams = Required<
  Pick<Exclude<Parameters<typeof render>[1], NodeJS.WriteStream | undefined>, 'stdin' | 'stdout'>
>

/** The views to be shown, as React follows what is outside of it: at once, which it does for nothing else. */
class Shown {
  #views: ReactNode
  #changed: () => void = () => {}

  constructor(first: ReactNode) {
    this.#views = first
  }

  readonly get = () => this.#views

  readonly subscribe = (changed: () => void) => {
    this.#changed = changed
    return () => {
      this.#changed = () => {}
    }
  }

  set(views: ReactNode): void {
    this.#views = views
    this.#changed()
  }
}

export class Renderer {
  readonly #surface: Surface
  readonly #canvas = new Canvas()
  readonly #streams: InkStreams
  #ink: ReturnType<typeof render> | undefined
  #shown: Shown | undefined
  #bug: { readonly error: unknown } | undefined

  constructor(depth: ColourDepth) {
    this.#surface = new Surface(depth)
    // They are used as far as these classes go.
    this.#streams = { stdout: this.#canvas, stdin: new NoInput() } as unknown as InkStreams
  }

  /**
   * The rows of the screen, as bytes that begin at the row's first cell. Resolves in the same turn of the event loop.
   *
   * @throws what a view throws: a bug, after which nothing can be drawn
   */
  async render(views: ReactNode, columns: number, rows: number): Promise<string[]> {
    this.#canvas.columns = columns
    this.#canvas.rows = rows
    if (this.#shown === undefined) this.#begin(views)
    else {
      this.#shown.set(views)
      // React renders in a microtask, which is before this one goes on.
      await undefined
    }
    if (this.#bug !== undefined) throw this.#bug.error
    return this.#surface.compose(this.#canvas.picture, columns)
  }

  #begin(first: ReactNode): void {
    this.#shown = new Shown(first)
    // Ink's own way to render again changes a context of all its components, and so draws everything anew.
    const root = (
      <Boundary
        failed={(error) => {
          this.#bug = { error }
        }}
      >
        <Root surface={this.#surface} shown={this.#shown} />
      </Boundary>
    )
    // "debug" is how Ink gives each picture as a whole, as soon as there is one.
    this.#ink = render(root, { ...this.#streams, debug: true, exitOnCtrlC: false, patchConsole: false })
  }

  end(): void {
    this.#ink?.unmount()
    this.#ink?.cleanup()
    this.#ink = undefined
    this.#shown = undefined
  }
}

interface BoundaryProps {
  readonly failed: (error: unknown) => void
  readonly children: ReactNode
}

/** Tells what a view throws. Ink would draw a page about it that cannot be seen here, and stop. */
class Boundary extends Component<BoundaryProps, { readonly hasFailed: boolean }> {
  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override state = { hasFailed: false }

  override componentDidCatch(error: unknown): void {
    this.props.failed(error)
  }

  override render(): ReactNode {
    return this.state.hasFailed ? null : this.props.children
  }
}

function Root({ surface, shown }: { readonly surface: Surface; readonly shown: Shown }) {
  const views = useSyncExternalStore(shown.subscribe, shown.get)
  return <SurfaceContext value={surface}>{views}</SurfaceContext>
}
