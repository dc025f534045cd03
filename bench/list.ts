// "ndctl list" as a person runs it, a whole process, against a Node that does nothing.

import { match } from 'node:assert'
import { execa } from 'execa'
import type { Benchmark } from './support/benchmark.ts'

const REPEATS = 31

export const list: Benchmark = {
  name: 'list',
  about: 'ndctl list, the whole process; floor: node -e 0',

  async check(rig) {
    const { stdout } = await execa('sh', ['-c', `${rig.ndctl} start -d --name listed cat && ${rig.ndctl} list`], {
      env: rig.env,
    })
    match(stdout, /listed +running/)
    await execa('sh', ['-c', `${rig.ndctl} rm --force listed`], { env: rig.env })
  },

  async measure(rig) {
    const time = async (command: string) => {
      const begun = performance.now()
      await execa('sh', ['-c', `exec ${command}`], { env: rig.env })
      return performance.now() - begun
    }
    const ours: number[] = []
    const floor: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      ours.push(await time(`${rig.ndctl} list`))
      floor.push(await time(`${process.execPath} -e 0`))
    }
    return [{ what: 'ndctl list', unit: 'ms', higherIsBetter: false, ours, floor }]
  },
}
