// From START to the first byte of output, one process after the other, against posix_spawn and a pipe in C.

import { strictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const ROUNDS = 5
const STARTS = 200

/** Milliseconds from the request to the first byte. */
async function startToFirstByte(client: Client): Promise<number> {
  const begun = performance.now()
  const attachment = await client.startAttached({ command: '/bin/echo', args: ['x'], autoRemove: true })
  let firstAt = Number.NaN
  let text = ''
  for await (const item of attachment.output) {
    if (item.kind !== 'data') continue
    if (text === '') firstAt = performance.now()
    text += item.bytes.toString()
  }
  strictEqual(text, 'x\n')
  return firstAt - begun
}

export const start: Benchmark = {
  name: 'start',
  about: 'START of /bin/echo to its first byte; floor: posix_spawn, a pipe and read in C',

  async check(rig) {
    await using client = await rig.connect()
    for (let count = 0; count < 20; count++) await startToFirstByte(client)
  },

  async measure(rig) {
    await using client = await rig.connect()
    const ours: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (let count = 0; count < STARTS; count++) ours.push((await startToFirstByte(client)) * 1000)
      for (const [microseconds = 0] of (await rig.floor('spawn', String(STARTS))) ?? []) floor.push(microseconds)
    }
    return [{ what: 'START to first byte', unit: 'µs', higherIsBetter: false, ours, floor }]
  },
}
