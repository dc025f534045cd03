// One open console: attached to its process as a viewer that never holds it back, reading at the pace of the UI. It outlives
// connections: after a break it goes on at the very next byte. It outlives runs, too, and lasts until the process is removed.

import { formatTime } from '../../text/format.ts'
import { endWords } from '../../text/process-text.ts'
import { ConsoleBuffer } from '../console/console-buffer.ts'
import type { ConsoleContent } from '../console/lines.ts'
import { openTerminalScreen, type TerminalScreen } from '../console/terminal-screen.ts'
import type {
  Attachment,
  AttachOptionsInput,
  Client,
  OutputItem,
  ProcessSummary,
  TerminalSize,
} from '../protocol-types.ts'
import { isEnded } from '../protocol-types.ts'
import type { Handle } from '../store/state.ts'
import type { ReadingPace } from './reading-pace.ts'
import { RunBorders } from './run-borders.ts'

/** Lines of history that a console begins with. */
const HISTORY_LINES = 1000
/** Bytes on the way to us: more would only be stale. */
const WINDOW = 128 * 1024
/** A terminal that missed something is drawn anew, no more often than this. */
const REDRAW_MS = 1000
/** Bytes that are made into lines at once: of the worst output that is (a colour for each letter), some 10 ms. */
const PIECE = 4096

/** Who is told of it. */
export interface SessionEvents {
  opened(inputOpen: boolean): void
  /** There is more to see. */
  grew(): void
  /** The process takes input now, or takes none. */
  inputChanged(open: boolean): void
  /** The process was removed and all was read, or its console could not be opened. */
  closed(failure?: string): void
}

export class ConsoleSession {
  readonly handle: Handle
  readonly #process: ProcessSummary
  readonly #events: SessionEvents
  readonly #pace: ReadingPace
  readonly #closing = new AbortController()
  readonly #lines = new ConsoleBuffer()
  #screen: TerminalScreen | undefined
  #attachment: Attachment | undefined
  /** Who waits for the attachment. */
  #waiting: ((attachment: Attachment | undefined) => void)[] = []
  #offset: number | undefined
  #inputOpen = false
  #isFollowing = false
  /** All that will ever come has been read. */
  #isOver = false
  readonly #borders: RunBorders
  #redrawnAt = Number.NEGATIVE_INFINITY
  /** The size that we have stated for its terminal. */
  #stated: TerminalSize | null = null

  constructor(process: ProcessSummary, pace: ReadingPace, events: SessionEvents) {
    this.handle = process.handle
    this.#process = process
    this.#pace = pace
    this.#events = events
    this.#borders = new RunBorders(process)
  }

  get content(): ConsoleContent {
    return this.#screen ?? this.#lines
  }
  /** The emulator, if the process has a terminal. */
  get screen(): TerminalScreen | undefined {
    return this.#screen
  }
  /** How far the output has been read. */
  get offset(): number | undefined {
    return this.#offset
  }

  /** The attachment, as soon as it is there; undefined: it has gone, or never came. */
  attached(): Promise<Attachment | undefined> {
    if (this.#attachment !== undefined || !this.#isFollowing) return Promise.resolve(this.#attachment)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Reads until the process is removed, this is closed, or the connection is lost; then it may be called again. */
  async follow(client: Client): Promise<void> {
    const { signal } = this.#closing
    this.#isFollowing = true
    try {
      while (!this.#isOver && !signal.aborted) this.#isOver = await this.#readOnce(client, signal)
    } catch (error) {
      const isExpected = signal.aborted || (isError(error) && error.code === 'DISCONNECTED')
      if (!isExpected) this.#events.closed(error instanceof Error ? error.message : String(error))
    } finally {
      this.#isFollowing = false
      this.#settleAttachment(undefined)
      this.#stated = null
    }
  }

  /** Detaches. The process runs on. */
  close(): void {
    this.#closing.abort()
    // Why it may fail: the connection has gone, and the attachment with it.
    this.#attachment?.detach().catch(() => undefined)
    this.#screen?.dispose()
  }

  /** States the size of what shows its terminal; null: it is only looked at. */
  async showAs(size: TerminalSize | null): Promise<void> {
    const attachment = this.#attachment
    if (attachment === undefined || this.#screen === undefined || isSameSize(size, this.#stated)) return
    this.#stated = size
    // It may have ended meanwhile.
    await attachment.resize(size).catch(() => undefined)
  }

  /** @returns whether there is no more to read */
  async #readOnce(client: Client, signal: AbortSignal): Promise<boolean> {
    const { terminal } = this.#process
    if (terminal !== undefined && this.#screen === undefined) this.#screen = await this.#openScreen(terminal)
    const attachment = await client.attach(this.handle, this.#place(), { signal })
    this.#settleAttachment(attachment)
    this.#offset = attachment.stream.from
    await this.#begin(attachment)
    this.#inputOpen = attachment.inputOpen
    this.#events.opened(this.#inputOpen)
    const output = attachment.output[Symbol.asyncIterator]()
    for (let next = await output.next(); next.done !== true; next = await output.next()) {
      for (const piece of this.#screen === undefined ? piecesOf(next.value) : [next.value]) {
        const startedAt = performance.now()
        const goesOn = await this.#take(piece)
        if (signal.aborted) return true
        this.#events.grew()
        if (!goesOn) {
          await attachment.detach()
          return false
        }
        await this.#pace.spent(startedAt)
      }
      this.checkInput()
    }
    if (signal.aborted) return true
    await attachment.exited
    this.#events.closed()
    return true
  }

  /** What shows a terminal answers what its program asks; so as soon as we have stated a size, and no sooner, we do. */
  async #openScreen(size: TerminalSize): Promise<TerminalScreen> {
    const screen = await openTerminalScreen(size)
    screen.onAnswer((text) => {
      // It may have ended meanwhile.
      if (this.#stated !== null) this.#attachment?.write(text).catch(() => undefined)
    })
    return screen
  }

  #settleAttachment(attachment: Attachment | undefined): void {
    this.#attachment = attachment
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve(attachment)
  }

  #place(): AttachOptionsInput {
    const terms = { until: 'removed', window: WINDOW } as const
    if (this.#screen !== undefined) return { from: 'screen', ...terms }
    return { from: this.#offset === undefined ? { lines: HISTORY_LINES } : { offset: this.#offset }, ...terms }
  }

  /** A terminal begins with what is on it. */
  async #begin(attachment: Attachment): Promise<void> {
    const screen = this.#screen
    if (screen === undefined) return
    attachment.onResized((size) => {
      screen.resize(size)
      this.#events.grew()
    })
    screen.reset()
    if (attachment.terminal !== undefined) screen.resize(attachment.terminal)
    if (attachment.stream.screen !== undefined) await screen.write(attachment.stream.screen)
    const { state } = attachment.process
    if (isEnded(state)) screen.note(`${endWords(state)}, ${formatTime(state.at)}`)
    this.#redrawnAt = performance.now()
    this.#events.grew()
  }

  /** @returns false if the terminal is to be drawn anew */
  async #take(item: OutputItem): Promise<boolean> {
    switch (item.kind) {
      case 'data':
        this.#offset = item.offset + item.bytes.length
        if (this.#screen === undefined) this.#lines.write(item.channel, item.bytes)
        else await this.#screen.write(item.bytes)
        return true
      case 'gap':
        this.#offset = item.to
        if (this.#screen !== undefined) return performance.now() - this.#redrawnAt < REDRAW_MS
        this.#lines.gap(item.to - item.from)
        return true
      case 'run':
        await this.#noteRun(item)
        return true
      case 'end':
        return true
    }
  }

  async #noteRun(item: Extract<OutputItem, { kind: 'run' }>): Promise<void> {
    const { text, joined } = this.#borders.next(item)
    if (this.#screen === undefined) this.#lines.border(text, joined)
    else if (item.event === 'began') await this.#screen.nextRun(text)
    else this.#screen.note(text)
  }

  /** Looks whether the process takes input: each run has an input of its own. */
  checkInput(): void {
    const isOpen = this.#attachment?.inputOpen ?? false
    if (this.#attachment === undefined || isOpen === this.#inputOpen) return
    this.#inputOpen = isOpen
    this.#events.inputChanged(isOpen)
  }
}

function* piecesOf(item: OutputItem): Generator<OutputItem, undefined> {
  if (item.kind !== 'data') yield item
  else {
    for (let at = 0; at < item.bytes.length; at += PIECE)
      yield { ...item, offset: item.offset + at, bytes: item.bytes.subarray(at, at + PIECE) }
  }
}

/** Errors of the client library, by their shape: naming its class would load it. */
export const isError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

const isSameSize = (one: TerminalSize | null, other: TerminalSize | null) =>
  one?.columns === other?.columns && one?.rows === other?.rows
