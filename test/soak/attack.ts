// npm run attack -- --minutes 10: hostile clients against one real daemon in a heap of 256 MB, while one client that behaves
// asks for the list and another reads a process's output. Fails if the daemon dies, meets a bug, loses a byte without a gap,
// or does not answer; and prints how long the list took, and what became of the memory.
//
// --profile DIR has the daemon write what its time went to (node --cpu-prof), --heap DIR what its memory consisted of.
// --rounds 40 ends it after so many rounds of each hostile client, however long they take. The hostile clients are in
// processes of their own (--attack), so that what is measured here is the daemon's time.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Client, connect, NetdaemonError } from '../../client-lib/index.ts'
import { HEAP_WATCH, heapReport } from './heap-figures.ts'
import { attack } from './hostile-client.ts'
import { Random } from './random.ts'

const DAEMON = fileURLToPath(new URL('../../bin/netdaemon.mjs', import.meta.url))
const SELF = fileURLToPath(import.meta.url)
const HEAP_MB = 256
const MEMORY_MB = 512
/** Between two questions of the client that behaves. */
const PAUSE_MS = 20
/** Prints numbered lines, one after the other. */
const COUNTING = 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string' },
    clients: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    attack: { type: 'string' },
    profile: { type: 'string' },
    heap: { type: 'string' },
  },
})
const rounds = values.rounds === undefined ? Number.POSITIVE_INFINITY : Number(values.rounds)
const seed = Number(values.seed)
/** How long the memory may take to come back. */
const SETTLE_MS = values.rounds === undefined ? 60_000 : 0

if (values.attack === undefined) process.exitCode = await besiege()
else await attackFrom(values.attack)

/** One process of hostile clients; ends by itself after its rounds, or with its stdin. */
async function attackFrom(socket: string): Promise<void> {
  const ending = new AbortController()
  process.stdin.once('end', () => ending.abort()).resume()
  const clients = Array.from({ length: Number(values.clients) }, (_, n) =>
    attack(socket, new Random(seed + n), rounds, ending.signal),
  )
  const tallies = await Promise.all(clients)
  const sum = (key: 'packets' | 'answers' | 'aborts' | 'rounds') => tallies.reduce((all, each) => all + each[key], 0)
  console.log(`${sum('rounds')} rounds: ${sum('packets')} packets, ${sum('answers')} answers, ${sum('aborts')} aborts`)
  process.exit()
}

async function besiege(): Promise<number> {
  const directory = mkdtempSync('/tmp/nda-')
  const socket = join(directory, 's')
  const own = ['--socket', socket, '--max-processes', '2000', '--memory', String(MEMORY_MB), '--quiet']
  const { profile, heap } = values
  const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
  const watching = heap === undefined ? [] : ['--import', new URL('heap-watch.js', import.meta.url).href]
  if (heap !== undefined) mkdirSync(heap, { recursive: true })
  const args = [`--max-old-space-size=${HEAP_MB}`, ...profiling, ...watching, DAEMON, ...own]
  const env = heap === undefined ? process.env : { ...process.env, [HEAP_WATCH]: heap }
  const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  let log = ''
  daemon.stderr.on('data', (text: Buffer) => {
    log += text
  })
  const failures: string[] = []
  try {
    const client = await reach(socket)
    const counter = await client.start({ command: '/bin/sh', args: ['-c', COUNTING], name: 'counter' })
    await sleep(2000)
    const before = residentMb(daemon.pid)
    console.log(
      `attack, seed ${seed}, node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; ${before} MB at first`,
    )
    const ending = new AbortController()
    const reader = countOn(await reach(socket), counter.id, ending.signal)
    const half = String(Math.ceil(Number(values.clients) / 2))
    const hostile = [0, 1].map((n) => {
      const limit = values.rounds === undefined ? [] : ['--rounds', values.rounds]
      const own = ['--attack', socket, '--clients', half, '--seed', String(seed + 1000 * n), ...limit]
      return spawn(process.execPath, [SELF, ...own], { stdio: ['pipe', 'inherit', 'inherit'] })
    })
    const gone = Promise.all(hostile.map((each) => once(each, 'exit')))
    const ended = values.rounds === undefined ? sleep(Number(values.minutes) * 60_000) : gone
    const { times, most } = await ask(client, ended, () => residentMb(daemon.pid))
    for (const each of hostile) each.stdin.end()
    await gone
    ending.abort()
    const read = await reader
    if (read.lost > 0) failures.push(`${read.lost} lines were lost without a gap`)
    const after = await settled(client, daemon.pid, before)
    times.sort((a, b) => a - b)
    const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1)
    console.log(
      `LIST ${times.length} times: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms; load ${loadavg()[0]?.toFixed(1)}`,
    )
    console.log(`${read.lines} lines read, ${read.lost} lost, ${read.gaps} gaps; ${most} MB at most, ${after} MB after`)
    if (most > MEMORY_MB) failures.push(`the daemon took ${most} MB, and ${MEMORY_MB} are allowed`)
    await client.shutdown({ timeoutMs: 1000 })
  } catch (error) {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const killer = setTimeout(() => daemon.kill('SIGKILL'), 20_000)
    await once(daemon, 'exit')
    clearTimeout(killer)
  }
  if (daemon.exitCode !== 0) failures.push(`the daemon ended with ${daemon.exitCode ?? daemon.signalCode}`)
  if (/internal error|FATAL/.test(log)) failures.push(`the daemon met a bug:\n${log.slice(-3000)}`)
  rmSync(directory, { recursive: true, force: true })
  if (heap !== undefined) console.log(heapReport(heap).join('\n'))
  for (const failure of failures) console.log(`FAILED: ${failure}`)
  if (failures.length === 0) console.log('the daemon stood it')
  return failures.length === 0 ? 0 : 1
}

/** Asks for the list over and over, until the attack has ended. */
async function ask(client: Client, ended: Promise<unknown>, memory: () => number) {
  let over = false
  ended.then(
    () => {
      over = true
    },
    () => {},
  )
  const times: number[] = []
  let most = 0
  while (!over) {
    const begun = performance.now()
    await client.list({ name: 'counter' })
    times.push(performance.now() - begun)
    most = Math.max(most, memory())
    await sleep(PAUSE_MS)
  }
  return { times, most }
}

/** Reads the numbered lines; what is missing between two of them, without a gap, is lost. */
async function countOn(client: Client, id: string, signal: AbortSignal) {
  const attachment = await client.attach(id, { from: 'start', lossless: true })
  signal.addEventListener('abort', () => void attachment.detach())
  let text = ''
  let next = 0
  let lost = 0
  let gaps = 0
  for await (const item of attachment.output) {
    if (item.kind === 'gap') {
      gaps += 1
      text = ''
      next = -1
    }
    if (item.kind !== 'data') continue
    text += item.bytes.toString('latin1')
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      // After a gap the first line may be half a line.
      if (next < 0) next = 0
      else if (next > 0 && Number(line) !== next) lost += 1
      next = Number(line) + 1
    }
  }
  await client.close()
  return { lines: next, lost, gaps }
}

async function removeAll(client: Client): Promise<void> {
  for (const { id } of await client.list()) {
    await client.remove(id, { force: true }).catch((error: unknown) => {
      if (!(error instanceof NetdaemonError)) throw error
    })
  }
}

async function reach(socket: string): Promise<Client> {
  for (;;) {
    try {
      return await connect({ socket, software: 'attack' })
    } catch (error) {
      if (!(error instanceof NetdaemonError && error.code === 'NO_DAEMON')) throw error
      await sleep(50)
    }
  }
}

/**
 * Its memory once it has come back near to what it was, or has had its time. What clients that have gone wanted started may start only
 * now, and is removed too.
 */
async function settled(client: Client, pid: number | undefined, before: number): Promise<number> {
  const until = performance.now() + SETTLE_MS
  await removeAll(client)
  while (residentMb(pid) > before + 10 && performance.now() < until) {
    await sleep(500)
    await removeAll(client)
  }
  return residentMb(pid)
}

function residentMb(pid: number | undefined): number {
  assert.ok(pid !== undefined)
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}
