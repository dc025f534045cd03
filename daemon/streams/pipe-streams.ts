// The streams of a process that has pipes: stdin, if it is one, stdout and stderr, which may be the same.
//
// Descendants may hold the pipes open after the death. Then the output counts as complete once all that the dead process can
// have written has been read and nothing more has come for a while. What they write later is still told.

import { DATA_MAX } from '../../proto/limits.ts'
import { type OutputChannel, STDERR, STDOUT } from '../../proto/protocol.ts'
import type { Kernel } from '../linux/kernel.ts'
import type { SpawnedProcess } from '../linux/spawn/spawn.ts'
import { InputPipe } from '../linux/stdio/input-pipe.ts'
import { OutputPipe, type OutputPipeHandlers } from '../linux/stdio/output-pipe.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'
import type { Clock } from '../loop/clock.ts'
import { InputQueue } from './input-queue.ts'
import type { ProcessStreams, StreamHandlers } from './process-streams.ts'

/** The output of a dead process that stays silent for one such round counts as over, though a descendant holds it. */
const SILENCE_ROUND_MS = 250
/** What a dead process can have left in one pipe: the most that fcntl(F_SETPIPE_SZ) gives it (pipe(7)). */
const PIPE_MAX = 1024 * 1024

/** What pipes need of the daemon. */
export interface PipePorts {
  readonly kernel: Kernel
  readonly clock: Clock
  readonly readBuffer: ReadBuffer
}

/** One pipe of output: how far it has been read. */
class Channel<Tag> implements OutputPipeHandlers {
  readonly pipe: OutputPipe
  bytesRead = 0
  open = true
  yielding = false
  /** It was not read at some time since the last round of {@link PipeStreams.died}. */
  unreadInRound = false
  readonly #number: OutputChannel
  readonly #handlers: StreamHandlers<Tag>
  /** Stderr is the same pipe. */
  readonly #both: boolean

  constructor(number: OutputChannel, both: boolean, fd: number, ports: PipePorts, handlers: StreamHandlers<Tag>) {
    this.#number = number
    this.#both = both
    this.#handlers = handlers
    this.pipe = new OutputPipe(fd, ports.readBuffer, this)
  }

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.bytesRead += end - start
    this.#handlers.onOutput(this.#number, buffer, start, end)
  }

  onEnd(): void {
    this.open = false
    this.#handlers.onOutputEnd(this.#number)
    if (this.#both) this.#handlers.onOutputEnd(STDERR)
  }

  yieldUntil(arrange: (readOn: () => void) => void): void {
    this.yielding = true
    this.unreadInRound = true
    this.pipe.yieldUntil((readOn) =>
      arrange(() => {
        this.yielding = false
        readOn()
      }),
    )
  }
}

export class PipeStreams<Tag> implements ProcessStreams<Tag> {
  readonly readMax = DATA_MAX
  readonly #clock: Clock
  readonly #handlers: StreamHandlers<Tag>
  readonly #stdout: Channel<Tag>
  /** Undefined: it is the same as stdout. */
  readonly #stderr: Channel<Tag> | undefined
  readonly #input: InputQueue<Tag | undefined> | undefined
  #paused = false

  /** Takes over the daemon's ends of the pipes. */
  constructor(ends: SpawnedProcess, ports: PipePorts, handlers: StreamHandlers<Tag>) {
    this.#clock = ports.clock
    this.#handlers = handlers
    this.#stdout = new Channel(STDOUT, ends.stderr === null, ends.stdout, ports, handlers)
    this.#stderr = ends.stderr === null ? undefined : new Channel(STDERR, false, ends.stderr, ports, handlers)
    this.#input =
      ends.stdin === null
        ? undefined
        : new InputQueue<Tag | undefined>(new InputPipe(ports.kernel, ends.stdin), {
            onTaken: (tag, bytes) => {
              if (tag !== undefined) handlers.onInputTaken(tag, bytes)
            },
            onClosed: handlers.onInputClosed,
          })
  }

  get inputOpen(): boolean {
    return this.#input?.writable === true
  }

  get queuedBytes(): number {
    return this.#input?.queuedBytes ?? 0
  }

  get queuedWrites(): number {
    return this.#input?.queuedWrites ?? 0
  }

  write(bytes: Buffer, tag: Tag | undefined): void {
    this.#input?.write(bytes, tag)
  }

  end(): void {
    this.#input?.end()
  }

  drop(tag: Tag): void {
    this.#input?.drop(tag)
  }

  closeInput(): void {
    this.#input?.close()
  }

  resize(): void {
    throw new Error('internal error: pipes have no size')
  }

  pause(): void {
    this.#paused = true
    for (const channel of this.#channels) {
      channel.unreadInRound = true
      channel.pipe.pause()
    }
  }

  resume(): void {
    this.#paused = false
    for (const { pipe } of this.#channels) pipe.resume()
  }

  yieldUntil(channel: OutputChannel, arrange: (readOn: () => void) => void): void {
    const its = channel === STDOUT ? this.#stdout : this.#stderr
    its?.yieldUntil(arrange)
  }

  died(): void {
    if (!this.#isOpen) return
    const atDeath = new Map(this.#channels.map((channel) => [channel, channel.bytesRead]))
    this.#awaitSilence(atDeath, new Map())
  }

  get #channels(): Channel<Tag>[] {
    return this.#stderr === undefined ? [this.#stdout] : [this.#stdout, this.#stderr]
  }

  get #isOpen(): boolean {
    return this.#stdout.open || this.#stderr?.open === true
  }

  /**
   * Waits until what the dead process left in its pipes must have been read, and then for a silent round. A pipe that is
   * never silent, or never read for a whole round, holds up the end only until it has given more than can have been left
   * in it.
   *
   * @param before the bytes read by the last round, of pipes that were read from then on. A first round, and one after
   *   being paused, proves nothing: its timer may come before the event loop has looked at the pipes.
   */
  #awaitSilence(atDeath: BytesRead<Tag>, before: BytesRead<Tag>): void {
    this.#clock.after(SILENCE_ROUND_MS, () => {
      if (!this.#isOpen) return
      const read = new Map<Channel<Tag>, number>()
      let over = true
      for (const channel of this.#channels) {
        if (!channel.open) continue
        const { bytesRead, unreadInRound } = channel
        if (!unreadInRound) read.set(channel, bytesRead)
        const silent = !unreadInRound && bytesRead === before.get(channel)
        if (!silent && bytesRead - (atDeath.get(channel) ?? 0) < PIPE_MAX) over = false
      }
      if (over) {
        this.#handlers.onComplete()
        return
      }
      for (const channel of this.#channels) channel.unreadInRound = this.#paused || channel.yielding
      this.#awaitSilence(atDeath, read)
    })
  }
}

/** Bytes read of each channel. */
type BytesRead<Tag> = ReadonlyMap<Channel<Tag>, number>
