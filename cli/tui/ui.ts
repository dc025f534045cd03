// The UI at work: keeps the state, draws it, and has done what its changes ask for. It is put together from parts that can
// be had without a terminal; the terminal and the connection come in.

import { createElement } from 'react'
import type { InputEvent } from '../terminal/input-events.ts'
import type { Size } from '../terminal/size.ts'
import { found, moved } from './console/moving.ts'
import { linesBelow } from './console/scrolling.ts'
import { Frames } from './frames.ts'
import type { Client, ProcessSummary } from './protocol-types.ts'
import { Consoles } from './remote/consoles.ts'
import { DaemonFeed } from './remote/daemon-feed.ts'
import { Requests } from './remote/requests.ts'
import { Painter } from './screen/painter.ts'
import { Renderer } from './screen/renderer.tsx'
import type { ColourDepth } from './screen/style.ts'
import { themeFor } from './screen/theme.ts'
import type { Action, Effect } from './store/actions.ts'
import { type Handle, initialState, type UiState } from './store/state.ts'
import { update } from './store/update.ts'
import { consoleShape, viewLayout } from './store/view-layout.ts'
import { App } from './views/app.tsx'

/** What the UI needs of its terminal. */
export interface UiScreen {
  readonly size: Size
  readonly isBusy: boolean
  write(text: string): void
  setMouse(on: boolean): void
  suspend(): void
}

export interface UiOptions {
  readonly screen: UiScreen
  readonly depth: ColourDepth
  readonly connect: (signal: AbortSignal) => Promise<Client>
  readonly address: string
  readonly directory: string
  /** The user wants to leave. */
  readonly quit: () => void
}

const TICK_MS = 1000

export class Ui {
  readonly #options: UiOptions
  readonly #renderer: Renderer
  readonly #painter = new Painter()
  readonly #frames: Frames
  readonly #consoles: Consoles
  readonly #requests: Requests
  readonly #feed: DaemonFeed
  readonly #grown = new Set<Handle>()
  #state: UiState
  #tick: NodeJS.Timeout | undefined

  constructor(options: UiOptions) {
    const { screen, depth, address, directory, connect } = options
    this.#options = options
    this.#state = initialState(screen.size, Date.now(), { address, directory })
    this.#renderer = new Renderer(depth)
    this.#frames = new Frames(
      // Done before anything else happens. That it fails is a bug, as which Node ends the program.
      () => void this.#draw(),
      () => screen.isBusy,
    )
    const dispatch = (action: Action) => this.dispatch(action)
    const state = () => this.#state
    this.#consoles = new Consoles((handle) => ({
      opened: (inputOpen) => dispatch({ type: 'console opened', handle, inputOpen }),
      grew: () => this.#grew(handle),
      inputChanged: (open) => dispatch({ type: 'console input changed', handle, open }),
      closed: (failure) => dispatch({ type: 'console closed', handle, ...(failure === undefined ? {} : { failure }) }),
    }))
    this.#requests = new Requests({ dispatch, state, consoles: this.#consoles, changed: () => this.#feed.refresh() })
    this.#feed = new DaemonFeed({
      connect,
      dispatch,
      state,
      connected: (client) => {
        this.#requests.client = client
        this.#consoles.connected(client)
        this.#consoles.follow(this.#state)
      },
    })
  }

  /** Runs until {@link stop}. @param open a process to begin with */
  async run(client: Client, open?: ProcessSummary): Promise<void> {
    this.#tick = setInterval(() => this.dispatch({ type: 'ticked', now: Date.now() }), TICK_MS)
    if (open !== undefined) this.dispatch({ type: 'open asked', process: open })
    this.#frames.now()
    await this.#feed.run(client)
  }

  async stop(): Promise<void> {
    clearInterval(this.#tick)
    this.#frames.stop()
    this.#consoles.close()
    await this.#feed.stop()
    this.#renderer.end()
  }

  /** Something was typed, pasted or clicked. */
  input(event: InputEvent): void {
    this.dispatch({ type: 'input', event })
    this.#frames.now()
  }

  resized(size: Size): void {
    this.dispatch({ type: 'resized', size })
    this.redraw()
  }

  /** Nothing is known of what is on the screen. */
  redraw(): void {
    this.#painter.forget()
    this.#options.screen.write('\x1b[2J')
    this.#frames.now()
  }

  dispatch(action: Action): void {
    const before = this.#state
    const { state, effects } = update(before, action)
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
    if (state === before) return
    this.#consoles.follow(state)
    if (before.mouse !== state.mouse) this.#options.screen.setMouse(state.mouse)
    // What is looked at has changed: its details and measurements are asked for.
    const isElsewhere =
      before.list.selected !== state.list.selected ||
      before.list.top !== state.list.top ||
      before.detailsWanted !== state.detailsWanted ||
      before.dialog?.kind !== state.dialog?.kind
    if (isElsewhere) this.#feed.refresh()
    this.#frames.soon()
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'quit':
        this.#options.quit()
        break
      case 'suspend':
        this.#options.screen.suspend()
        break
      case 'redraw':
        this.redraw()
        break
      case 'scroll':
      case 'find':
        this.#move(effect)
        break
      default:
        void this.#requests.carryOut(effect)
    }
  }

  /** Scrolls, or finds, which takes looking at the text. */
  #move(effect: Extract<Effect, { type: 'scroll' | 'find' }>): void {
    const { handle } = effect
    const content = this.#consoles.get(handle)?.content
    const view = this.#state.consoles.get(handle)
    const shape = view === undefined ? undefined : consoleShape(viewLayout(this.#state), view)
    if (content === undefined || view === undefined || shape === undefined) return
    if (effect.type === 'scroll') {
      const place = moved(content, view.place, shape, effect.step)
      this.dispatch({ type: 'scrolled', handle, place, below: linesBelow(content, place, shape) })
    } else if (view.search !== undefined) {
      this.dispatch({ type: 'found', handle, ...found(content, view.place, shape, view.search, effect.step) })
    }
  }

  #grew(handle: Handle): void {
    this.#grown.add(handle)
    this.#frames.soon()
  }

  /** Tells the state of consoles that grew since the last frame. */
  #tellGrowth(): void {
    for (const handle of this.#grown) {
      const session = this.#consoles.get(handle)
      const view = this.#state.consoles.get(handle)
      if (session === undefined || view === undefined) continue
      const { content, offset } = session
      const shape = consoleShape(viewLayout(this.#state), view)
      const below = shape === undefined ? view.below : linesBelow(content, view.place, shape)
      this.dispatch({ type: 'console grew', handle, revision: content.revision, offset: offset ?? 0, below })
    }
    this.#grown.clear()
  }

  async #draw(): Promise<void> {
    this.#tellGrowth()
    const { size } = this.#state
    const view = createElement(App, {
      state: this.#state,
      theme: themeFor(this.#options.depth),
      consoleOf: (handle: Handle) => {
        const session = this.#consoles.get(handle)
        return session === undefined ? undefined : { content: session.content, cursor: session.screen?.cursor }
      },
    })
    const rows = await this.#renderer.render(view, size.columns, size.rows)
    this.#options.screen.write(this.#painter.paint(rows))
  }
}
