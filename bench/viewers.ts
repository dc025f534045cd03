// A thousand viewers of one process, 500 of which never read: what the process and the others feel of those. The child's
// throughput is compared with the same 500 readers alone, once with a process that writes as fast as it can, and once with
// one that writes steadily; meanwhile LIST is asked again and again, and the daemon's memory watched.

import { strictEqual } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client-lib/index.ts'
import { type Benchmark, type Measurement, p99 } from './support/benchmark.ts'
import { type BenchDaemon, residentMb } from './support/daemon.ts'
import { withOpenFiles } from './support/open-files.ts'
import type { Rig } from './support/rig.ts'
import { watch } from './support/watch.ts'

const ROUNDS = 3
const READING = 500
const STOPPED = 500
/** What the fast process writes. */
const MEBIBYTES = 32
/** The steady one: bytes at a time, milliseconds between, and how often. */
const CHUNK = 4096
const INTERVAL_MS = 20
const TICKS = 200

interface Seen {
  /** MB/s that the process got rid of. */
  readonly speed: number
  readonly listMs: readonly number[]
  readonly memoryMb: number
}

/** Lets the process write to its viewers, and looks on. The command waits for a line first. */
async function show(
  rig: Rig,
  daemon: BenchDaemon,
  { script, size, reading, stopped }: { script: string; size: number; reading: number; stopped: number },
): Promise<Seen | undefined> {
  await using client: Client = await daemon.connect()
  const attachment = await client.startAttached(
    { command: 'sh', args: ['-c', `read line; ${script}`], autoRemove: true },
    { from: 'start' },
  )
  const watching = await watch(rig, daemon.socket, attachment.handle, { reading, stopped })
  if (watching === undefined) {
    await client.remove(attachment.handle, { force: true })
    return undefined
  }
  const { handle } = attachment
  let over = false
  const begun = performance.now()
  // Asked for before it may end, since it is forgotten then.
  const ended = client.wait(handle).then(() => {
    over = true
    return performance.now()
  })
  await attachment.write('go\n')
  await attachment.detach()
  const listMs: number[] = []
  let memoryMb = 0
  await using asking = await daemon.connect()
  while (!over) {
    const asked = performance.now()
    await asking.list()
    listMs.push(performance.now() - asked)
    memoryMb = Math.max(memoryMb, residentMb(daemon.pid))
    await sleep(5)
  }
  const speed = size / 1000 / ((await ended) - begun)
  const { least, most, gaps } = await watching.finished
  if (gaps === 0) strictEqual(least, size)
  strictEqual(most <= size, true)
  return { speed, listMs, memoryMb }
}

export const viewers: Benchmark = {
  name: 'viewers',
  about: `${READING + STOPPED} viewers, ${STOPPED} of them stopped; floor: the ${READING} that read, alone`,

  async check(rig) {
    const { path, size } = rig.randomFile(1)
    await using daemon = await rig.startDaemon()
    await show(rig, daemon, { script: `exec cat ${path}`, size, reading: 20, stopped: 20 })
  },

  async measure(rig) {
    const { path, size } = rig.randomFile(MEBIBYTES)
    const pace = rig.program('pace')
    await using daemon = await rig.startDaemon(withOpenFiles(READING + STOPPED + 1000))
    const before = residentMb(daemon.pid)
    const fast = { script: `exec cat ${path}`, size }
    const steady = { script: `exec ${pace} ${CHUNK} ${INTERVAL_MS} ${TICKS}`, size: CHUNK * TICKS }
    const seen = { fast: [], fastAlone: [], steady: [], steadyAlone: [] }
    const all: Record<keyof typeof seen, Seen[]> = seen
    for (let round = 0; round < ROUNDS && pace !== undefined; round++) {
      for (const [name, what] of [
        ['fast', fast],
        ['steady', steady],
      ] as const) {
        const alone = await show(rig, daemon, { ...what, reading: READING, stopped: 0 })
        const crowd = await show(rig, daemon, { ...what, reading: READING, stopped: STOPPED })
        if (alone !== undefined) all[`${name}Alone`].push(alone)
        if (crowd !== undefined) all[name].push(crowd)
      }
    }
    const speeds = (of: readonly Seen[]) => of.map(({ speed }) => speed)
    const listP99 = (of: readonly Seen[]) => p99(of.flatMap(({ listMs }) => listMs))
    const speed: Omit<Measurement, 'key' | 'what' | 'ours' | 'floor'> = {
      unit: 'MB/s',
      higherIsBetter: true,
      floorIs: '500 viewers, all reading',
      goal: { of: 'floor', atLeast: 0.95 },
    }
    const list: Omit<Measurement, 'key' | 'what' | 'ours' | 'floor'> = {
      unit: 'ms',
      higherIsBetter: false,
      floorIs: '500 viewers, all reading',
      goal: { of: 'value', atMost: 10 },
    }
    return [
      {
        ...speed,
        key: 'viewers.steady',
        what: '1,000 viewers, 500 stopped: a steady process',
        ours: speeds(all.steady),
        floor: speeds(all.steadyAlone),
      },
      {
        ...list,
        key: 'viewers.steady.list',
        what: '… LIST meanwhile, p99',
        ours: listP99(all.steady),
        floor: listP99(all.steadyAlone),
      },
      {
        ...speed,
        key: 'viewers.fast',
        what: '1,000 viewers, 500 stopped: a flooding process',
        ours: speeds(all.fast),
        floor: speeds(all.fastAlone),
      },
      {
        ...list,
        key: 'viewers.fast.list',
        what: '… LIST meanwhile, p99',
        ours: listP99(all.fast),
        floor: listP99(all.fastAlone),
      },
      {
        key: 'viewers.memory',
        what: '… daemon memory, at most',
        unit: 'MB',
        higherIsBetter: false,
        ours: [Math.max(...[...all.fast, ...all.steady].map(({ memoryMb }) => memoryMb))],
        floor: [before],
        floorIs: 'before',
      },
    ]
  },
}
