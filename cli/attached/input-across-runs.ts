// Our input for a process that may run again. What no run takes is lost, which is told once, and the next run gets what comes after
// it began: the end of one run is not the end of our input.

import { isCoded } from '../complaint.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import type { InputTarget } from './relay.ts'

type Held = Pick<HeldProcess, 'process' | 'ended' | 'write' | 'end'>

export class InputAcrossRuns implements InputTarget {
  readonly #held: Held
  readonly #say: (sentence: string) => void
  #told = false

  constructor(held: Held, say: (sentence: string) => void) {
    this.#held = held
    this.#say = say
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#held.write(bytes)
      this.#told = false
    } catch (error) {
      if (!isCoded(error) || error.code !== 'INPUT_CLOSED' || this.#held.ended !== undefined) throw error
      if (this.#told) return
      this.#told = true
      this.#say(`"${this.#held.process.id}" takes no input at present; what it gets meanwhile is lost`)
    }
  }

  async end(): Promise<void> {
    await this.#held.end()
  }
}
