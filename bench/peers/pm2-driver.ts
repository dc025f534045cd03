// Drives PM2 through its library. Usage: pm2-driver PM2-DIRECTORY MEASURE ARGUMENT…; PM2_HOME says which of its daemons.
// The last line it prints is the result, as JSON.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { residentMb, until } from '../support/daemon.ts'
import { sizeOf, untilSize } from './files.ts'

interface Described {
  readonly pid: number
  readonly name: string
  readonly pm2_env: { readonly status: string }
}
type Callback<T> = (error: Error | null, result: T) => void
interface Pm2 {
  connect(callback: Callback<void>): void
  start(options: Record<string, unknown>, callback: Callback<unknown>): void
  delete(name: string, callback: Callback<unknown>): void
  list(callback: Callback<Described[]>): void
  disconnect(): void
}

const [directory = '', measure = '', ...args] = process.argv.slice(2)
const pm2: Pm2 = createRequire(import.meta.url)(directory)
const connect = promisify(pm2.connect.bind(pm2))
const start = promisify(pm2.start.bind(pm2))
const remove = promisify(pm2.delete.bind(pm2))
const list = promisify(pm2.list.bind(pm2))

const common = { interpreter: 'none', autorestart: false, merge_logs: true, exec_mode: 'fork' }

/** The process lives on after its output: PM2 loses what is on the way when it ends, which `complete` shows. */
async function bulk(path: string, size: number, log: string): Promise<number> {
  const begun = performance.now()
  const args = ['-c', `cat ${path}; exec sleep 1000`]
  await start({ ...common, name: 'bulk', script: '/bin/sh', args, out_file: log, error_file: '/dev/null' })
  await untilSize(log, size)
  const seconds = (performance.now() - begun) / 1000
  await remove('bulk')
  return seconds
}

async function starts(count: number, log: string): Promise<number[]> {
  const times: number[] = []
  for (let run = 1; run <= count; run++) {
    const begun = performance.now()
    const options = {
      ...common,
      name: 'echo',
      script: '/bin/echo',
      args: ['x'],
      out_file: log,
      error_file: '/dev/null',
    }
    const [seen] = await Promise.all([untilSize(log, run * 2).then(() => performance.now()), start(options)])
    times.push((seen - begun) * 1000)
    await remove('echo')
  }
  return times
}

async function scale(processes: number): Promise<{ memoryMb: number; listMs: number[] }> {
  if (processes > 0) {
    await start({
      ...common,
      name: 'sleep',
      script: '/bin/sleep',
      args: ['100000'],
      exec_mode: 'fork',
      instances: processes,
    })
  }
  const listMs: number[] = []
  for (let run = 0; run < 5; run++) {
    const begun = performance.now()
    const online = (await list()).filter(({ pm2_env }) => pm2_env.status === 'online')
    listMs.push(performance.now() - begun)
    if (online.length !== processes) throw new Error(`${online.length} of ${processes} run`)
  }
  const pid = Number(readFileSync(join(process.env.PM2_HOME ?? '', 'pm2.pid'), 'utf8'))
  return { memoryMb: residentMb(pid), listMs }
}

/** A run is given up as incomplete when the log has not grown for a second after the process ended. */
async function complete(path: string, size: number, log: string, runs: number): Promise<number> {
  let whole = 0
  for (let run = 0; run < runs; run++) {
    const out = `${log}-${run}`
    await start({ ...common, name: 'bulk', script: '/bin/cat', args: [path], out_file: out, error_file: '/dev/null' })
    while ((await list()).some(({ pm2_env }) => pm2_env.status === 'online'));
    await until('the log', () => sizeOf(out) >= size, 1000).catch(() => undefined)
    if (sizeOf(out) === size) whole++
    await remove('bulk')
  }
  return whole
}

await connect()
const [one = '', two = '', three = '', four = ''] = args
const result =
  measure === 'bulk'
    ? await bulk(one, Number(two), three)
    : measure === 'starts'
      ? await starts(Number(one), two)
      : measure === 'scale'
        ? await scale(Number(one))
        : await complete(one, Number(two), three, Number(four))
console.log(JSON.stringify(result))
pm2.disconnect()
process.exit()
