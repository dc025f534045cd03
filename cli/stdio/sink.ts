// Where output goes: our own fd 1 and 2, whatever they are. A slow reader makes `write` wait and never blocks the event loop
// (signals and input must go on); a reader that left is an OutputError with EPIPE. The flags of an inherited descriptor
// are never changed: others hold it too.

import { fstatSync, type Stats, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { OutputError } from './output-error.ts'
import { reopenPipe } from './own-pipe.ts'

/** Takes bytes in order. */
export interface Sink {
  /**
   * Takes bytes, always; what comes back, if anything, resolves when more is welcome. Unless the sink was made to hold some
   * back, all has been written then (or at once, if nothing comes back), and the memory may be used again.
   *
   * @throws OutputError, now or from the promise
   */
  write(bytes: Uint8Array): Promise<void> | undefined
  /** Resolves when everything has been written. */
  flush(): Promise<void>
}

/** Files and devices that are always ready: written at once. */
class FileSink implements Sink {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  write(bytes: Uint8Array): undefined {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      throw new OutputError(asError(error))
    }
  }

  async flush(): Promise<void> {}
}

/** Pipes, sockets and terminals. */
export class StreamSink implements Sink {
  readonly #stream: Writable
  readonly #limit: number
  readonly #failed: (error: OutputError) => void
  /** Bytes whose callback has not come. */
  #queuedBytes = 0
  #failure: OutputError | undefined
  #waiting: { readonly below: number; resolve(): void; reject(error: Error): void }[] = []

  /**
   * @param limit bytes that may wait in the stream before its writer must; they are held, and not copied
   * @param failed is told at once, once, although nothing more may be written
   */
  constructor(stream: Writable, limit = 1, failed: (error: OutputError) => void = () => {}) {
    this.#stream = stream
    this.#limit = limit
    this.#failed = failed
    stream.on('error', (error) => this.#fail(error))
  }

  /** Whether nothing waits in the stream, so that bytes written past it would not overtake any. */
  get idle(): boolean {
    return this.#queuedBytes === 0
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    this.#queuedBytes += bytes.length
    this.#stream.write(bytes, (error) => {
      this.#queuedBytes -= bytes.length
      if (error) this.#fail(error)
      else this.#wake()
    })
    // What Node could write at once does not wait, although its callback comes later.
    return this.#stream.writableLength >= this.#limit ? this.#until(this.#limit) : undefined
  }

  async flush(): Promise<void> {
    await this.#until(1)
  }

  /** Resolves when fewer bytes than that are queued. */
  #until(below: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#queuedBytes < below) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiting.push({ below, resolve, reject }))
  }

  #wake(): void {
    if (this.#waiting.length === 0) return
    const ready = this.#waiting.filter(({ below }) => this.#queuedBytes < below)
    this.#waiting = this.#waiting.filter(({ below }) => this.#queuedBytes >= below)
    for (const { resolve } of ready) resolve()
  }

  #fail(error: Error): void {
    if (this.#failure === undefined) {
      this.#failure = new OutputError(error)
      this.#failed(this.#failure)
    }
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/**
 * The sinks of our stdout and stderr; one and the same if both are the same pipe, so that their order is kept.
 *
 * @param failed is told at once when one of them can write no more, although nothing more may be written
 */
export function openSinks(failed?: (error: OutputError) => void): { readonly stdout: Sink; readonly stderr: Sink } {
  const [out, err] = [fstatSync(1), fstatSync(2)]
  const stdout = openSink(1, out, failed)
  const same = out.dev === err.dev && out.ino === err.ino && !(out.isFile() || out.isDirectory())
  return { stdout, stderr: same ? stdout : openSink(2, err, failed) }
}

function openSink(fd: 1 | 2, stats: Stats, failed?: (error: OutputError) => void): Sink {
  if (stats.isFIFO()) {
    const own = reopenPipe(fd)
    if (own !== undefined)
      return new StreamSink(new Socket({ fd: own, readable: false, writable: true }), undefined, failed)
  }
  if (stats.isFIFO() || stats.isSocket() || isatty(fd))
    return new StreamSink(fd === 1 ? process.stdout : process.stderr, undefined, failed)
  return new FileSink(fd)
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
