// A keystroke while services crash as fast as their policy lets them: one byte to "cat" and back; against the same without them.

import { strictEqual } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Benchmark, p99 } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'

const ROUNDS = 3
const KEYS = 300
const SERVICES = 100
/** Two hundred starts a second in all: a fifth of what a daemon can do. */
const PAUSE_MS = 500

/** Runs it while so many services crash-loop. */
async function underStorm<T>(rig: Rig, services: number, run: () => Promise<T>): Promise<T> {
  await using client = await rig.connect()
  const restart = { policy: 'always' as const, delayMs: PAUSE_MS, maxMs: PAUSE_MS, factor: 1 }
  const ids: string[] = []
  for (let service = 0; service < services; service++) {
    ids.push((await client.start({ command: '/bin/false', stdin: 'null', restart })).id)
  }
  await sleep(500)
  const { started } = await client.info()
  strictEqual(started >= services, true)
  try {
    return await run()
  } finally {
    for (const id of ids) await client.remove(id, { force: true })
  }
}

const first = (lines: readonly number[][] | undefined): number[] =>
  (lines ?? []).map(([microseconds = Number.NaN]) => microseconds)

export const storm: Benchmark = {
  name: 'storm',
  about: `a keystroke while ${SERVICES} services crash again and again; floor: the same without them`,

  async check(rig) {
    await underStorm(rig, 5, () => rig.floor('client', rig.daemon.socket, 'keys', '50'))
  },

  async measure(rig) {
    const ours: number[] = []
    const floor: number[] = []
    const keys = () => rig.floor('client', rig.daemon.socket, 'keys', String(KEYS))
    for (let round = 0; round < ROUNDS; round++) {
      floor.push(...first(await keys()))
      ours.push(...first(await underStorm(rig, SERVICES, keys)))
    }
    const row = { unit: 'µs', higherIsBetter: false, floorIs: 'without them' }
    return [
      { ...row, key: 'storm', what: `keystroke while ${SERVICES} services crash, median`, ours, floor },
      { ...row, key: 'storm.p99', what: '… p99', ours: p99(ours), floor: p99(floor) },
    ]
  },
}
