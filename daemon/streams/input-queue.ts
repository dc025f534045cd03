// What clients write to the input of one process: a queue in front of its pipe or terminal. Invariants: chunks are written
// whole, in the order of arrival; each byte is told as taken once, when the kernel has it, or is dropped with onClosed; the
// queue is the only memory. How much may be queued is for its owner to say (see queuedBytes).

import type { Errno } from '../../proto/errors.ts'
import { errnoName, errnos } from '../linux/kernel.ts'
import type { InputTarget } from '../linux/stdio/input-target.ts'

export interface InputHandlers<Tag> {
  /** `byteCount` more bytes of what was written with this tag have been taken. It may be called during write(). */
  readonly onTaken: (tag: Tag, byteCount: number) => void
  /**
   * The queue is closed: by end() (no errno), or because the process has closed its stdin (`EPIPE`) or writing failed.
   * What had not been taken by then is dropped. Not called after close(). It may be called during write().
   */
  readonly onClosed: (errno: Errno | undefined, droppedBytes: number) => void
}

/** Written through {@link InputTarget.writeWhenPossible}. A pipe that is writable has room for this (PIPE_BUF, pipe(7)). */
const WAITING_PIECE_BYTES = 4096
/** Chunks that have been taken are cut off the queue in batches of this, so that a long queue costs no more a chunk. */
const TRIM_AFTER = 1024

interface Chunk<Tag> {
  readonly tag: Tag
  bytes: Uint8Array
}

export class InputQueue<Tag> {
  readonly #target: InputTarget
  readonly #handlers: InputHandlers<Tag>
  #queue: Chunk<Tag>[] = []
  /** Index of the first chunk of the queue that waits; those before it have been taken. */
  #head = 0
  #queuedBytes = 0
  /** Set while a write is under way, so that a write() out of a handler can't overtake it. */
  #writing = false
  #state: 'open' | 'ending' | 'closed' = 'open'

  constructor(target: InputTarget, handlers: InputHandlers<Tag>) {
    this.#target = target
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
   * Writes after all that came before. The bytes belong to the queue from here on: they must not be changed.
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
    this.#target.close()
  }

  /** Gives the queue to the kernel until the target is full; the rest waits. A handler that throws stops none of it. */
  #writeNow(): void {
    this.#writing = true
    let waiting = false
    try {
      waiting = this.#writeUntilFull()
    } finally {
      this.#writing = waiting
    }
  }

  /** Returns whether the target is full, and waited for. */
  #writeUntilFull(): boolean {
    for (let chunk = this.#queue[this.#head]; chunk; chunk = this.#queue[this.#head]) {
      const taken = this.#target.write(chunk.bytes)
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

  /** Has a piece of the chunk written when there is room, and goes on from there. */
  #writeWhenPossible(chunk: Chunk<Tag>): void {
    const piece = chunk.bytes.subarray(0, WAITING_PIECE_BYTES)
    this.#target.writeWhenPossible(piece, (error) => {
      // After close() there is nothing to tell.
      if (this.#state === 'closed') return
      if (error) {
        this.#closed(error.code ?? 'EIO')
        return
      }
      try {
        this.#taken(chunk, piece.byteLength)
      } finally {
        this.#writeNow()
      }
    })
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
