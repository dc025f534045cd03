// How the last runs of a process ended, the newest last.

import type { ProcessDetail } from '../../proto/protocol.ts'

export type EndedRun = NonNullable<ProcessDetail['runsKept']>[number]

/** Ends kept. */
const KEPT_MAX = 20

export class RunHistory {
  #ends: EndedRun[]

  constructor(ends: readonly EndedRun[] = []) {
    this.#ends = ends.slice(-KEPT_MAX)
  }

  get ends(): readonly EndedRun[] {
    return this.#ends
  }

  add(end: EndedRun): void {
    this.#ends.push(end)
    if (this.#ends.length > KEPT_MAX) this.#ends.shift()
  }
}
