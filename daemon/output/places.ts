// The places kept for lossless clients whose connection broke: for a while the process waits for them as if they were
// still there, so that a client that crashed finds every byte when it comes back.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Clock } from '../loop/clock.ts'

/** Places kept for one process, at most. */
const PLACES_MAX = 16

export class Places {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #places = new Map<string, { readonly from: number; readonly cancel: () => void }>()
  #disposed = false

  /** @param changed called when a place has expired */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  get size(): number {
    return this.#places.size
  }

  /** The lowest offset that any place needs; Infinity if none does. */
  get holdFrom(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const { from } of this.#places.values()) lowest = Math.min(lowest, from)
    return lowest
  }

  /** Keeps everything from `from` on for so long. Does nothing when all places are taken, or the process is forgotten. */
  keep(as: string, from: number, ms: number): void {
    this.give(as)
    if (this.#disposed || this.#places.size >= PLACES_MAX) return
    const cancel = this.#clock.after(ms, () => {
      this.#places.delete(as)
      this.#changed()
    })
    this.#places.set(as, { from, cancel })
  }

  /** Ends a kept place: the client that it was kept for has come, or has given it up. */
  give(as: string): void {
    this.#places.get(as)?.cancel()
    this.#places.delete(as)
  }

  /**
   * @param taken the places of clients that are here
   * @throws NetdaemonError LIMIT if one more could not be kept, should all connections break
   */
  checkRoomFor(as: string, taken: readonly string[]): void {
    if (this.#places.has(as) || taken.includes(as) || this.#places.size + taken.length < PLACES_MAX) return
    throw new NetdaemonError(
      'LIMIT',
      `cannot keep the place "${as}": ${PLACES_MAX} places of this process are kept already; detach a client that has one, or wait until one expires`,
    )
  }

  /** Gives up all places, and keeps none from now on. */
  dispose(): void {
    this.#disposed = true
    for (const { cancel } of this.#places.values()) cancel()
    this.#places.clear()
  }
}
