// The streams of a process that has pipes: stdin, if it is one, stdout and stderr, which may be the same.
//
// Descendants may hold the pipes open after the death. Then the output counts as complete once all that the dead process can
// have written has been read and nothing more has come for a while. What they write later is still told.

import { DATA_MAX } from '../../proto/limits.ts'
import { type OutputChannel, STDERR, STDOUT } from '../../proto/protocol.ts'
import type { Kernel } from '../linux/kernel.ts'
import type { SpawnedProcess } from '../linux/spawn/spawn.ts'
import { InputPipe } from '../linux/stdio/input-pipe.ts'
import { OutputPipe } from '../linux/stdio/output-pipe.ts'
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

export class PipeStreams<Tag> implements ProcessStreams<Tag> {
  readonly readMax = DATA_MAX
  readonly #clock: Clock
  readonly #handlers: StreamHandlers<Tag>
  readonly #output: { readonly [STDOUT]: OutputPipe; readonly [STDERR]?: OutputPipe }
  readonly #input: InputQueue<Tag | undefined> | undefined
  readonly #open = new Set<OutputChannel>()
  readonly #bytesRead = { [STDOUT]: 0, [STDERR]: 0 }
  #paused = false
  readonly #yielding = new Set<OutputChannel>()
  /** Those that were not read at some time since the last round of {@link #awaitSilence}. */
  readonly #unreadInRound = new Set<OutputChannel>()

  /** Takes over the daemon's ends of the pipes. */
  constructor(ends: SpawnedProcess, { kernel, clock, readBuffer }: PipePorts, handlers: StreamHandlers<Tag>) {
    this.#clock = clock
    this.#handlers = handlers
    this.#output = {
      [STDOUT]: this.#openPipe(STDOUT, ends.stdout, readBuffer),
      ...(ends.stderr === null ? {} : { [STDERR]: this.#openPipe(STDERR, ends.stderr, readBuffer) }),
    }
    this.#input =
      ends.stdin === null
        ? undefined
        : new InputQueue<Tag | undefined>(new InputPipe(kernel, ends.stdin), {
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
    for (const channel of this.#open) this.#unreadInRound.add(channel)
    for (const pipe of Object.values(this.#output)) pipe.pause()
  }

  resume(): void {
    this.#paused = false
    for (const pipe of Object.values(this.#output)) pipe.resume()
  }

  yieldUntil(channel: OutputChannel, arrange: (readOn: () => void) => void): void {
    this.#yielding.add(channel)
    this.#unreadInRound.add(channel)
    this.#output[channel]?.yieldUntil((readOn) =>
      arrange(() => {
        this.#yielding.delete(channel)
        readOn()
      }),
    )
  }

  died(): void {
    if (this.#open.size > 0) this.#awaitSilence({ ...this.#bytesRead }, {})
  }

  #openPipe(channel: OutputChannel, fd: number, readBuffer: ReadBuffer): OutputPipe {
    this.#open.add(channel)
    return new OutputPipe(fd, readBuffer, {
      onBytes: (buffer, start, end) => {
        this.#bytesRead[channel] += end - start
        this.#handlers.onOutput(channel, buffer, start, end)
      },
      onEnd: () => {
        this.#open.delete(channel)
        this.#handlers.onOutputEnd(channel)
        if (this.#output[STDERR] === undefined) this.#handlers.onOutputEnd(STDERR)
      },
    })
  }

  /**
   * Waits until what the dead process left in its pipes must have been read, and then for a silent round. A pipe that is
   * never silent, or never read for a whole round, holds up the end only until it has given more than can have been left
   * in it.
   *
   * @param before the bytes read by the last round, of pipes that were read from then on. A first round, and one after
   *   being paused, proves nothing: its timer may come before the event loop has looked at the pipes.
   */
  #awaitSilence(atDeath: BytesRead, before: Partial<BytesRead>): void {
    this.#clock.after(SILENCE_ROUND_MS, () => {
      if (this.#open.size === 0) return
      const read: Partial<BytesRead> = {}
      let over = true
      for (const channel of this.#open) {
        const count = this.#bytesRead[channel]
        const watched = !this.#unreadInRound.has(channel)
        if (watched) read[channel] = count
        if (!(watched && count === before[channel]) && count - atDeath[channel] < PIPE_MAX) over = false
      }
      if (over) {
        this.#handlers.onComplete()
        return
      }
      this.#unreadInRound.clear()
      for (const channel of this.#paused ? this.#open : this.#yielding) this.#unreadInRound.add(channel)
      this.#awaitSilence(atDeath, read)
    })
  }
}

/** Bytes read of each channel. */
type BytesRead = Record<OutputChannel, number>
