// Memory for rings of output, within a budget. It is never an error that there is none: the output goes on without it.

import type { Account } from './budget.ts'

export class RingMemory {
  readonly #account: Account
  readonly #allocate: (bytes: number) => Buffer

  /** @param allocate how to get memory; it may throw where the system has none */
  constructor(account: Account, allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow) {
    this.#account = account
    this.#allocate = allocate
  }

  /** Memory of exactly so many bytes, in place of what was given before; undefined: there is none, and that stays. */
  allocate(bytes: number): Buffer | undefined {
    const before = this.#account.held
    if (!this.#account.hold(bytes)) return undefined
    try {
      return this.#allocate(bytes)
    } catch {
      // Whatever it is called (RangeError, ERR_MEMORY_ALLOCATION_FAILED): the system has no memory.
      this.#account.hold(before)
      return undefined
    }
  }

  /** Gives it all back. */
  release(): void {
    this.#account.close()
  }
}
