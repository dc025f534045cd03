// Completeness: 1 MiB from a program that exits at once, again and again. Nothing is timed; the measure is how many runs had
// every byte.

import { strictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import type { Client } from '../client-lib/index.ts'
import { eachPeer } from './peers/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const RUNS = 1000
const SHORT_RUNS = 30
const PEER_RUNS = 10

async function sha256OfRun(client: Client, path: string): Promise<string> {
  const hash = createHash('sha256')
  const attachment = await client.startAttached({ command: 'cat', args: [path], autoRemove: true })
  for await (const item of attachment.output) if (item.kind === 'data') hash.update(item.bytes)
  await attachment.exited
  return hash.digest('hex')
}

export const completeness: Benchmark = {
  name: 'completeness',
  about: `1 MiB from a program that exits at once, ${RUNS} times: runs with every byte; floor: all of them`,

  async check(rig) {
    await using client = await rig.connect()
    const { path, sha256 } = rig.randomFile(1)
    for (let run = 0; run < SHORT_RUNS; run++) strictEqual(await sha256OfRun(client, path), sha256)
  },

  async measure(rig) {
    await using client = await rig.connect()
    const { path, sha256 } = rig.randomFile(1)
    let complete = 0
    for (let run = 0; run < RUNS; run++) if ((await sha256OfRun(client, path)) === sha256) complete++
    const text = rig.textFile(1)
    const peers = await eachPeer(rig.peers, (peer) =>
      peer.completeRuns?.(rig, text, PEER_RUNS).then((runs) => [(100 * runs) / PEER_RUNS]),
    )
    return [
      {
        key: 'completeness',
        what: `runs of 1 MiB with every byte, of ${RUNS.toLocaleString('en-US')}`,
        unit: '%',
        higherIsBetter: true,
        ours: [(100 * complete) / RUNS],
        floor: [],
        goal: { of: 'value', atLeast: 100 },
        peers,
      },
    ]
  },
}
