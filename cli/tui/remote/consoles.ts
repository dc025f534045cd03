// The open consoles: as many as the state wants, attached while there is a connection. One that is only passed over on the
// way down the list is not opened.

import { endsInput, keyBytes, pasteBytes } from '../keyboard/terminal-keys.ts'
import type { Client, ProcessSummary, TerminalSize } from '../protocol-types.ts'
import type { Handle, UiState } from '../store/state.ts'
import { consoleShape, viewLayout } from '../store/view-layout.ts'
import { ConsoleSession, type SessionEvents } from './console-session.ts'
import { ReadingPace } from './reading-pace.ts'

/** How long a process must be selected until its console is opened. */
const SETTLE_MS = 120

export class Consoles {
  readonly #eventsOf: (handle: Handle) => SessionEvents
  readonly #pace = new ReadingPace()
  readonly #sessions = new Map<Handle, ConsoleSession>()
  #client: Client | undefined
  #settling: { readonly handle: Handle; readonly timer: NodeJS.Timeout } | undefined
  /** The run of the daemon that the handles are of. */
  #instance: string | undefined

  /** @param eventsOf who is told of a console */
  constructor(eventsOf: (handle: Handle) => SessionEvents) {
    this.#eventsOf = eventsOf
  }

  get(handle: Handle): ConsoleSession | undefined {
    return this.#sessions.get(handle)
  }

  /** The connection is there, or has gone. */
  connected(client: Client | undefined): void {
    this.#client = client
    if (client === undefined) return
    const { instance } = client.daemon
    if (this.#instance !== instance) this.close()
    this.#instance = instance
    for (const session of this.#sessions.values()) void session.follow(client)
  }

  /** Opens and closes what the state wants, and gives the terminal in use its size. */
  follow(state: UiState): void {
    for (const [handle, session] of this.#sessions) {
      if (state.consoles.has(handle)) continue
      this.#sessions.delete(handle)
      session.close()
    }
    for (const session of this.#sessions.values()) session.checkInput()
    for (const handle of state.consoles.keys()) {
      const process = state.processes.get(handle)
      if (process === undefined || this.#sessions.has(handle)) continue
      if (state.tabs.includes(handle) || state.focus !== 'list') this.#open(process)
      else this.#settle(process)
    }
    const { handle } = this.#settling ?? {}
    if (handle !== undefined && !state.consoles.has(handle)) this.#unsettle()
    this.#size(state)
  }

  close(): void {
    this.#unsettle()
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
  }

  /** Writes lines to a process as if they had been typed. */
  async write(handle: Handle, text: string): Promise<void> {
    const { attachment, screen } = await this.#attached(handle)
    // Enter is a carriage return on a terminal.
    await attachment?.write(screen === undefined ? text : text.replaceAll('\n', '\r'))
  }

  /** Gives a process with a terminal a key as it came. */
  async writeKey(handle: Handle, key: string, raw: string): Promise<void> {
    const { attachment, screen } = await this.#attached(handle)
    if (screen !== undefined) await attachment?.write(keyBytes(key, raw, screen.modes))
  }

  async writePaste(handle: Handle, text: string): Promise<void> {
    const { attachment, screen } = await this.#attached(handle)
    if (screen !== undefined) await attachment?.write(pasteBytes(text, screen.modes))
  }

  async endInput(handle: Handle): Promise<void> {
    const { attachment, screen } = await this.#attached(handle)
    // The end of a terminal's input is a key, and more may be typed after it.
    if (screen === undefined) await attachment?.end()
    else await attachment?.write(endsInput)
  }

  async #attached(handle: Handle) {
    const session = this.#sessions.get(handle)
    return { attachment: await session?.attached(), screen: session?.screen }
  }

  #settle(process: ProcessSummary): void {
    if (this.#settling?.handle === process.handle) return
    this.#unsettle()
    const timer = setTimeout(() => {
      this.#settling = undefined
      this.#open(process)
    }, SETTLE_MS)
    this.#settling = { handle: process.handle, timer }
  }

  #unsettle(): void {
    clearTimeout(this.#settling?.timer)
    this.#settling = undefined
  }

  #open(process: ProcessSummary): void {
    const { handle } = process
    if (this.#sessions.has(handle)) return
    const session = new ConsoleSession(process, this.#pace, this.#eventsOf(handle))
    this.#sessions.set(handle, session)
    if (this.#client !== undefined) void session.follow(this.#client)
  }

  /** A terminal that gets all keys has the size of its pane; one that is only looked at is left as it is. */
  #size(state: UiState): void {
    const layout = viewLayout(state)
    for (const [handle, session] of this.#sessions) {
      const view = state.consoles.get(handle)
      const isUsed = state.focus === 'terminal' && handle === state.list.selected
      const shape = isUsed && view !== undefined ? consoleShape(layout, view) : undefined
      const size: TerminalSize | null = shape === undefined ? null : { columns: shape.width, rows: shape.height }
      // While something is asked, the pane is smaller for a moment.
      if (state.dialog === undefined) void session.showAs(size)
    }
  }
}
