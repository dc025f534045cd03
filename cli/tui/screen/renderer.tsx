// Ink without a terminal: a tree of views in, rows of bytes out, at once. When they are drawn, and where to, others decide.

import { EventEmitter } from 'node:events'
import { render } from 'ink'
import type { ReactNode } from 'react'
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

export class Renderer {
  readonly #surface: Surface
  readonly #canvas = new Canvas()
  readonly #streams: InkStreams
  #ink: ReturnType<typeof render> | undefined

  constructor(depth: ColourDepth) {
    this.#surface = new Surface(depth)
    // They are used as far as these classes go.
    this.#streams = { stdout: this.#canvas, stdin: new NoInput() } as unknown as InkStreams
  }

  /** The rows of the screen, as bytes that begin at the row's first cell. */
  render(views: ReactNode, columns: number, rows: number): string[] {
    this.#canvas.columns = columns
    this.#canvas.rows = rows
    this.#surface.clear()
    const tree = <SurfaceContext value={this.#surface}>{views}</SurfaceContext>
    if (this.#ink !== undefined) this.#ink.rerender(tree)
    // "debug" is how Ink gives each picture as a whole, as soon as there is one.
    else this.#ink = render(tree, { ...this.#streams, debug: true, exitOnCtrlC: false, patchConsole: false })
    return this.#surface.compose(this.#canvas.picture, columns)
  }

  end(): void {
    this.#ink?.unmount()
    this.#ink?.cleanup()
    this.#ink = undefined
  }
}
