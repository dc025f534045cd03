// What clients write to the input of one process: a queue in front of its pipe or terminal. Invariants: chunks are written
// whole, in the order of arrival; each byte is told as taken once, when the kernel has it, or is dropped with onClosed; what
// waits is a copy. How much may be queued is for its owner to say (see queuedBytes).

import type { Errno } from '../../proto/errors.ts'
import { WaitingBytes } from '../../proto/waiting-bytes.ts'
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

/** Errnos of a write that is tried again. */
const passing = new Set([-errnos.EAGAIN, -errnos.EINTR])

export class InputQueue<Tag> {
  readonly #target: InputTarget
  readonly #handlers: InputHandlers<Tag>
  /** Undefined until something waits: most processes take their input at once, or get none. */
  #waiting: WaitingBytes<Tag> | undefined
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

  /** Writes that have not been taken as a whole. */
  get queuedWrites(): number {
    return this.#waiting?.pieces ?? 0
  }

  /** Whether {@link write} takes anything: neither ended nor closed. */
  get writable(): boolean {
    return this.#state === 'open'
  }

  /**
   * Writes after all that came before. The bytes may be used again when it returns.
   *
   * @returns false when nothing more is taken, because of end(), close() or the process.
   */
  write(bytes: Uint8Array, tag: Tag): boolean {
    if (this.#state !== 'open') return false
    if (bytes.byteLength === 0) return true
    if (this.#writing || this.#queuedBytes > 0) this.#queue(bytes, tag)
    else this.#writeThrough(bytes, tag)
    return true
  }

  /** Closes when all has been taken, which is the end of file for the process. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    if (this.#queuedBytes === 0) this.#closed(undefined)
  }

  /** Drops what waits of what was written with this tag, apart from a chunk that has begun. Nobody is told. */
  drop(tag: Tag): void {
    this.#queuedBytes -= this.#waiting?.remove(tag) ?? 0
  }

  /** Closes at once and drops what is queued, telling nobody. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#waiting = undefined
    this.#queuedBytes = 0
    this.#target.close()
  }

  #queue(bytes: Uint8Array, tag: Tag): void {
    this.#waiting ??= new WaitingBytes()
    this.#waiting.push(bytes, tag)
    this.#queuedBytes += bytes.byteLength
  }

  /** Nothing waits: the kernel takes the bytes from where they are, and only what it does not take is copied. */
  #writeThrough(bytes: Uint8Array, tag: Tag): void {
    const answer = this.#target.write(bytes)
    const taken = Math.max(answer, 0)
    if (taken < bytes.byteLength) this.#queue(bytes.subarray(taken), tag)
    this.#writing = true
    try {
      if (answer < 0 && !passing.has(answer)) this.#closed(errnoName(answer))
      else if (taken > 0) this.#handlers.onTaken(tag, taken)
    } finally {
      this.#writeNow()
    }
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
    for (let chunk = this.#waiting?.first(); chunk !== undefined; chunk = this.#waiting?.first()) {
      const taken = this.#target.write(chunk)
      if (taken === -errnos.EINTR) continue
      if (taken === -errnos.EAGAIN) {
        this.#writeWhenPossible(chunk.subarray(0, WAITING_PIECE_BYTES))
        return true
      }
      if (taken < 0) this.#closed(errnoName(taken))
      else this.#taken(taken)
    }
    return false
  }

  /** Has a piece of the first chunk written when there is room, and goes on from there. */
  #writeWhenPossible(piece: Buffer): void {
    this.#target.writeWhenPossible(piece, (error) => {
      // After close() there is nothing to tell.
      if (this.#state === 'closed') return
      if (error) {
        this.#closed(error.code ?? 'EIO')
        return
      }
      try {
        this.#taken(piece.byteLength)
      } finally {
        this.#writeNow()
      }
    })
  }

  /** The kernel has taken so many bytes of the first chunk. */
  #taken(byteCount: number): void {
    if (this.#waiting === undefined) throw new Error('internal error: nothing waits')
    const tag = this.#waiting.drop(byteCount)
    this.#queuedBytes -= byteCount
    this.#handlers.onTaken(tag, byteCount)
    if (this.#state === 'ending' && this.#queuedBytes === 0) this.#closed(undefined)
  }

  #closed(errno: Errno | undefined): void {
    if (this.#state === 'closed') return
    const dropped = this.#queuedBytes
    this.close()
    this.#handlers.onClosed(errno, dropped)
  }
}
