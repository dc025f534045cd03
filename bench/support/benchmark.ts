// What a benchmark is: something that is measured beside a floor and beside peers, in the same run, and that can also be
// checked for correctness alone.

import type { Rig } from './rig.ts'

export interface Benchmark {
  readonly name: string
  /** In one line, for people. */
  readonly about: string
  /** Does a little of it and throws if the result is wrong. Asserts no time. */
  check(rig: Rig): Promise<void>
  /** Measures all sides, by turns. */
  measure(rig: Rig): Promise<Measurement[]>
}

/** What is to be reached: a ratio to the floor, or a value in the measurement's unit. */
export type Goal =
  | { readonly of: 'floor'; readonly atLeast: number }
  | { readonly of: 'floor'; readonly atMost: number }
  | { readonly of: 'value'; readonly atLeast: number }
  | { readonly of: 'value'; readonly atMost: number }

/** One line of the table: what was seen on each side. */
export interface Measurement {
  /** Names it for charts and documents. */
  readonly key: string
  readonly what: string
  readonly unit: string
  /** Whether a higher number is better. */
  readonly higherIsBetter: boolean
  readonly ours: readonly number[]
  /** Empty if there is none, or if it could not be measured here. */
  readonly floor: readonly number[]
  /** What the floor is, in a few words. */
  readonly floorIs?: string
  readonly goal?: Goal
  /** What others take, by name. */
  readonly peers?: Readonly<Record<string, readonly number[]>>
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

/** The 99th percentile as the only value, of nothing nothing. */
export function p99(numbers: readonly number[]): number[] {
  return numbers.length === 0 ? [] : [quantile(numbers, 0.99)]
}
