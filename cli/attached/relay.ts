// Joins an attached process to our stdio: its bytes to stdout and stderr in the order it wrote them, our stdin to it.
// An item of output is taken from the attachment only when the one before has been written, so a slow reader holds a
// lossless process back as a pipe would, and the memory of what was written is used again. Exits, signals and messages
// are the caller's.

import type { Readable } from 'node:stream'
import type { Sink } from '../stdio/sink.ts'
import type { RunBorder } from '../text/process-text.ts'

/** One piece of an attachment's output. */
export type OutputItem =
  | { readonly kind: 'data'; readonly channel: 1 | 2; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  | { readonly kind: 'end'; readonly channel: 1 | 2 }
  | ({ readonly kind: 'run' } & RunBorder)

/** What the relay needs of an attachment. */
export interface OutputSource {
  /** The bytes of an item are valid until the next one is asked for. */
  readonly lentOutput: AsyncIterable<OutputItem>
}
export interface InputTarget {
  write(data: Uint8Array): Promise<void>
  end(): unknown
}

export interface OutputPlaces {
  readonly stdout: Sink
  readonly stderr: Sink
  /** Output is missing here: everything before it has been written. */
  gap(from: number, to: number): void
  /** A run began or ended here: everything before it has been written. */
  border?(border: RunBorder): void
}

/**
 * Relays output until the process's output has ended, or the attachment was detached; everything is written then.
 *
 * @throws OutputError when our own output cannot be written; what the attachment throws when the connection is lost
 */
export async function relayOutput(source: OutputSource, { stdout, stderr, gap, border }: OutputPlaces): Promise<void> {
  // Two sinks could overtake one another; where they are different places, nobody can tell.
  for await (const item of source.lentOutput) {
    if (item.kind === 'data') {
      const wait = (item.channel === 1 ? stdout : stderr).write(item.bytes)
      if (wait !== undefined) await wait
    } else if (item.kind === 'gap') {
      await stdout.flush()
      gap(item.from, item.to)
    } else if (item.kind === 'run' && border !== undefined) {
      await stdout.flush()
      border(item)
    }
  }
  await stdout.flush()
  await stderr.flush()
}

export interface InputTerms {
  /** Whether the end of our input is to be the process's too. */
  readonly forwardEnd: boolean
  /** Whether a failure means that the process takes no more: then reading stops, and nothing is wrong. */
  isClosed(error: unknown): boolean
  /** Reading or writing failed in another way. */
  failed(error: Error): void
  /** Someone typed. */
  typed?(): void
}

/** Our stdin on its way to the process. One chunk at a time: the next is read when the process's side has taken the last. */
export class InputRelay {
  readonly #source: Readable
  readonly #target: InputTarget
  readonly #terms: InputTerms
  #sending = false
  #suspended = false
  #over = false

  constructor(source: Readable, target: InputTarget, terms: InputTerms) {
    this.#source = source
    this.#target = target
    this.#terms = terms
  }

  start(): void {
    this.#source.on('data', (chunk: Buffer) => void this.#send(chunk))
    this.#source.on('end', () => void this.#finish())
    this.#source.on('error', (error) => {
      this.#terms.failed(error)
      void this.#finish()
    })
    this.#flowOn()
  }

  /** Reads no more for now: a background job that reads its terminal is stopped by the kernel. */
  suspend(): void {
    this.#suspended = true
    this.#source.pause()
  }

  resume(): void {
    if (!this.#suspended) return
    this.#suspended = false
    this.#flowOn()
  }

  /** Reads no more for good. */
  stop(): void {
    this.#over = true
    this.#source.pause()
  }

  #flowOn(): void {
    if (this.#suspended || this.#sending || this.#over) this.#source.pause()
    else this.#source.resume()
  }

  async #send(chunk: Buffer): Promise<void> {
    if (this.#over) return
    this.#sending = true
    this.#source.pause()
    this.#terms.typed?.()
    try {
      await this.#target.write(chunk)
    } catch (error) {
      this.#give(error)
    }
    this.#sending = false
    this.#flowOn()
  }

  async #finish(): Promise<void> {
    if (this.#over) return
    this.#over = true
    if (!this.#terms.forwardEnd) return
    try {
      await this.#target.end()
    } catch (error) {
      this.#give(error)
    }
  }

  #give(error: unknown): void {
    this.stop()
    if (!this.#terms.isClosed(error)) this.#terms.failed(error instanceof Error ? error : new Error(String(error)))
  }
}
