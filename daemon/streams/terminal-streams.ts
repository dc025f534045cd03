// The streams of a process that has a terminal: what it prints is all stdout, what is written is typed, and the end of the
// input is its Ctrl-D, after which it takes more.

import { NetdaemonError } from '../../proto/errors.ts'
import { type OutputChannel, STDERR, STDOUT, type TerminalSize } from '../../proto/protocol.ts'
import { errnoName } from '../linux/kernel.ts'
import { TERMINAL_READ_MAX, type Terminal } from '../linux/stdio/terminal.ts'
import { InputQueue } from './input-queue.ts'
import type { ProcessStreams, StreamHandlers } from './process-streams.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d

export class TerminalStreams<Tag> implements ProcessStreams<Tag> {
  readonly readMax = TERMINAL_READ_MAX
  readonly #device: Terminal
  readonly #input: InputQueue<Tag | undefined>
  #midLine = false

  /** Takes over a terminal in which a program has just been started. */
  constructor(terminal: Terminal, handlers: StreamHandlers<Tag>) {
    this.#device = terminal
    terminal.begin({
      onBytes: (buffer, start, end) => handlers.onOutput(STDOUT, buffer, start, end),
      onDrained: handlers.onComplete,
      onEnd: () => {
        handlers.onOutputEnd(STDOUT)
        handlers.onOutputEnd(STDERR)
      },
    })
    const target = {
      write: (bytes: Uint8Array) => terminal.write(bytes),
      writeWhenPossible: terminal.writeWhenPossible.bind(terminal),
      // Its output goes on.
      close: () => {},
    }
    this.#input = new InputQueue<Tag | undefined>(target, {
      onTaken: (tag, bytes) => {
        if (tag !== undefined) handlers.onInputTaken(tag, bytes)
      },
      onClosed: handlers.onInputClosed,
    })
  }

  get inputOpen(): boolean {
    return this.#input.writable
  }

  get queuedBytes(): number {
    return this.#input.queuedBytes
  }

  get queuedWrites(): number {
    return this.#input.queuedWrites
  }

  write(bytes: Buffer, tag: Tag | undefined): void {
    const last = bytes.at(-1)
    if (tag !== undefined) this.#midLine = last !== NEWLINE && last !== RETURN
    this.#input.write(bytes, tag)
  }

  end(): void {
    this.#input.write(this.#device.endOfInput(this.#midLine), undefined)
    this.#midLine = false
  }

  drop(tag: Tag): void {
    this.#input.drop(tag)
  }

  closeInput(): void {
    this.#input.close()
  }

  resize(size: TerminalSize): void {
    const result = this.#device.resize(size)
    if (result >= 0) return
    const errno = errnoName(result)
    throw new NetdaemonError('SYSTEM', `cannot set the size of the terminal (${errno})`, { errno })
  }

  pause(): void {
    this.#device.pause()
  }

  resume(): void {
    this.#device.resume()
  }

  yieldUntil(_channel: OutputChannel, arrange: (readOn: () => void) => void): void {
    this.#device.yieldUntil(arrange)
  }

  died(): void {
    this.#device.died()
  }
}
