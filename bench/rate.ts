// Starts a second: /bin/true through the socket, one after the other and eight in flight, against posix_spawn and waitpid
// in C, one after the other.

import { strictEqual } from 'node:assert'
import type { Benchmark, Measurement } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'

const REPEATS = 5
const STARTS = 1000

async function startsPerSecond(rig: Rig, depth: number, starts: number): Promise<number[]> {
  const run = await rig.floor('client', rig.daemon.socket, 'rate', String(starts), String(depth))
  return (run ?? []).map(([seconds = Number.NaN]) => starts / seconds)
}

export const rate: Benchmark = {
  name: 'rate',
  about: `starts of /bin/true a second, ${STARTS} of them; floor: posix_spawn and waitpid in C, one after the other`,

  async check(rig) {
    await using client = await rig.connect()
    const { started } = await client.info()
    if ((await startsPerSecond(rig, 8, 50)).length === 0) return
    strictEqual((await client.info()).started - started, 50)
  },

  async measure(rig) {
    const one: number[] = []
    const eight: number[] = []
    const floor: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      one.push(...(await startsPerSecond(rig, 1, STARTS)))
      eight.push(...(await startsPerSecond(rig, 8, STARTS)))
      const run = await rig.floor('spawn', String(STARTS), 'rate')
      for (const [seconds = Number.NaN] of run ?? []) floor.push(STARTS / seconds)
    }
    const row: Omit<Measurement, 'key' | 'what' | 'ours'> = {
      unit: '/s',
      higherIsBetter: true,
      floor,
      floorIs: 'posix_spawn and waitpid in C',
      goal: { of: 'floor', atLeast: 0.6 },
    }
    return [
      { ...row, key: 'rate.eight', what: 'spawn rate, eight STARTs in flight', ours: eight },
      { ...row, key: 'rate.one', what: 'spawn rate, one START after the other', ours: one },
    ]
  },
}
