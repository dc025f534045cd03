// How ndctl leaves an attachment before the process has ended: by the detach keys, by a signal, or because of a failure. The
// first one counts.

import { done, type Outcome } from '../exit-status.ts'

export class Leaving {
  /** How ndctl ends then. */
  readonly outcome: Promise<Outcome>
  #resolve: (outcome: Outcome) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #left = false

  constructor() {
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.outcome.catch(() => undefined)
  }

  /** Whether it has been left, and the process with it. */
  get left(): boolean {
    return this.#left
  }

  byKeys(): void {
    this.#left = true
    this.#resolve(done)
  }

  by(signal: string): void {
    this.#left = true
    this.#resolve({ kind: 'signal', signal })
  }

  fail(error: unknown): void {
    this.#reject(error)
  }
}
