// Our terminal while a full-screen view of ndctl has it (the UI, top, list --watch): sets its modes on entering, restores them
// however ndctl ends, and decodes what is typed. Nothing else writes to it meanwhile.

import { writeSync } from 'node:fs'
import { InputDecoder } from './input-decoder.ts'
import type { InputEvent } from './input-events.ts'
import { LineDiscipline, rawKeyModes } from './line-discipline.ts'
import type { Size } from './size.ts'
import type { TerminalCalls } from './terminal-calls.ts'

/** Alternate screen, no cursor, no wrapping (a row that is too wide must not spoil the next), pastes marked as such. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J'
const LEAVE = '\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l'
/** Clicks and the wheel, with coordinates in decimal. */
const MOUSE_ON = '\x1b[?1000h\x1b[?1006h'
const MOUSE_OFF = '\x1b[?1006l\x1b[?1000l'

/** How long an Escape waits for the rest of a sequence that it may begin. */
const ESCAPE_MS = 40

export interface TerminalEvents {
  input(event: InputEvent): void
  resized(size: Size): void
  /** Somebody else may have drawn on it: draw everything. */
  spoiled(): void
  /** It has gone. */
  closed(): void
}

export class FullScreenTerminal {
  readonly #events: TerminalEvents
  readonly #decoder = new InputDecoder()
  readonly #calls: TerminalCalls
  readonly #discipline: LineDiscipline
  #escape: NodeJS.Timeout | undefined
  #isEntered = false
  #mouse = false

  constructor(events: TerminalEvents, calls: TerminalCalls) {
    this.#events = events
    this.#calls = calls
    this.#discipline = new LineDiscipline(0, calls)
  }

  get size(): Size {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }
  }

  /** Whether it has not taken yet what was sent. */
  get isBusy(): boolean {
    return process.stdout.writableLength > 0
  }

  enter(mouse: boolean): void {
    this.#mouse = mouse
    this.#isEntered = true
    this.#discipline.change(rawKeyModes)
    this.write(ENTER + (mouse ? MOUSE_ON : ''))
    process.stdin.on('data', this.#onData)
    process.stdin.on('end', this.#events.closed)
    process.stdin.on('error', this.#events.closed)
    process.stdout.on('resize', this.#onResize)
    process.stdout.on('error', this.#events.closed)
    process.on('SIGCONT', this.#onContinue)
    // Whatever ends this process: the last thing it does is to give the terminal back.
    process.prependListener('exit', this.#restore)
    process.prependListener('uncaughtException', this.#restore)
  }

  leave(): void {
    this.#restore()
    clearTimeout(this.#escape)
    process.stdin.off('data', this.#onData)
    process.stdin.off('end', this.#events.closed)
    process.stdout.off('resize', this.#onResize)
    process.off('SIGCONT', this.#onContinue)
    process.off('exit', this.#restore)
    process.off('uncaughtException', this.#restore)
    process.stdin.pause()
  }

  /** While the terminal is the shell's, nothing is written; {@link TerminalEvents.spoiled} follows. */
  write(text: string): void {
    if (this.#isEntered && text !== '') process.stdout.write(text)
  }

  /** Gives the mouse to the terminal's own selection of text, or takes it. */
  setMouse(on: boolean): void {
    if (on === this.#mouse) return
    this.#mouse = on
    this.write(on ? MOUSE_ON : MOUSE_OFF)
  }

  /** Stops the job, as Ctrl-Z does; returns when it is continued. */
  suspend(): void {
    this.#restore()
    process.kill(0, 'SIGTSTP')
  }

  readonly #onContinue = () => {
    this.#isEntered = true
    // The shell has had it meanwhile.
    this.#discipline.change(rawKeyModes)
    this.write(ENTER + (this.#mouse ? MOUSE_ON : ''))
    this.#events.resized(this.size)
    this.#events.spoiled()
  }

  readonly #onResize = () => this.#events.resized(this.size)

  readonly #onData = (bytes: Buffer) => {
    clearTimeout(this.#escape)
    this.#emit(this.#decoder.write(bytes))
    if (this.#decoder.unfinished) this.#escape = setTimeout(() => this.#emit(this.#decoder.flush()), ESCAPE_MS)
  }

  #emit(events: readonly InputEvent[]): void {
    for (const event of events) this.#events.input(event)
  }

  /** Synchronously, since nothing may come after it. A terminal that another job has by now is left to that job. */
  readonly #restore = () => {
    if (!this.#isEntered) return
    this.#isEntered = false
    if (!this.#calls.inForeground()) return
    try {
      writeSync(1, (this.#mouse ? MOUSE_OFF : '') + LEAVE)
    } catch {
      // The terminal has gone (EIO), or does not take more (EAGAIN); there is nobody to restore it for.
    }
    this.#discipline.restore()
  }
}
