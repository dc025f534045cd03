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

  /** @param began when that run did, if it could be executed */
  add(end: EndedRun, began: number): void {
    this.#ends.push(end.kind === 'exited' || end.kind === 'killed' ? { ...end, began } : end)
    if (this.#ends.length > KEPT_MAX) this.#ends.shift()
  }
}
