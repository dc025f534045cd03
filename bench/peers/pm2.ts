// PM2: output goes to log files; the interface is its own library, run in a process of its own (pm2-driver.ts), since it
// changes the process it is loaded into.

import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Peer, PeerRig } from './peer.ts'

/** Where bench/peers.sh puts what comes from npm. */
const directory =
  process.env.NETDAEMON_PEERS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'netdaemon-peers')
const pm2Directory = join(directory, 'node_modules/pm2')
const driver = fileURLToPath(new URL('./pm2-driver.js', import.meta.url))

/** Runs the driver; what it prints as JSON in its last line. */
async function drive(rig: PeerRig, ...args: readonly string[]): Promise<unknown> {
  const env = { PM2_HOME: rig.fresh('pm2') }
  try {
    const { stdout } = await execa(process.execPath, [driver, pm2Directory, ...args], { env })
    return JSON.parse(stdout.split('\n').at(-1) ?? '')
  } finally {
    await execa(process.execPath, [join(pm2Directory, 'bin/pm2'), 'kill'], { env, reject: false })
  }
}

export const pm2: Peer = {
  name: 'PM2',

  async version() {
    if (!existsSync(pm2Directory)) return undefined
    const { stdout } = await execa(process.execPath, ['-p', `require('${pm2Directory}/package.json').version`])
    return `PM2 ${stdout}`
  },

  async bulk(rig, file) {
    return Number(await drive(rig, 'bulk', file.path, String(file.size), rig.fresh('log')))
  },

  async starts(rig, count) {
    return (await drive(rig, 'starts', String(count), rig.fresh('log'))) as number[]
  },

  async scale(rig, processes) {
    return (await drive(rig, 'scale', String(processes))) as { memoryMb: number; listMs: number[] }
  },

  async listCommand(rig, count) {
    const env = { PM2_HOME: rig.fresh('pm2') }
    const bin = join(pm2Directory, 'bin/pm2')
    try {
      await execa(process.execPath, [bin, 'start', '/bin/sleep', '--interpreter', 'none', '--', '100000'], { env })
      const times: number[] = []
      for (let run = 0; run < count; run++) {
        const begun = performance.now()
        await execa(process.execPath, [bin, 'list'], { env })
        times.push(performance.now() - begun)
      }
      return times
    } finally {
      await execa(process.execPath, [bin, 'kill'], { env, reject: false })
    }
  },

  async completeRuns(rig, file, runs) {
    return Number(await drive(rig, 'complete', file.path, String(file.size), rig.fresh('log'), String(runs)))
  },
}
