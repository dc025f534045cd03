// Eight clients in C at once: each with a process of its own, and all with the same process. What they get together,
// against one such client.

import { strictEqual } from 'node:assert'
import type { Benchmark, Measurement } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'
import { watch } from './support/watch.ts'

const REPEATS = 5
const CLIENTS = 8
const MEBIBYTES = 64

/** MB/s that so many clients get together, each from a "cat FILE" of its own. */
async function apart(rig: Rig, clients: number, path: string, size: number): Promise<number[]> {
  const begun = performance.now()
  const runs = await Promise.all(
    Array.from({ length: clients }, () => rig.floor('client', rig.daemon.socket, 'bulk', path)),
  )
  const seconds = (performance.now() - begun) / 1000
  for (const run of runs) {
    if (run === undefined) return []
    strictEqual(run[0]?.[0], size)
  }
  return [(clients * size) / 1e6 / seconds]
}

/** MB/s that eight relays in C carry together, each from a "cat FILE" of its own: a program each, where ours is one. */
async function relays(rig: Rig, count: number, path: string, size: number): Promise<number[]> {
  const begun = performance.now()
  const runs = await Promise.all(Array.from({ length: count }, () => rig.floor('relay', path)))
  const seconds = (performance.now() - begun) / 1000
  return runs.includes(undefined) ? [] : [(count * size) / 1e6 / seconds]
}

/** MB/s that so many lossless clients get together of one process. */
async function together(rig: Rig, clients: number, path: string, size: number): Promise<number[]> {
  await using client = await rig.connect()
  // It waits for a line, so that all are there from the first byte.
  const attachment = await client.startAttached(
    { command: 'sh', args: ['-c', `read line; exec cat ${path}`], autoRemove: true },
    { from: 'start' },
  )
  const watching = await watch(rig, rig.daemon.socket, attachment.handle, { reading: clients, lossless: true })
  if (watching === undefined) return []
  await attachment.write('go\n')
  await attachment.detach()
  const { bytes, least, gaps, seconds } = await watching.finished
  strictEqual(least, size)
  strictEqual(gaps, 0)
  return [bytes / 1e6 / seconds]
}

export const clients: Benchmark = {
  name: 'clients',
  about: `${CLIENTS} clients in C at once, ${MEBIBYTES} MiB each: with a process each, and with one; floor: one client`,

  async check(rig) {
    const { path, size } = rig.randomFile(2)
    await apart(rig, CLIENTS, path, size)
    await together(rig, CLIENTS, path, size)
  },

  async measure(rig) {
    const { path, size } = rig.randomFile(MEBIBYTES)
    const one: number[] = []
    const apartRates: number[] = []
    const togetherRates: number[] = []
    const oneRelay: number[] = []
    const manyRelays: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      one.push(...(await apart(rig, 1, path, size)))
      apartRates.push(...(await apart(rig, CLIENTS, path, size)))
      togetherRates.push(...(await together(rig, CLIENTS, path, size)))
      oneRelay.push(...(await relays(rig, 1, path, size)))
      manyRelays.push(...(await relays(rig, CLIENTS, path, size)))
    }
    const row: Omit<Measurement, 'key' | 'what' | 'ours'> = {
      unit: 'MB/s',
      higherIsBetter: true,
      floor: one,
      floorIs: 'one client',
      goal: { of: 'floor', atLeast: 1.8 },
    }
    return [
      { ...row, key: 'clients.together', what: 'eight clients of one process, together', ours: togetherRates },
      {
        ...row,
        key: 'clients.apart',
        what: 'eight clients, a process each, together',
        ours: apartRates,
        peers: { 'one relay in C': oneRelay, 'eight relays in C': manyRelays },
      },
    ]
  },
}
