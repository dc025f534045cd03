// Those that wait for the end of one process. There may be thousands: they are told in the turns that all output has.

import type { OutputTurn } from '../loop/output-turn.ts'

export class EndWaiters {
  readonly #turn: OutputTurn
  /** Undefined until somebody waits. */
  #waiting: Set<() => void> | undefined

  constructor(turn: OutputTurn) {
    this.#turn = turn
  }

  /** Has this called back at the end, unless the returned function is called first. */
  add(callback: () => void): () => void {
    const waiting = this.#waiting ?? new Set()
    this.#waiting = waiting.add(callback)
    return () => waiting.delete(callback)
  }

  /** The end has come. */
  tellAll(): void {
    const waiting = this.#waiting
    if (waiting !== undefined) for (const callback of waiting) this.#tell(callback, waiting)
  }

  #tell(callback: () => void, waiting: Set<() => void>): void {
    const told = {
      pump: () => {
        if (!waiting.has(callback) || !this.#turn.take(told, 0)) return
        waiting.delete(callback)
        callback()
      },
    }
    told.pump()
  }
}
