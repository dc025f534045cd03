// A keystroke: one byte to "cat" and back, against a relay in C that goes the same way.

import { strictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import { type Benchmark, type Measurement, quantile } from './support/benchmark.ts'

const ROUNDS = 5
const KEYS = 2000

/** Microseconds of each round trip. */
async function roundTrips(client: Client, count: number): Promise<number[]> {
  const attachment = await client.startAttached({ command: 'cat', autoRemove: true })
  const output = attachment.output[Symbol.asyncIterator]()
  const times: number[] = []
  for (let key = 0; key < count; key++) {
    const typed = String.fromCharCode(0x61 + (key % 26))
    const begun = performance.now()
    const written = attachment.write(typed)
    const { value: item } = await output.next()
    times.push((performance.now() - begun) * 1000)
    strictEqual(item?.kind === 'data' ? item.bytes.toString() : item?.kind, typed)
    await written
  }
  await attachment.end()
  for (;;) if ((await output.next()).done) break
  await attachment.exited
  return times
}

export const keystroke: Benchmark = {
  name: 'keystroke',
  about: 'one byte to cat and back; floor: a relay in C that goes the same way',

  async check(rig) {
    await using client = await rig.connect()
    await roundTrips(client, 100)
  },

  async measure(rig) {
    await using client = await rig.connect()
    const ours: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(...(await roundTrips(client, KEYS)))
      for (const [microseconds = 0] of (await rig.floor('keystroke', String(KEYS))) ?? []) floor.push(microseconds)
    }
    const p99 = (times: readonly number[]) => (times.length === 0 ? [] : [quantile(times, 0.99)])
    const row: Omit<Measurement, 'ours' | 'floor' | 'what'> = { unit: 'µs', higherIsBetter: false }
    return [
      { ...row, what: 'keystroke through cat, median', ours, floor },
      { ...row, what: 'keystroke through cat, p99', ours: p99(ours), floor: p99(floor) },
    ]
  },
}
