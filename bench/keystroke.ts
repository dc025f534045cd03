// A keystroke: one byte to "cat" and back: by a client in C with all on one CPU and on all, and through the client library,
// idle and while another process floods; against a relay in C that goes the same way, and against terminals.

import { strictEqual } from 'node:assert'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client-lib/index.ts'
import { installed } from '../scripts/installed.ts'
import { eachPeer } from './peers/index.ts'
import { bareTerminalKeystrokes } from './peers/terminals.ts'
import { type Benchmark, type Measurement, p99 } from './support/benchmark.ts'
import type { Rig } from './support/rig.ts'
import { watch } from './support/watch.ts'

const ROUNDS = 5
const KEYS = 1000
const CPU = 0

/** Microseconds of each round trip through the client library. */
async function libraryRoundTrips(client: Client, count: number): Promise<number[]> {
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

/** Runs it while `yes` writes as fast as it can, and a client in C reads what it can of that, or nobody does. */
async function underFlood<T>(rig: Rig, read: boolean, run: () => Promise<T>): Promise<T> {
  await using client = await rig.connect()
  const { id, handle } = await client.start({ command: 'yes', autoRemove: true })
  const watching = read ? await watch(rig, rig.daemon.socket, handle, { reading: 1 }) : undefined
  await sleep(200)
  try {
    return await run()
  } finally {
    await client.remove(id, { force: true })
    await watching?.finished
  }
}

const first = (lines: readonly number[][] | undefined): number[] =>
  (lines ?? []).map(([microseconds = Number.NaN]) => microseconds)

export const keystroke: Benchmark = {
  name: 'keystroke',
  about: 'one byte to cat and back, idle and under a flood; floor: a relay in C that goes the same way',

  async check(rig) {
    await using client = await rig.connect()
    await libraryRoundTrips(client, 100)
    await rig.floor('client', rig.daemon.socket, 'keys', '100')
    await underFlood(rig, true, () => libraryRoundTrips(client, 20))
  },

  async measure(rig) {
    const seen = {
      c: [],
      pinned: [],
      library: [],
      unread: [],
      read: [],
      floor: [],
      floorPinned: [],
      floorUnread: [],
      floorRead: [],
      terminal: [],
      node: [],
      nodePinned: [],
    }
    const times: Record<keyof typeof seen, number[]> = seen
    await using client = await rig.connect()
    const canPin = installed('taskset')
    await using onOne = await rig.startDaemon(canPin ? ['taskset', '-c', String(CPU)] : [])
    const wire = (count: number) => rig.floor('client', rig.daemon.socket, 'keys', String(count))
    const inNode = [String(KEYS), 'via', process.execPath, join(rig.dist, 'bench/support/node-relay.js')]
    for (let round = 0; round < ROUNDS; round++) {
      times.c.push(...first(await wire(KEYS)))
      times.floor.push(...first(await rig.floor('keystroke', String(KEYS))))
      if (canPin) times.pinned.push(...first(await rig.pinned(CPU, 'client', onOne.socket, 'keys', String(KEYS))))
      times.floorPinned.push(...first(await rig.pinned(CPU, 'keystroke', String(KEYS))))
      times.node.push(...first(await rig.floor('keystroke', ...inNode)))
      times.nodePinned.push(...first(await rig.pinned(CPU, 'keystroke', ...inNode)))
      times.library.push(...(await libraryRoundTrips(client, KEYS)))
      times.unread.push(...first(await underFlood(rig, false, () => wire(KEYS))))
      times.read.push(...first(await underFlood(rig, true, () => wire(KEYS))))
      times.floorUnread.push(...first(await rig.floor('keystroke', String(KEYS), 'unread')))
      times.floorRead.push(...first(await rig.floor('keystroke', String(KEYS), 'read')))
      if (rig.program('terminal') !== undefined) times.terminal.push(...(await bareTerminalKeystrokes(rig, KEYS / 5)))
    }
    const named = (label: string, of: number[]) => (of.length > 0 ? { [label]: of } : {})
    const peers = {
      ...named('a bare relay in Node', times.node),
      ...named('a bare terminal', times.terminal),
      ...(await eachPeer(rig.peers, (peer) => peer.keystrokes?.(rig, KEYS))),
    }
    const row: Omit<Measurement, 'key' | 'what' | 'ours' | 'floor'> = {
      unit: 'µs',
      higherIsBetter: false,
      floorIs: 'relay in C',
    }
    const pinnedFloor = { floor: times.floorPinned, floorIs: 'relay in C on one CPU' }
    const flood: Measurement['goal'] = { of: 'value', atMost: 500 }
    return [
      {
        ...row,
        ...pinnedFloor,
        key: 'keystroke.pinned',
        what: 'keystroke, all on one CPU, median',
        ours: times.pinned,
        peers: named('a bare relay in Node', times.nodePinned),
        goal: { of: 'floor', atMost: 1.5 },
      },
      { ...row, key: 'keystroke.c', what: 'keystroke, median', ours: times.c, floor: times.floor, peers },
      { ...row, key: 'keystroke.c.p99', what: 'keystroke, p99', ours: p99(times.c), floor: p99(times.floor) },
      {
        ...row,
        key: 'keystroke.library',
        what: 'keystroke, client library, median',
        ours: times.library,
        floor: times.floor,
      },
      {
        ...row,
        key: 'keystroke.library.p99',
        what: 'keystroke, client library, p99',
        ours: p99(times.library),
        floor: p99(times.floor),
      },
      {
        ...row,
        key: 'keystroke.unread',
        what: 'keystroke while another floods, median',
        ours: times.unread,
        floor: times.floorUnread,
        floorIs: 'one thread in C with both',
      },
      {
        ...row,
        key: 'keystroke.unread.p99',
        what: 'keystroke while another floods, p99',
        ours: p99(times.unread),
        floor: p99(times.floorUnread),
        floorIs: 'one thread in C with both',
        goal: flood,
      },
      {
        ...row,
        key: 'keystroke.read',
        what: '… and a client reads the flood, median',
        ours: times.read,
        floor: times.floorRead,
        floorIs: 'one thread in C with both',
      },
      {
        ...row,
        key: 'keystroke.read.p99',
        what: '… and a client reads the flood, p99',
        ours: p99(times.read),
        floor: p99(times.floorRead),
        floorIs: 'one thread in C with both',
        goal: flood,
      },
    ]
  },
}
