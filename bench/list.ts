// "ndctl list" as a person runs it, a whole process, against a Node that does nothing; and what the peers' commands take.

import { match } from 'node:assert'
import { execa } from 'execa'
import { eachPeer } from './peers/index.ts'
import type { Benchmark } from './support/benchmark.ts'

const REPEATS = 31
const PEER_REPEATS = 11

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
    await execa('sh', ['-c', `${rig.ndctl} start -d --name listed cat`], { env: rig.env })
    const time = async (command: string) => {
      const begun = performance.now()
      const { stdout } = await execa('sh', ['-c', `exec ${command}`], { env: rig.env })
      const took = performance.now() - begun
      if (command.includes('list')) match(stdout, /listed +running/)
      return took
    }
    const ours: number[] = []
    const floor: number[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      ours.push(await time(`${rig.ndctl} list`))
      floor.push(await time(`${process.execPath} -e 0`))
    }
    await execa('sh', ['-c', `${rig.ndctl} rm --force listed`], { env: rig.env })
    const peers = await eachPeer(rig.peers, (peer) => peer.listCommand?.(rig, PEER_REPEATS))
    return [
      {
        key: 'list',
        what: 'ndctl list, the whole process',
        unit: 'ms',
        higherIsBetter: false,
        ours,
        floor,
        floorIs: 'node -e 0',
        goal: { of: 'floor', atMost: 1.4 },
        peers,
      },
    ]
  },
}
