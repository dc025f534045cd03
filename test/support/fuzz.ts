// The budget of the property tests. A normal run tries each property as often as it says, with a seed that differs from run to
// run and is printed at once, so that a property that never ends has told its seed too. `npm run fuzz` (test/fuzz/run.ts) runs
// the same tests again and again with more runs and a seed of its own.
//
// NETDAEMON_FUZZ_RUNS multiplies the runs; NETDAEMON_FUZZ_SEED repeats a failure.

import { randomInt } from 'node:crypto'
import { appendFileSync } from 'node:fs'

/** Where the number of runs is written to, for test/fuzz/run.ts to sum up. */
export const FUZZ_REPORT = 'NETDAEMON_FUZZ_REPORT'
export const FUZZ_RUNS = 'NETDAEMON_FUZZ_RUNS'
export const FUZZ_SEED = 'NETDAEMON_FUZZ_SEED'

/** The settings of a property that is worth so many runs, for `fc.assert`. */
export function budget(numRuns: number): { numRuns: number; seed: number } {
  const runs = Math.ceil(numRuns * Number(process.env[FUZZ_RUNS] ?? 1))
  const { [FUZZ_SEED]: seed, [FUZZ_REPORT]: report } = process.env
  if (report !== undefined) appendFileSync(report, `${runs}\n`)
  const chosen = seed === undefined ? randomInt(2 ** 31) : Number(seed)
  console.error(`a property is tried with ${FUZZ_SEED}=${chosen}`)
  return { numRuns: runs, seed: chosen }
}
