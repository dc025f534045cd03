// What a benchmark is: something that is measured beside a floor, in the same run, and that can also be checked for
// correctness alone.

import type { Rig } from './rig.ts'

export interface Benchmark {
  readonly name: string
  /** In one line, for people. */
  readonly about: string
  /** Does a little of it and throws if the result is wrong. Asserts no time. */
  check(rig: Rig): Promise<void>
  /** Measures both sides, by turns. */
  measure(rig: Rig): Promise<Measurement[]>
}

/** One line of the table: what was seen on each side. */
export interface Measurement {
  readonly what: string
  readonly unit: string
  /** Whether a higher number is better. */
  readonly higherIsBetter: boolean
  readonly ours: readonly number[]
  /** Empty if the floor could not be measured here. */
  readonly floor: readonly number[]
}

/** The middle one, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** Between the two nearest, in proportion. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}
