// Reads one pipe of a process's output. Invariants: the end is told once, after all bytes; after close() nothing is told
// any more; no failure of a pipe throws or goes unhandled. What the bytes mean is not its concern.

import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { type Errno, NetdaemonError } from '../../../proto/errors.ts'
import type { ReadBuffer } from './read-buffer.ts'

export interface OutputPipeHandlers {
  /**
   * The payload is `buffer` from `start` to `end`; in front of `start` there are `headerRoom` bytes to write into. The
   * buffer belongs to the callee until it returns, and is overwritten after that.
   */
  readonly onBytes: (buffer: Buffer, start: number, end: number) => void
  /** Every writer has closed, or reading failed, and then `error` says how. */
  readonly onEnd: (error?: NetdaemonError) => void
}

export class OutputPipe {
  readonly #socket: Socket
  readonly #handlers: OutputPipeHandlers
  #open = true
  #paused = false
  #yielding = false

  /** Takes over `fd`, the read end of a pipe, and begins to read. */
  constructor(fd: number, readBuffer: ReadBuffer, handlers: OutputPipeHandlers) {
    this.#handlers = handlers
    const { bytes, headerRoom, payload } = readBuffer
    // The constructor takes onread as connect() does, but its type does not say so.
    const options: SocketConstructorOpts & ConnectOpts = {
      fd,
      readable: true,
      writable: false,
      onread: {
        buffer: payload,
        callback: (count) => {
          if (this.#open) handlers.onBytes(bytes, headerRoom, headerRoom + count)
          return true
        },
      },
    }
    this.#socket = new Socket(options)
    // One listener for all three: there are thousands of pipes.
    const end = (error?: unknown) => this.#end(error instanceof Error ? readFailure(error) : undefined)
    this.#socket.on('error', end)
    this.#socket.on('end', end)
    // When neither of them came: destroyed by someone else. The end must not be missing.
    this.#socket.on('close', end)
  }

  /** Stops reading: the pipe fills, and then the process waits. May be called in onBytes, whose bytes are the last. */
  pause(): void {
    this.#paused = true
    if (this.#open) this.#socket.pause()
  }

  /** Reads on after {@link pause}. */
  resume(): void {
    this.#paused = false
    if (this.#open && !this.#yielding) this.#socket.resume()
  }

  /** Stops reading until the callback that `arrange` is given is called. May be called in onBytes. */
  yieldUntil(arrange: (readOn: () => void) => void): void {
    if (!this.#open || this.#yielding) return
    this.#yielding = true
    this.#socket.pause()
    arrange(() => {
      this.#yielding = false
      if (this.#open && !this.#paused) this.#socket.resume()
    })
  }

  /** Gives the pipe up, with whatever is still in it. Idempotent; may be called in a handler. */
  close(): void {
    this.#open = false
    this.#socket.destroy()
  }

  #end(error?: NetdaemonError): void {
    if (!this.#open) return
    this.close()
    this.#handlers.onEnd(error)
  }
}

function readFailure(error: NodeJS.ErrnoException): NetdaemonError {
  const errno: Errno = error.code ?? 'EIO'
  return new NetdaemonError('SYSTEM', `cannot read the output of the process (${errno})`, { errno, cause: error })
}
