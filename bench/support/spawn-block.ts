// Spawns "/bin/true" again and again in a process that uses so much memory, and prints the microseconds that each call
// kept the event loop. Usage: spawn-block netdaemon|node MEGABYTES COUNT.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { realKernel } from '../../daemon/linux/libc.ts'
import { spawnProcess } from '../../daemon/linux/spawn/spawn.ts'

const [how, megabytes = '0', count = '0'] = process.argv.slice(2)

/** Memory in use: pages that have been written to, held to the end. */
const ballast: Buffer[] = []
while (process.memoryUsage.rss() < Number(megabytes) * 1e6) ballast.push(Buffer.alloc(1e6, ballast.length + 1))

const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))
const kernel = realKernel()

async function spawnOurs(): Promise<number> {
  const begun = performance.now()
  const spawned = spawnProcess(kernel, {
    file: '/bin/true',
    argv: ['true'],
    env,
    cwd: '/',
    stdin: 'pipe',
    stderr: 'pipe',
  })
  const took = performance.now() - begun
  for (const fd of [spawned.stdin, spawned.stdout, spawned.stderr]) if (fd !== null) kernel.close(fd)
  while (kernel.reap(spawned.pid) === 0) await sleep(0)
  return took
}

async function spawnNode(): Promise<number> {
  const begun = performance.now()
  const child = spawn('/bin/true', { env, cwd: '/' })
  const took = performance.now() - begun
  await once(child, 'close')
  return took
}

for (let run = -10; run < Number(count); run++) {
  const took = how === 'node' ? await spawnNode() : await spawnOurs()
  if (run >= 0) console.log((took * 1000).toFixed(1))
}
if (ballast.length > 1e6) throw new Error('internal error: the ballast is counted to keep it')
