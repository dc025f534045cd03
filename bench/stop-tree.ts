// STOP of a process with many descendants, until nothing of it is left: a shell with 99 children that sleep; against a signal to the
// group and waitpid in C.

import { strictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const ROUNDS = 5
const STOPS = 5
const CHILDREN = 99

const script = (children: number) => `i=0; while [ $i -lt ${children} ]; do sleep 100000 & i=$((i+1)); done; echo; wait`

/** Microseconds of one STOP. */
async function stopOne(client: Client, children: number): Promise<number> {
  const attachment = await client.startAttached({ command: '/bin/sh', args: ['-c', script(children)] })
  const output = attachment.output[Symbol.asyncIterator]()
  await output.next()
  const begun = performance.now()
  const { state } = await client.stop(attachment.process.id)
  const took = (performance.now() - begun) * 1000
  strictEqual(state.kind, 'stopped')
  const { left } = await client.remove(attachment.process.id)
  strictEqual(left, undefined)
  return took
}

export const stopTree: Benchmark = {
  name: 'stop-tree',
  about: `STOP of a tree of ${CHILDREN + 1} processes, until all are gone; floor: kill and waitpid in C`,

  async check(rig) {
    await using client = await rig.connect()
    await stopOne(client, 10)
    await rig.floor('again', '1', 'tree', '10')
  },

  async measure(rig) {
    await using client = await rig.connect()
    const ours: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (let stop = 0; stop < STOPS; stop++) ours.push((await stopOne(client, CHILDREN)) / 1000)
      for (const [microseconds = Number.NaN] of (await rig.floor('again', String(STOPS), 'tree', String(CHILDREN))) ??
        []) {
        floor.push(microseconds / 1000)
      }
    }
    return [
      {
        key: 'stop.tree',
        what: `stop of a tree of ${CHILDREN + 1} processes`,
        unit: 'ms',
        higherIsBetter: false,
        ours,
        floor,
        floorIs: 'kill and waitpid in C',
      },
    ]
  },
}
