// What all screens of the daemon share: the time they may use, and the emulator's code, which is loaded once, when the first
// screen needs it.

import { monotonicMs } from '../../proto/monotonic.ts'
import type { Slices } from '../loop/slices.ts'
import type { Budget } from '../memory/budget.ts'
import { EmulatorLibrary } from './emulator.ts'

export interface ScreenServices {
  readonly slices: Slices
  /** What all of them may take. */
  readonly memory: Budget
  /** A clock in milliseconds and fractions of them. */
  readonly now: () => number
  /** Loads what makes emulators; the same promise each time. */
  readonly library: () => Promise<EmulatorLibrary>
  /** Told of what is a bug, here or in the emulator; it costs the one screen. */
  readonly failed: (error: unknown) => void
}

/**
 * @param slices in which screens are brought up to date
 * @param memory what all of them may take
 */
export function screenServices(slices: Slices, memory: Budget): ScreenServices {
  let library: Promise<EmulatorLibrary> | undefined
  return {
    slices,
    memory,
    now: monotonicMs,
    library: () => (library ??= EmulatorLibrary.load()),
    failed: (error) => {
      setImmediate(() => {
        throw error
      })
    },
  }
}
