// Memory for rings of output, within a budget. It is never an error that there is none: the output goes on without it.

import type { Account } from './budget.ts'

export interface RingMemory {
  /** Memory of exactly so many bytes, in place of what was given before; undefined: there is none, and that stays. */
  allocate(bytes: number): Buffer | undefined
  /** Gives it all back. */
  release(): void
}

/** @param allocate how to get memory; it may throw where the system has none */
export function ringMemory(account: Account, allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow): RingMemory {
  return {
    allocate(bytes) {
      const before = account.held
      if (!account.hold(bytes)) return undefined
      try {
        return allocate(bytes)
      } catch {
        // Whatever it is called (RangeError, ERR_MEMORY_ALLOCATION_FAILED): the system has no memory.
        account.hold(before)
        return undefined
      }
    },
    release: () => account.close(),
  }
}
