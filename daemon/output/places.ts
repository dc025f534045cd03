// The places kept for lossless clients whose connection broke: for a while the process waits for them as if they were
// still there, so that a client that crashed finds every byte when it comes back.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Clock } from '../loop/clock.ts'

/** Places kept for one process, at most. */
const PLACES_MAX = 16

interface Place {
  readonly as: string
  readonly from: number
  readonly cancel: () => void
}

export class Places {
  readonly #clock: Clock
  readonly #changed: () => void
  /** They are few, and mostly none: an empty list costs less than an empty map, and is looked at with each read. */
  readonly #places: Place[] = []
  #disposed = false

  /** @param changed called when a place has expired */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  get size(): number {
    return this.#places.length
  }

  /** The lowest offset that any place needs; Infinity if none does. */
  get holdFrom(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const { from } of this.#places) lowest = Math.min(lowest, from)
    return lowest
  }

  /** Keeps everything from `from` on for so long. Does nothing when all places are taken, or the process is forgotten. */
  keep(as: string, from: number, ms: number): void {
    this.give(as)
    if (this.#disposed || this.#places.length >= PLACES_MAX) return
    const cancel = this.#clock.after(ms, () => {
      this.give(as)
      this.#changed()
    })
    this.#places.push({ as, from, cancel })
  }

  /** Ends a kept place: the client that it was kept for has come, or has given it up. */
  give(as: string): void {
    const at = this.#places.findIndex((place) => place.as === as)
    if (at >= 0) this.#places.splice(at, 1)[0]?.cancel()
  }

  /**
   * @param taken the places of clients that are here
   * @throws NetdaemonError LIMIT if one more could not be kept, should all connections break
   */
  checkRoomFor(as: string, taken: readonly string[]): void {
    const isKept = this.#places.some((place) => place.as === as)
    if (isKept || taken.includes(as) || this.#places.length + taken.length < PLACES_MAX) return
    throw new NetdaemonError(
      'LIMIT',
      `cannot keep the place "${as}": ${PLACES_MAX} places of this process are kept already; detach a client that has one, or wait until one expires`,
    )
  }

  /** Gives up all places, and keeps none from now on. */
  dispose(): void {
    this.#disposed = true
    for (const { cancel } of this.#places.splice(0)) cancel()
  }
}
