// APPLY of many services: they are made, kept on disk and started; and once more, when there is nothing to do. Against as many
// posix_spawns in C.

import { deepStrictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import type { Benchmark } from './support/benchmark.ts'
import { openFilesLimit, withOpenFiles } from './support/open-files.ts'
import type { Rig } from './support/rig.ts'

const ROUNDS = 3
const SERVICES = 1000
/** Its pipes, and what the daemon has of its own. */
const filesFor = (services: number) => 2 * services + 500

/** Milliseconds of an APPLY, all steps of which must be these. */
async function applied(client: Client, services: number, action: string): Promise<number> {
  const specs = Array.from({ length: services }, (_, number) => ({
    name: `service-${number}`,
    command: '/bin/sleep',
    args: ['100000'],
    stdin: 'null' as const,
    restart: { policy: 'always' as const },
  }))
  const begun = performance.now()
  const steps = await client.apply(specs, { source: 'bench' })
  const took = performance.now() - begun
  deepStrictEqual(new Set(steps.map((step) => step.action)), new Set([action]))
  return took
}

async function both(rig: Rig, services: number): Promise<{ create: number; nothing: number }> {
  await using daemon = await rig.startDaemon(withOpenFiles(filesFor(services)), ['--state-dir', rig.fresh('state')])
  if (openFilesLimit(daemon.pid) < filesFor(services)) throw new Error('too few open files are allowed')
  await using client = await daemon.connect()
  return { create: await applied(client, services, 'create'), nothing: await applied(client, services, 'none') }
}

export const apply: Benchmark = {
  name: 'apply',
  about: `APPLY of ${SERVICES} services, and once more; floor: as many posix_spawns in C`,

  async check(rig) {
    await both(rig, 20)
    await rig.floor('again', '20', 'sleep')
  },

  async measure(rig) {
    const create: number[] = []
    const nothing: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const took = await both(rig, SERVICES)
      create.push(took.create)
      nothing.push(took.nothing)
      for (const [ms = Number.NaN] of (await rig.floor('again', String(SERVICES), 'sleep')) ?? []) floor.push(ms)
    }
    const shown = SERVICES.toLocaleString('en-US')
    const row = { unit: 'ms', higherIsBetter: false, floor, floorIs: 'as many posix_spawns in C' }
    return [
      { ...row, key: 'apply.create', what: `apply of ${shown} services: all are created`, ours: create },
      { ...row, key: 'apply.nothing', what: '… and again: nothing is to be done', ours: nothing },
    ]
  },
}
