// Bulk output: "cat FILE" through the daemon to one client in Node, against a tuned relay in C.

import { strictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import type { Client } from '../client-lib/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const REPEATS = 7
const MEBIBYTES = 512

/** Reads all that the process writes, from its start to its end. */
async function readAll(client: Client, path: string, take: (bytes: Buffer) => void): Promise<void> {
  const attachment = await client.startAttached({ command: 'cat', args: [path], autoRemove: true })
  for await (const item of attachment.output) if (item.kind === 'data') take(item.bytes)
  await attachment.exited
}

export const bulk: Benchmark = {
  name: 'bulk',
  about: `bulk output to one client in Node, ${MEBIBYTES} MiB; floor: a relay in C over a pipe and a SEQPACKET socket`,

  async check(rig) {
    await using client = await rig.connect()
    const { path, sha256 } = rig.randomFile(32)
    const hash = createHash('sha256')
    await readAll(client, path, (bytes) => hash.update(bytes))
    strictEqual(hash.digest('hex'), sha256)
  },

  async measure(rig) {
    await using client = await rig.connect()
    const { path, size } = rig.randomFile(MEBIBYTES)
    const ours: number[] = []
    const floor: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      let total = 0
      const begun = performance.now()
      await readAll(client, path, (bytes) => {
        total += bytes.length
      })
      ours.push(size / 1000 / (performance.now() - begun))
      strictEqual(total, size)
      for (const [bytes = 0, seconds = 0] of (await rig.floor('relay', path)) ?? []) {
        strictEqual(bytes, size)
        floor.push(size / 1e6 / seconds)
      }
    }
    return [{ what: 'bulk output, one client', unit: 'MB/s', higherIsBetter: true, ours, floor }]
  },
}
