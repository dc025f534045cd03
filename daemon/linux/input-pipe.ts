// Writes to the stdin of one process. Invariants: chunks are written whole, in the order of arrival; each byte is told
// as taken once, when the pipe has it, or is dropped with onClosed; the queue is the only memory. How much may be
// queued is for its owner to say (see queuedBytes).
//
// Bytes go straight to the kernel. Only a pipe that has been full gets a net.Socket, because writing a piece through it
// is how Node waits for a writable fd: most processes never cost one. That the process has closed its stdin shows when
// something is written or waits to be; an idle pipe is not watched.

import { Socket } from 'node:net'
import type { Errno } from '../../proto/errors.ts'
import { errnoName, errnos, type Kernel } from './kernel.ts'

export interface InputPipeHandlers<Tag> {
  /** The pipe has taken `byteCount` more bytes of what was written with this tag. It may be called during write(). */
  readonly onTaken: (tag: Tag, byteCount: number) => void
  /**
   * The pipe is closed: by end() (no errno), or because the process has closed its stdin (`EPIPE`) or writing failed.
   * What had not been taken by then is dropped. Not called after close(). It may be called during write().
   */
  readonly onClosed: (errno: Errno | undefined, droppedBytes: number) => void
}

/** Written through Node to wait for room. A pipe that is writable has room for this (PIPE_BUF, pipe(7)). */
const WAITING_PIECE_BYTES = 4096
/** Chunks that have been taken are cut off the queue in batches of this, so that a long queue costs no more a chunk. */
const TRIM_AFTER = 1024

interface Chunk<Tag> {
  readonly tag: Tag
  bytes: Uint8Array
}

export class InputPipe<Tag> {
  readonly #kernel: Kernel
  readonly #fd: number
  readonly #handlers: InputPipeHandlers<Tag>
  #queue: Chunk<Tag>[] = []
  /** Index of the first chunk of the queue that waits; those before it have been taken. */
  #head = 0
  #queuedBytes = 0
  /** Set while a write is under way, so that a write() out of a handler can't overtake it. */
  #writing = false
  #socket: Socket | undefined
  #state: 'open' | 'ending' | 'closed' = 'open'

  /** Takes over `fd`, the non-blocking write end of a pipe. */
  constructor(kernel: Kernel, fd: number, handlers: InputPipeHandlers<Tag>) {
    this.#kernel = kernel
    this.#fd = fd
    this.#handlers = handlers
  }

  /** Bytes that were written and not yet taken. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Writes of which something is still to be taken. */
  get queuedWrites(): number {
    return this.#queue.length - this.#head
  }

  /** Whether {@link write} takes anything: neither ended nor closed. */
  get writable(): boolean {
    return this.#state === 'open'
  }

  /**
   * Writes after all that came before. The bytes belong to the pipe from here on: they must not be changed.
   *
   * @returns false when nothing more is taken, because of end(), close() or the process.
   */
  write(bytes: Uint8Array, tag: Tag): boolean {
    if (this.#state !== 'open') return false
    if (bytes.byteLength === 0) return true
    this.#queue.push({ tag, bytes })
    this.#queuedBytes += bytes.byteLength
    if (!this.#writing) this.#writeNow()
    return true
  }

  /** Closes when all has been taken, which is the end of file for the process. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    if (this.#queuedBytes === 0) this.#closed(undefined)
  }

  /** Closes at once and drops what is queued, telling nobody. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#queue = []
    this.#head = 0
    this.#queuedBytes = 0
    if (this.#socket) this.#socket.destroy()
    else this.#kernel.close(this.#fd)
  }

  /** Gives the queue to the kernel until the pipe is full; the rest waits. A handler that throws stops none of it. */
  #writeNow(): void {
    this.#writing = true
    let waiting = false
    try {
      waiting = this.#writeUntilFull()
    } finally {
      this.#writing = waiting
    }
  }

  /** Returns whether the pipe is full, and waited for. */
  #writeUntilFull(): boolean {
    for (let chunk = this.#queue[this.#head]; chunk; chunk = this.#queue[this.#head]) {
      const taken = this.#kernel.write(this.#fd, chunk.bytes)
      if (taken === -errnos.EINTR) continue
      if (taken === -errnos.EAGAIN) {
        this.#writeWhenPossible(chunk)
        return true
      }
      if (taken < 0) this.#closed(errnoName(taken))
      else this.#taken(chunk, taken)
    }
    return false
  }

  /** Writes a piece of the chunk through Node, which waits for room in the pipe, and goes on from there. */
  #writeWhenPossible(chunk: Chunk<Tag>): void {
    const piece = chunk.bytes.subarray(0, WAITING_PIECE_BYTES)
    this.#socket ??= this.#createSocket()
    this.#socket.write(piece, (error) => {
      // A failure comes as the socket's 'error' too, which closes. After close() there is nothing to tell.
      if (error || this.#state === 'closed') return
      try {
        this.#taken(chunk, piece.byteLength)
      } finally {
        this.#writeNow()
      }
    })
  }

  #createSocket(): Socket {
    const socket = new Socket({ fd: this.#fd, readable: false, writable: true })
    socket.on('error', (error: NodeJS.ErrnoException) => this.#closed(error.code ?? 'EIO'))
    return socket
  }

  #taken(chunk: Chunk<Tag>, byteCount: number): void {
    this.#queuedBytes -= byteCount
    chunk.bytes = chunk.bytes.subarray(byteCount)
    if (chunk.bytes.byteLength === 0) this.#head++
    if (this.#head === this.#queue.length || this.#head === TRIM_AFTER) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    this.#handlers.onTaken(chunk.tag, byteCount)
    if (this.#state === 'ending' && this.#queuedBytes === 0) this.#closed(undefined)
  }

  #closed(errno: Errno | undefined): void {
    if (this.#state === 'closed') return
    const dropped = this.#queuedBytes
    this.close()
    this.#handlers.onClosed(errno, dropped)
  }
}
