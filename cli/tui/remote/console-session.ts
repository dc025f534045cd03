// One open console: attached to its process as a viewer that never holds it back, reading at the pace of the UI. It outlives
// connections: after a break it goes on at the very next byte.

import { formatTime } from '../../text/format.ts'
import { endWords, runEndWords } from '../../text/process-text.ts'
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
import type { Handle } from '../store/state.ts'
import type { ReadingPace } from './reading-pace.ts'

/** Lines of history that a console begins with. */
const HISTORY_LINES = 1000
/** Bytes on the way to us: more would only be stale. */
/** Undoes the modes that a run has left: leaves the alternate screen, resets softly. */
const BETWEEN_RUNS = '\x1b\\\x1b[?1049l\x1b[!p\x1b[m'
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
  inputClosed(): void
  /** The process has ended and all was read, or its console could not be opened. */
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
  #redrawnAt = Number.NEGATIVE_INFINITY
  /** The size that we have stated for its terminal. */
  #stated: TerminalSize | null = null

  constructor(process: ProcessSummary, pace: ReadingPace, events: SessionEvents) {
    this.handle = process.handle
    this.#process = process
    this.#pace = pace
    this.#events = events
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

  /** Reads until the process has ended, this is closed, or the connection is lost; then it may be called again. */
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
      this.#checkInput(attachment)
    }
    if (signal.aborted) return true
    const end = await attachment.exited
    const words = end.kind === 'unknown' ? endWords(end) : `${endWords(end)}, ${formatTime(end.at)}`
    if (this.#screen === undefined) this.#lines.note(words)
    else this.#screen.note(words)
    this.#events.grew()
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
    if (this.#screen !== undefined) return { from: 'screen', window: WINDOW }
    return { from: this.#offset === undefined ? { lines: HISTORY_LINES } : { offset: this.#offset }, window: WINDOW }
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
    if (this.#screen === undefined) this.#lines.note(`${runWords(item)}, ${formatTime(item.at)}`)
    else if (item.event === 'began') await this.#screen.write(Buffer.from(BETWEEN_RUNS))
  }

  #checkInput(attachment: Attachment): void {
    if (!this.#inputOpen || attachment.inputOpen) return
    this.#inputOpen = false
    this.#events.inputClosed()
  }
}

function runWords({ event, run, pid, end }: Extract<OutputItem, { kind: 'run' }>): string {
  if (event === 'began') return `run ${run} began, pid ${pid}`
  return `run ${run} ${end === undefined ? 'ended' : runEndWords(end)}`
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
