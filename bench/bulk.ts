// Bulk output: "cat FILE" through the daemon to one client, in Node and in C, against a tuned relay in C. The peers carry
// text, each to where it puts output.

import { strictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import { execa } from 'execa'
import type { Client } from '../client-lib/index.ts'
import { eachPeer } from './peers/index.ts'
import type { Benchmark, Measurement } from './support/benchmark.ts'

const REPEATS = 7
const MEBIBYTES = 512
const PEER_MEBIBYTES = 64
const PEER_REPEATS = 3

/** Reads all that the process writes, from its start to its end. */
async function readAll(client: Client, path: string, take: (bytes: Buffer) => void): Promise<void> {
  const attachment = await client.startAttached({ command: 'cat', args: [path], autoRemove: true })
  for await (const item of attachment.lentOutput) if (item.kind === 'data') take(item.bytes)
  await attachment.exited
}

export const bulk: Benchmark = {
  name: 'bulk',
  about: `bulk output to one client in Node and in C, ${MEBIBYTES} MiB; floor: a relay in C over a pipe and a SEQPACKET socket`,

  async check(rig) {
    await using client = await rig.connect()
    const { path, sha256 } = rig.randomFile(32)
    const hash = createHash('sha256')
    await readAll(client, path, (bytes) => hash.update(bytes))
    strictEqual(hash.digest('hex'), sha256)
    const program = rig.program('client')
    if (program === undefined) return
    const { stdout } = await execa('sh', ['-c', `${program} ${rig.daemon.socket} bytes ${path} | sha256sum`])
    strictEqual(stdout.split(' ')[0], sha256)
  },

  async measure(rig) {
    await using client = await rig.connect()
    const { path, size } = rig.randomFile(MEBIBYTES)
    const node: number[] = []
    const c: number[] = []
    const floor: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      let total = 0
      const begun = performance.now()
      await readAll(client, path, (bytes) => {
        total += bytes.length
      })
      node.push(size / 1000 / (performance.now() - begun))
      strictEqual(total, size)
      for (const [bytes = 0, seconds = 0] of (await rig.floor('client', rig.daemon.socket, 'bulk', path)) ?? []) {
        strictEqual(bytes, size)
        c.push(size / 1e6 / seconds)
      }
      for (const [bytes = 0, seconds = 0] of (await rig.floor('relay', path)) ?? []) {
        strictEqual(bytes, size)
        floor.push(size / 1e6 / seconds)
      }
    }
    const text = rig.textFile(PEER_MEBIBYTES)
    const peers = await eachPeer(rig.peers, (peer) => {
      const { bulk: carry } = peer
      if (carry === undefined) return undefined
      return repeated(PEER_REPEATS, async () => text.size / 1e6 / (await carry(rig, text)))
    })
    const row: Omit<Measurement, 'key' | 'what' | 'ours'> = {
      unit: 'MB/s',
      higherIsBetter: true,
      floor,
      floorIs: 'tuned relay in C',
    }
    return [
      {
        ...row,
        key: 'bulk.node',
        what: 'bulk output, one client in Node',
        ours: node,
        goal: { of: 'floor', atLeast: 0.5 },
        peers,
      },
      { ...row, key: 'bulk.c', what: 'bulk output, one client in C', ours: c },
    ]
  },
}

async function repeated(count: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let repeat = 0; repeat < count; repeat++) values.push(await measure())
  return values
}
