// What messages hold that have begun to come, in PARTs, and are not complete: how much those of all connections may hold
// together, and for how long. If they hold too much, the oldest has to go, and its connection with it: who sends a message
// without a pause is done long before it is the oldest.

import { NetdaemonError } from '../errors.ts'

export interface UnfinishedLimits {
  /** Bytes of memory that all may hold together. */
  readonly bytesMax: number
  /** Milliseconds from the first PART of a message to its last. */
  readonly deadlineMs: number
  /** Calls back once after so many milliseconds, unless the returned function is called first. */
  readonly after: (delayMs: number, callback: () => void) => () => void
}

/** The part of one connection. */
export interface UnfinishedAccount {
  /** Its message is going to hold so many bytes of memory. @throws NetdaemonError LIMIT if it is the one that has to go */
  hold(bytes: number): void
  /** Its message is complete, or dropped. Idempotent. */
  release(): void
}

interface Held {
  bytes: number
  readonly cancelDeadline: () => void
}

export class UnfinishedMessages {
  readonly #limits: UnfinishedLimits
  /** Oldest first. The key ends the connection. */
  readonly #held = new Map<(error: NetdaemonError) => void, Held>()
  #bytes = 0

  constructor(limits: UnfinishedLimits) {
    this.#limits = limits
  }

  /** Bytes of memory that all hold together. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param giveUp ends the connection; its message is released by then */
  account(giveUp: (error: NetdaemonError) => void): UnfinishedAccount {
    return { hold: (bytes) => this.#hold(giveUp, bytes), release: () => this.#release(giveUp) }
  }

  #hold(owner: (error: NetdaemonError) => void, bytes: number): void {
    const held = this.#held.get(owner) ?? this.#begin(owner)
    this.#bytes += bytes - held.bytes
    held.bytes = bytes
    const { bytesMax } = this.#limits
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= bytesMax) return
      const why = `unfinished messages of all clients hold more than ${bytesMax} bytes, and that of this one is the oldest`
      const error = new NetdaemonError('LIMIT', `${why}; send the PARTs of a message without a pause`)
      this.#release(oldest)
      if (oldest === owner) throw error
      oldest(error)
    }
  }

  #begin(owner: (error: NetdaemonError) => void): Held {
    const { deadlineMs, after } = this.#limits
    const cancelDeadline = after(deadlineMs, () => {
      const why = `a message was not complete ${deadlineMs} ms after its first PART`
      this.#release(owner)
      owner(new NetdaemonError('TIMEOUT', why))
    })
    const held = { bytes: 0, cancelDeadline }
    this.#held.set(owner, held)
    return held
  }

  #release(owner: (error: NetdaemonError) => void): void {
    const held = this.#held.get(owner)
    if (held === undefined) return
    this.#held.delete(owner)
    this.#bytes -= held.bytes
    held.cancelDeadline()
  }
}
