// What processes cost: the daemon's memory with none, 10, … 10,000 sleeping processes, and the time of LIST: on the wire
// (request sent to last packet received, in C) and through the client library. The peers as far as they go.

import { strictEqual } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client-lib/index.ts'
import { type Benchmark, type Measurement, median } from './support/benchmark.ts'
import { residentMb } from './support/daemon.ts'
import { openFilesLimit, withOpenFiles } from './support/open-files.ts'
import type { Rig } from './support/rig.ts'

const COUNTS = [0, 10, 100, 1_000, 10_000]
/** What the daemon may need beside its processes' pipes. */
const FILES_OF_ITS_OWN = 500
const IN_FLIGHT = 16
/** As many as each can be made to run within a minute or so. */
const PEER_COUNTS: Record<string, readonly number[]> = {
  supervisord: [0, 10, 100, 1_000],
  PM2: [0, 10, 100],
  s6: [0, 10, 100, 1_000],
  runit: [0, 10, 100, 1_000],
}

interface Point {
  readonly memoryMb: number
  readonly wireMs: readonly number[]
  readonly libraryMs: readonly number[]
}

/**
 * Starts sleeping processes, as many as the daemon may have pipes for: with three each as long as that goes for all of
 * them, else with two (stdin is /dev/null). The rest are processes that have ended and are kept.
 */
class Crowd {
  readonly #client: Client
  readonly #files: number
  #size = 0
  #used = 0
  #withInput = 0
  #ended = 0

  constructor(client: Client, files: number) {
    this.#client = client
    this.#files = files
  }

  async raiseTo(count: number): Promise<void> {
    const stdin = 3 * count <= this.#files ? 'pipe' : 'null'
    const lane = async () => {
      while (this.#size < count) {
        this.#size += 1
        const each = stdin === 'pipe' ? 3 : 2
        if (this.#used + each > this.#files) {
          this.#ended += 1
          await this.#client.start({ command: '/bin/true', stdin })
          continue
        }
        this.#used += each
        if (stdin === 'pipe') this.#withInput += 1
        await this.#client.start({ command: '/bin/sleep', args: ['100000'], stdin })
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  }

  /** What they are. */
  toString(): string {
    const withoutInput = this.#size - this.#withInput - this.#ended
    return `${this.#size} processes: ${this.#withInput} with three pipes, ${withoutInput} with two, ${this.#ended} ended`
  }
}

async function pointAt(rig: Rig, client: Client, socket: string, pid: number, count: number): Promise<Point> {
  const repeats = count >= 10_000 ? 10 : 50
  // Memory first: the lists make some of their own. The daemon has a moment to put its memory in order.
  await sleep(2000)
  const memoryMb = residentMb(pid)
  const lines = (await rig.floor('client', socket, 'list', String(repeats))) ?? []
  const libraryMs: number[] = []
  for (let run = 0; run < repeats; run++) {
    const begun = performance.now()
    const processes = await client.list()
    libraryMs.push(performance.now() - begun)
    strictEqual(processes.length, count)
  }
  return { memoryMb, wireMs: lines.map(([microseconds = Number.NaN]) => microseconds / 1000), libraryMs }
}

async function ours(rig: Rig, counts: readonly number[]): Promise<Map<number, Point>> {
  const most = Math.max(...counts)
  await using daemon = await rig.startDaemon(withOpenFiles(3 * most + FILES_OF_ITS_OWN), [
    '--retain-count',
    String(most),
  ])
  await using client = await daemon.connect()
  const limit = openFilesLimit(daemon.pid)
  const crowd = new Crowd(client, limit - FILES_OF_ITS_OWN)
  const points = new Map<number, Point>()
  for (const count of counts) {
    await crowd.raiseTo(count)
    points.set(count, await pointAt(rig, client, daemon.socket, daemon.pid, count))
  }
  console.log(`scale: ${crowd} (the limit of open files is ${limit})`)
  return points
}

export const scale: Benchmark = {
  name: 'scale',
  about: `memory and LIST with ${COUNTS.join(', ')} processes; on the wire and through the client library`,

  async check(rig) {
    await ours(rig, [0, 20])
  },

  async measure(rig) {
    const points = await ours(rig, COUNTS)
    const memory = new Map<number, Record<string, readonly number[]>>()
    const lists = new Map<number, Record<string, readonly number[]>>()
    for (const peer of rig.peers) {
      for (const count of peer.scale === undefined ? [] : (PEER_COUNTS[peer.name] ?? [])) {
        try {
          const seen = await peer.scale?.(rig, count)
          if (seen === undefined) continue
          memory.set(count, { ...memory.get(count), [peer.name]: [seen.memoryMb] })
          if (seen.listMs.length > 0) lists.set(count, { ...lists.get(count), [peer.name]: seen.listMs })
        } catch (error) {
          console.error(`${peer.name} with ${count}: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
    }
    return [...points].flatMap(([count, point]) => rows(count, point, memory.get(count) ?? {}, lists.get(count) ?? {}))
  },
}

const memoryGoals: Record<number, number> = { 0: 60, 1000: 75 }

function rows(
  count: number,
  point: Point,
  memory: Record<string, readonly number[]>,
  lists: Record<string, readonly number[]>,
): Measurement[] {
  const shown = count.toLocaleString('en-US')
  const atMost = memoryGoals[count]
  return [
    {
      key: `memory.${count}`,
      what: count === 0 ? 'daemon memory, idle' : `daemon memory, ${shown} processes`,
      unit: 'MB',
      higherIsBetter: false,
      ours: [point.memoryMb],
      floor: [],
      ...(atMost === undefined ? {} : { goal: { of: 'value', atMost } }),
      peers: memory,
    },
    {
      key: `list.wire.${count}`,
      what: `LIST of ${shown}, on the wire`,
      unit: 'ms',
      higherIsBetter: false,
      ours: point.wireMs,
      floor: [],
      ...(count === 1_000 ? { goal: { of: 'value', atMost: 1 } } : {}),
      peers: Object.fromEntries(Object.entries(lists).map(([name, times]) => [name, [median(times)]])),
    },
    {
      key: `list.library.${count}`,
      what: `LIST of ${shown}, client library`,
      unit: 'ms',
      higherIsBetter: false,
      ours: point.libraryMs,
      floor: [],
    },
  ]
}
