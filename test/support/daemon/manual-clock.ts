// A clock that stands still until a test moves it.

import type { Clock } from '../../../daemon/loop/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

export class ManualClock implements Clock {
  #now = 1_000_000
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that have not run and were not cancelled. */
  get waiting(): number {
    return this.#timers.size
  }

  /** How long until the next one runs; undefined: there is none. */
  get next(): number | undefined {
    const at = Math.min(...Array.from(this.#timers, (timer) => timer.at))
    return at === Number.POSITIVE_INFINITY ? undefined : Math.max(0, at - this.#now)
  }

  /** Moves the time on, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
    }
    this.#now = until
  }
}
