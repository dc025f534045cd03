// Standard streams that a test plays: it hands output in through the handlers, and sees what is done to them.

import { createReadBuffer } from '../../../daemon/linux/stdio/read-buffer.ts'
import type { ProcessStreams, StreamHandlers } from '../../../daemon/streams/process-streams.ts'
import { DATA_HEADER } from '../../../proto/codec/stream-codec.ts'
import { type OutputChannel, STDERR, STDOUT, type TerminalSize } from '../../../proto/protocol.ts'

export class PlayedStreams<Tag> implements ProcessStreams<Tag> {
  readonly readMax: number
  inputOpen = true
  queuedBytes = 0
  queuedWrites = 0
  paused = false
  /** What was written, as text. */
  readonly written: string[] = []
  /** Sizes that were set. */
  readonly sizes: TerminalSize[] = []
  /** Set to make the next {@link resize} throw it. */
  failure: Error | undefined
  /** Calls these to read on, when reading yields to others. */
  readonly yielded: ((readOn: () => void) => void)[] = []
  died = () => {}
  #handlers: StreamHandlers<Tag> | undefined
  readonly #buffer = createReadBuffer(DATA_HEADER)

  constructor(readMax = 4096) {
    this.readMax = readMax
  }

  /** To be given to a run as the opening of its streams. */
  readonly open = (handlers: StreamHandlers<Tag>): this => {
    this.#handlers = handlers
    return this
  }

  /** A read: these bytes, or as many as one read brings. */
  print(text: string | Uint8Array = 'x'.repeat(this.readMax), channel: OutputChannel = STDOUT): void {
    const length = Buffer.from(text).copy(this.#buffer.bytes, DATA_HEADER)
    this.#handlers?.onOutput(channel, this.#buffer.bytes, DATA_HEADER, DATA_HEADER + length)
  }

  /** Reads until it is held back, and no more than so often. */
  printAll(reads = 1000): void {
    for (let n = 0; n < reads && !this.paused; n++) this.print()
  }

  endOutput(): void {
    for (const channel of [STDOUT, STDERR] as const) this.#handlers?.onOutputEnd(channel)
  }

  /** All that the dead process wrote has come, though somebody still holds the streams. */
  complete(): void {
    this.#handlers?.onComplete()
  }

  write(bytes: Buffer): void {
    this.written.push(bytes.toString('latin1'))
  }

  end(): void {
    this.inputOpen = false
  }

  drop(): void {
    this.queuedBytes = 0
  }

  closeInput(): void {
    this.inputOpen = false
  }

  resize(size: TerminalSize): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
    this.sizes.push(size)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  yieldUntil(_channel: OutputChannel, arrange: (readOn: () => void) => void): void {
    this.yielded.push(arrange)
  }
}
