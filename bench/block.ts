// How long one spawn blocks the daemon's event loop, with so much memory in use: the daemon's own spawn, in a process of
// its own, against posix_spawn in C; Node's child_process is measured beside it.

import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { type Benchmark, type Measurement, median } from './support/benchmark.ts'

const MEGABYTES = [60, 250, 500]
const SPAWNS = 200
const REPEATS = 3
const program = fileURLToPath(new URL('./support/spawn-block.js', import.meta.url))

async function blocked(how: 'netdaemon' | 'node', megabytes: number, spawns: number): Promise<number[]> {
  const { stdout } = await execa(process.execPath, [program, how, String(megabytes), String(spawns)])
  return stdout.split('\n').map(Number)
}

export const block: Benchmark = {
  name: 'block',
  about: `how long a spawn blocks the event loop at ${MEGABYTES.join(', ')} MB of memory; floor: the call in C`,

  async check() {
    await blocked('netdaemon', 60, 20)
    await blocked('node', 60, 5)
  },

  async measure(rig) {
    const floor: number[] = []
    const ours = new Map<number, number[]>(MEGABYTES.map((megabytes) => [megabytes, []]))
    const node = new Map<number, number[]>(MEGABYTES.map((megabytes) => [megabytes, []]))
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const megabytes of MEGABYTES) {
        ours.get(megabytes)?.push(...(await blocked('netdaemon', megabytes, SPAWNS)))
        node.get(megabytes)?.push(...(await blocked('node', megabytes, SPAWNS / 4)))
      }
      for (const [, call = Number.NaN] of (await rig.floor('spawn', String(SPAWNS))) ?? []) floor.push(call)
    }
    return MEGABYTES.map(
      (megabytes): Measurement => ({
        key: `block.${megabytes}`,
        what: `loop blocked by one spawn, at ${megabytes} MB`,
        unit: 'µs',
        higherIsBetter: false,
        ours: ours.get(megabytes) ?? [],
        floor,
        floorIs: 'the posix_spawn call in C',
        ...(megabytes <= 250 ? { goal: { of: 'value', atMost: 300 } } : {}),
        peers: { 'Node’s child_process': [median(node.get(megabytes) ?? [])] },
      }),
    )
  },
}
