// A shell's pipeline: "ndctl start cat FILE | dd of=/dev/null" against the same without ndctl. Starting Node is part of it.

import { strictEqual } from 'node:assert'
import { execa } from 'execa'
import type { Benchmark } from './support/benchmark.ts'

const REPEATS = 5
const MEBIBYTES = 1024

export const pipeline: Benchmark = {
  name: 'pipeline',
  about: `ndctl start cat FILE | dd of=/dev/null, ${MEBIBYTES} MiB; floor: cat FILE | dd of=/dev/null`,

  async check(rig) {
    const { path, sha256 } = rig.randomFile(32)
    const { stdout } = await execa('sh', ['-c', `${rig.ndctl} start --rm cat ${path} | sha256sum`], { env: rig.env })
    strictEqual(stdout.split(' ')[0], sha256)
  },

  async measure(rig) {
    const { path, size } = rig.randomFile(MEBIBYTES)
    const speed = async (command: string) => {
      const begun = performance.now()
      const { stderr } = await execa('sh', ['-c', `${command} | dd bs=128k of=/dev/null`], { env: rig.env })
      const speed = size / 1000 / (performance.now() - begun)
      strictEqual(Number(/^(\d+) bytes/m.exec(stderr)?.[1]), size)
      return speed
    }
    const ours: number[] = []
    const floor: number[] = []
    // The same way in C: what four copies instead of one, by three programs on two cores, leave of the floor.
    const relay = rig.program('relay')
    const relayed: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      ours.push(await speed(`${rig.ndctl} start --rm cat ${path}`))
      floor.push(await speed(`cat ${path}`))
      if (relay !== undefined) relayed.push(await speed(`${relay} ${path} -`))
    }
    return [
      {
        key: 'pipeline',
        what: 'ndctl start through a pipe',
        unit: 'MB/s',
        higherIsBetter: true,
        ours,
        floor,
        floorIs: 'the same without ndctl',
        goal: { of: 'floor', atLeast: 1 / 3 },
        peers: { 'a relay in C, the same way': relayed },
      },
    ]
  },
}
