// Our own terminal while it shows a process with a terminal: what the process writes goes there unchanged, and however that
// ends, the terminal is left as it was found. `leave` restores it at once, without waiting for an event, so that it works even as
// the last thing that ndctl does when it dies of a bug.

import { writeSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import type { Clock } from '../clock.ts'
import { StreamSink } from '../stdio/sink.ts'
import { LineDiscipline, rawModes, unprocessedModes } from './line-discipline.ts'
import { ScreenModes } from './screen-modes.ts'
import type { Size } from './size.ts'
import { writeForAWhile } from './stopped-terminal.ts'
import type { TerminalCalls } from './terminal-calls.ts'

/** What a process gets if we have no terminal whose size it could have. */
const SIZE_DEFAULT: Size = { columns: 80, rows: 24 }
/** More cells than that no terminal of the protocol has. */
const CELLS_MAX = 1000
/** Output that may wait for the terminal: little, so that what a key does shows soon. */
const QUEUE_LIMIT = 64 * 1024
/** How long a terminal that takes nothing may keep us from leaving it in order. */
const PATIENCE_MS = 1000

/** The size of our terminal: of the one we write to, else of the one we read from; the usual one if there is none. */
export function terminalSize(calls: TerminalCalls): Size {
  const { columns = 0, rows = 0 } = calls.getSize(1) ?? calls.getSize(0) ?? {}
  if (columns === 0 || rows === 0) return SIZE_DEFAULT
  return { columns: Math.min(columns, CELLS_MAX), rows: Math.min(rows, CELLS_MAX) }
}

export class OwnTerminal implements Disposable {
  readonly #calls: TerminalCalls
  readonly #clock: Clock
  readonly #keys: boolean
  readonly #discipline: LineDiscipline
  readonly #modes = new ScreenModes()
  readonly #sink: StreamSink
  #entered = false
  #drawn = false
  readonly #leave = () => this.leave()

  /** @param keys our keyboard is the process's: typed bytes come as they are, and no key makes a signal */
  constructor(calls: TerminalCalls, clock: Clock, keys: boolean) {
    this.#calls = calls
    this.#clock = clock
    this.#keys = keys
    this.#discipline = new LineDiscipline(keys ? 0 : 1, calls)
    this.#sink = new StreamSink(openTerminal(), QUEUE_LIMIT)
  }

  get size(): Size {
    return terminalSize(this.#calls)
  }

  /** Puts it into the process's hands; also again, after another program has had it. */
  enter(): void {
    if (!this.#entered) {
      process.prependListener('exit', this.#leave)
      // Before anybody says what went wrong.
      process.prependListener('uncaughtException', this.#leave)
    }
    this.#entered = true
    this.#discipline.change(this.#keys ? rawModes : unprocessedModes)
  }

  /** Writes the process's output. See `Sink`. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#modes.wrote(bytes)
    // What a key shows is to show at once: Node's stream takes its time.
    const written = this.#sink.idle ? writeSome(bytes) : 0
    return written === bytes.length ? undefined : this.#sink.write(bytes.subarray(written))
  }

  /** Shows a screen, as the daemon describes it, instead of what is shown. */
  draw(screen: string): Promise<void> | undefined {
    // At first, what stands there is moved out of the way line by line, so that it can be scrolled back to.
    const away = this.#drawn ? '' : '\n'.repeat(this.size.rows)
    this.#drawn = true
    const rest = this.#modes.undoing()
    this.#modes.undone()
    return this.write(Buffer.from(`${rest}${away}\x1b[H\x1b[2J${screen}`))
  }

  /** Another run of the process begins: the modes that the one before has left are undone. */
  nextRun(): void {
    void this.write(Buffer.from(this.#modes.undoing()))
    this.#modes.undone()
  }

  /** Says something in the middle of the process's output. */
  notice(sentence: string): void {
    void this.write(Buffer.from(`\r\nndctl: ${sentence}\r\n`))
  }

  /** Resolves when all has been written; or after a while, if the terminal takes nothing. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const giveUp = this.#clock.after(PATIENCE_MS, resolve)
      this.#sink.flush().then(() => {
        giveUp()
        resolve()
      }, reject)
    })
  }

  /**
   * Leaves it as it was found, with the cursor at the beginning of a line; or untouched, if another job has it by now. Idempotent.
   *
   * @param below the cursor may be anywhere in what is shown: it goes below that
   */
  leave(below = false): void {
    if (!this.#entered) return
    this.#entered = false
    process.removeListener('exit', this.#leave)
    process.removeListener('uncaughtException', this.#leave)
    if (!this.#calls.inForeground()) return
    const down = below && !this.#modes.alternate ? '\x1b[999;1H\r\n' : ''
    const newline = down === '' && !this.#modes.atLineStart ? '\r\n' : ''
    writeForAWhile(1, Buffer.from(`${this.#modes.undoing()}${down}${newline}`))
    this.#modes.undone()
    this.#discipline.restore()
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

/** Our stdout as a stream that never blocks us: a terminal that is stopped must not keep signals and keys from us. */
function openTerminal(): NodeJS.WriteStream {
  const { stdout } = process
  const { _handle: handle } = stdout as { _handle?: { readonly fd?: number; setBlocking?(on: boolean): unknown } }
  // libuv opens the terminal anew, and so has flags of its own; where it could not, they are the shell's too.
  if (handle?.fd !== undefined && handle.fd !== 1) handle.setBlocking?.(false)
  return stdout
}

/** How many of the bytes the terminal takes at once. Its stream tells why it takes none. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (errnoOf(error) !== undefined) return 0
    throw error
  }
}
