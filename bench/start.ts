// From START to the first byte of output, one process after the other: at the socket, and through the client library;
// against posix_spawn and a pipe in C. The peers: from the request to the byte in the log file.

import { strictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import { eachPeer } from './peers/index.ts'
import type { Benchmark, Measurement } from './support/benchmark.ts'

const ROUNDS = 5
const STARTS = 200
const PEER_STARTS = 15

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
    await rig.floor('client', rig.daemon.socket, 'start', '20')
  },

  async measure(rig) {
    await using client = await rig.connect()
    const node: number[] = []
    const c: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (let count = 0; count < STARTS; count++) node.push((await startToFirstByte(client)) * 1000)
      const run = await rig.floor('client', rig.daemon.socket, 'start', String(STARTS))
      for (const [microseconds = 0] of run ?? []) c.push(microseconds)
      for (const [microseconds = 0] of (await rig.floor('spawn', String(STARTS))) ?? []) floor.push(microseconds)
    }
    const peers = await eachPeer(rig.peers, (peer) => peer.starts?.(rig, PEER_STARTS))
    const row: Omit<Measurement, 'key' | 'what' | 'ours'> = {
      unit: 'µs',
      higherIsBetter: false,
      floor,
      floorIs: 'posix_spawn and a pipe in C',
    }
    return [
      {
        ...row,
        key: 'start.socket',
        what: 'START to first output, at the socket',
        ours: c,
        goal: { of: 'floor', atMost: 2 },
        peers,
      },
      { ...row, key: 'start.library', what: 'START to first output, client library', ours: node },
    ]
  },
}
