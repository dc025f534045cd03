// Those that wait for the end of one process. There may be thousands: they are told in the turns that all output has.

import type { OutputTurn } from '../loop/output-turn.ts'

export class EndWaiters {
  readonly #turn: OutputTurn
  readonly #waiting = new Set<() => void>()

  constructor(turn: OutputTurn) {
    this.#turn = turn
  }

  /** Has this called back at the end, unless the returned function is called first. */
  add(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** The end has come. */
  tellAll(): void {
    for (const callback of this.#waiting) this.#tell(callback)
  }

  #tell(callback: () => void): void {
    const told = {
      pump: () => {
        if (!this.#waiting.has(callback) || !this.#turn.take(told, 0)) return
        this.#waiting.delete(callback)
        callback()
      },
    }
    told.pump()
  }
}
