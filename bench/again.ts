// From the death of a service to its next run: SIGKILL to its main process, from outside, until the first byte of the next one has
// come; against waitpid and posix_spawn in C. The shortest pause that a policy can have, a millisecond, is in it.

import { strictEqual } from 'node:assert'
import type { Client } from '../client-lib/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const ROUNDS = 5
const DEATHS = 40

/** Microseconds of each death. */
async function deaths(client: Client, count: number): Promise<number[]> {
  const attachment = await client.startAttached(
    {
      command: '/bin/sh',
      args: ['-c', 'echo $$; exec sleep 100000'],
      restart: { policy: 'always', delayMs: 1, maxMs: 1, factor: 1, jitter: 0 },
    },
    { until: 'removed' },
  )
  const output = attachment.output[Symbol.asyncIterator]()
  const nextPid = async () => {
    for (;;) {
      const { value: item, done } = await output.next()
      if (done) throw new Error('the output has ended')
      if (item.kind === 'data') return Number(item.bytes.toString())
    }
  }
  const times: number[] = []
  try {
    let pid = await nextPid()
    for (let death = 0; death < count; death++) {
      const begun = performance.now()
      process.kill(pid, 'SIGKILL')
      const next = await nextPid()
      times.push((performance.now() - begun) * 1000)
      strictEqual(next === pid, false)
      pid = next
    }
  } finally {
    await client.remove(attachment.process.id, { force: true })
  }
  return times
}

export const again: Benchmark = {
  name: 'again',
  about: 'the death of a service to the first byte of its next run; floor: waitpid and posix_spawn in C',

  async check(rig) {
    await using client = await rig.connect()
    strictEqual((await deaths(client, 5)).length, 5)
    await rig.floor('again', '3', 'again')
  },

  async measure(rig) {
    await using client = await rig.connect()
    const ours: number[] = []
    const floor: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(...(await deaths(client, DEATHS)))
      for (const [microseconds = Number.NaN] of (await rig.floor('again', String(DEATHS), 'again')) ?? []) {
        floor.push(microseconds)
      }
    }
    return [
      {
        key: 'again',
        what: 'death of a service to its next run, a pause of 1 ms in it',
        unit: 'µs',
        higherIsBetter: false,
        ours,
        floor,
        floorIs: 'waitpid and posix_spawn in C',
      },
    ]
  },
}
