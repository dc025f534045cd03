// How long ended processes are kept: until they are too old, or too many. Invariant: one that a client may still come back
// for is kept for as long as that is so, and does not keep others longer.

import type { Clock } from '../loop/clock.ts'

export interface RetentionLimits {
  /** Ended processes kept. */
  readonly retainCount: number
  /** How long they are kept. */
  readonly retainMs: number
}

/** What is kept. */
export interface Retained {
  /** No client may come back for it. */
  readonly idle: boolean
}

export class Retention<T extends Retained> {
  readonly #limits: RetentionLimits
  readonly #clock: Clock
  readonly #expired: (retained: T) => void
  /** Until when each is kept; those that ended first come first. */
  readonly #until = new Map<T, number>()
  #disposed = false
  #cancelExpiry: (() => void) | undefined

  /** @param expired its time is over: called with each that has been dropped */
  constructor(limits: RetentionLimits, clock: Clock, expired: (retained: T) => void) {
    this.#limits = limits
    this.#clock = clock
    this.#expired = expired
  }

  has(retained: T): boolean {
    return this.#until.has(retained)
  }

  /** Keeps it from now on. If it is kept already its time begins anew, and it goes to the end of the line. */
  keep(retained: T): void {
    this.#until.delete(retained)
    this.#until.set(retained, this.#clock.now() + this.#limits.retainMs)
    this.#expire()
  }

  /** Stops keeping it, without a call to `expired`. */
  drop(retained: T): void {
    this.#until.delete(retained)
  }

  /** The one to be dropped first, if more room is needed. */
  get first(): T | undefined {
    for (const retained of this.idle()) return retained
    return undefined
  }

  /** Those that may be dropped, the first to be dropped first. */
  *idle(): IterableIterator<T> {
    for (const retained of this.#until.keys()) if (retained.idle) yield retained
  }

  /** Stops the clock: nothing expires from now on. */
  dispose(): void {
    this.#disposed = true
    this.#cancelExpiry?.()
  }

  #expire(): void {
    if (this.#disposed) return
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    const now = this.#clock.now()
    for (const [retained, until] of this.#until) {
      if (!retained.idle) continue
      if (until > now && this.#until.size <= this.#limits.retainCount) break
      this.#until.delete(retained)
      this.#expired(retained)
    }
    const next = this.first
    if (next === undefined) return
    this.#cancelExpiry = this.#clock.after((this.#until.get(next) ?? now) - now, () => this.#expire())
  }
}
