// npm run soak -- --minutes 30: random clients against random processes of one real daemon, checking every byte, while
// its memory and its file descriptors are measured. Fails on a wrong byte, a wrong exit, a hang, a leak or a crash.
//
// --seed repeats what is chosen, though not what the scheduler makes of it; --clients is how many act at a time. --acts 40 ends
// it after so many acts, of every kind at least one, however long they take. --heap DIR tells what the daemon's memory consists
// of as time goes by; with --snapshots also which objects became more from minute 5 to the end. Taking a heap snapshot leaves some 45 MB
// in the heap of malloc, so its figures of RSS say nothing.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Client, connect } from '../../client-lib/index.ts'
import { type Actor, actors, followEvents, type Stage } from './actors.ts'
import { isLevel, type Sample, slopeOf } from './figures.ts'
import { HEAP_WATCH, heapReport } from './heap-figures.ts'
import { Random } from './random.ts'

/** What one act takes at most; more is a hang. */
const ACT_MS = 120_000
const DAEMON = fileURLToPath(new URL('../../bin/netdaemon.mjs', import.meta.url))
/** Shorter runs cannot tell a slope from the warming up. */
const JUDGED_SECONDS = 300
const HEAP_HOOK = new URL('heap-watch.js', import.meta.url).href

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    acts: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    clients: { type: 'string', default: '6' },
    heap: { type: 'string' },
    snapshots: { type: 'boolean', default: false },
  },
})
const durationS = Number(values.minutes) * 60
const actsMax = values.acts === undefined ? Number.POSITIVE_INFINITY : Number(values.acts)
const seed = Number(values.seed)
const failures: string[] = []

const directory = mkdtempSync('/tmp/nds-')
const socket = join(directory, 's')
const tally: Stage['tally'] = {
  bytes: 0,
  wrong: 0,
  gaps: 0,
  gapBytes: 0,
  starts: 0,
  reconnects: 0,
  kills: 0,
  stops: 0,
  echoed: 0,
}
const samples: Sample[] = []
const acts = new Map<string, number>()
let actsBegun = 0
const ending = new AbortController()
let zombies = 0
let log = ''

console.log(
  `soak of ${values.acts === undefined ? `${durationS} s` : `${actsMax} acts`}, seed ${seed}, node ${process.versions.node}, ${values.clients} clients at a time`,
)
const begun = performance.now()
const daemon = await startDaemon()
try {
  await run(daemon)
} catch (error) {
  fail('the soak itself', error)
} finally {
  if (daemon.exitCode === null && daemon.signalCode === null) daemon.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
}
report()

async function startDaemon(): Promise<ChildProcess> {
  const flags = ['--socket', socket, '--retain-count', '50', '--ready-fd', '3']
  if (values.heap !== undefined) mkdirSync(values.heap, { recursive: true })
  const hook = values.heap === undefined ? [] : ['--import', HEAP_HOOK]
  const env = values.heap === undefined ? process.env : { ...process.env, [HEAP_WATCH]: values.heap }
  const child = spawn(process.execPath, [...hook, DAEMON, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env,
  })
  child.stderr?.on('data', (text: Buffer) => {
    log = (log + text).slice(-100_000)
  })
  const ready = child.stdio[3]
  assert.ok(ready)
  await Promise.race([once(ready, 'data'), once(child, 'exit')])
  return child
}

async function run(child: ChildProcess): Promise<void> {
  child.once('exit', (code, signal) => {
    if (!ending.signal.aborted) fail('the daemon', new Error(`it died: ${code ?? signal}\n${log.slice(-2000)}`))
  })
  const watcher = await connect({ socket, software: 'soak' })
  await act('warming up', actors['start what ends at once']?.[1] ?? assert.fail(), new Random(seed), watcher)
  const filesBefore = (await watcher.info()).openFiles
  const events = followEvents(socket, ending.signal)
  events.catch((error) => fail('events', error))
  const measuring = measure(watcher, child.pid ?? assert.fail())
  measuring.catch((error) => fail('measuring', error))
  const endsAt = performance.now() + durationS * 1000
  const isOver = () =>
    failures.length > 0 || (values.acts === undefined ? performance.now() >= endsAt : actsBegun >= actsMax)
  await Promise.all(
    Array.from({ length: Number(values.clients) }, async (_, index) => {
      const random = new Random(seed + 1 + index)
      while (!isOver()) await actOnce(random)
    }),
  )
  ending.abort()
  await Promise.all([events, measuring]).catch(() => undefined)
  await checkNothingIsLeft(watcher, child, filesBefore)
}

async function actOnce(random: Random): Promise<void> {
  const names = Object.entries(actors).flatMap(([name, [weight]]) => Array.from({ length: weight }, () => name))
  // Each kind once, and then by chance.
  const name = Object.keys(actors)[actsBegun++] ?? random.pick(names)
  const actor = actors[name]?.[1] ?? assert.fail()
  const client = await connect({ socket })
  await act(name, actor, random, client)
  if (random.chance(0.1)) await client.list()
  await client.close()
  await sleep(random.between(0, 30))
}

async function act(name: string, actor: Actor, random: Random, client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: not done after ${ACT_MS / 1000} s`)), ACT_MS)
  })
  try {
    await Promise.race([actor({ socket, tally }, random, client), hung])
    acts.set(name, (acts.get(name) ?? 0) + 1)
  } catch (error) {
    fail(name, error)
  } finally {
    clearTimeout(timer)
  }
}

/** Takes the daemon's figures again and again, and looks for children that stay zombies. */
async function measure(watcher: Client, pid: number): Promise<void> {
  const everyMs = values.acts === undefined ? Math.min(2000, Math.max(200, (durationS * 1000) / 200)) : 200
  let zombiesBefore = new Set<number>()
  const snapshotsAt =
    values.heap === undefined || !values.snapshots ? [] : [Math.min(300, durationS / 2), durationS - 10]
  while (!ending.signal.aborted) {
    const { memory, openFiles } = await watcher.info()
    const seconds = (performance.now() - begun) / 1000
    samples.push({ seconds, rss: memory.rss, heap: memory.heapUsed, external: memory.external, files: openFiles })
    if (seconds >= (snapshotsAt[0] ?? Number.POSITIVE_INFINITY)) {
      snapshotsAt.shift()
      process.kill(pid, 'SIGWINCH')
    }
    await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => undefined)
    // One that was a zombie a second ago, and is one still, was not reaped.
    const now = everyMs >= 1000 ? zombiesOf(pid) : new Set<number>()
    for (const zombie of now) if (zombiesBefore.has(zombie)) zombies++
    zombiesBefore = now
    if (samples.length % 60 === 0) progress()
  }
}

function zombiesOf(parent: number): Set<number> {
  const found = new Set<number>()
  for (const child of readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean)) {
    try {
      const stat = readFileSync(`/proc/${child}/stat`, 'utf8')
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) found.add(Number(child))
    } catch {
      // ENOENT: reaped meanwhile.
    }
  }
  return found
}

/** The daemon must be as empty as it was, and end well. */
async function checkNothingIsLeft(watcher: Client, child: ChildProcess, filesBefore: number): Promise<void> {
  for (const { id } of await watcher.list()) await watcher.remove(id, { force: true })
  const deadline = performance.now() + 10_000
  const pid = child.pid ?? assert.fail()
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  let files = (await watcher.info()).openFiles
  while ((files > filesBefore || children() !== '') && performance.now() < deadline) {
    await sleep(50)
    files = (await watcher.info()).openFiles
  }
  if (files > filesBefore) {
    fail('file descriptors', new Error(`${files} are open at the end, ${filesBefore} were at the beginning`))
  }
  if (children() !== '') fail('processes', new Error(`children are left: ${children()}`))
  await watcher.shutdown()
  await watcher.closed
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) fail('the daemon', new Error(`it ended with ${child.exitCode ?? child.signalCode}`))
  const left = readdirSync(directory)
  if (left.length > 0) fail('files', new Error(`left: ${left.join(', ')}`))
  if (/internal error/.test(log)) fail('the log', new Error(log))
}

function fail(what: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  failures.push(`${what}: ${text}`)
  console.log(`FAILED ${what} (seed ${seed}): ${text}`)
}

function progress(): void {
  const { rss, files } = samples.at(-1) ?? assert.fail()
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(`${seconds} s: ${number(tally.bytes)} bytes, ${number(tally.starts)} starts, ${mb(rss)} MB, ${files} fds`)
}

function report(): void {
  const done = [...acts].map(([name, times]) => `  ${String(times).padStart(7)}  ${name}`).sort()
  console.log(
    `\n${Math.round((performance.now() - begun) / 1000)} s, ${[...acts.values()].reduce((a, b) => a + b, 0)} acts`,
  )
  console.log(done.join('\n'))
  console.log(`bytes checked   ${number(tally.bytes)}`)
  console.log(`bytes wrong     ${tally.wrong}`)
  console.log(`bytes typed     ${number(tally.echoed)}`)
  console.log(`gaps            ${number(tally.gaps)} (${number(tally.gapBytes)} bytes, all told to viewers)`)
  console.log(`reconnects      ${number(tally.reconnects)}`)
  console.log(`starts          ${number(tally.starts)}`)
  console.log(`clients         ${number(tally.kills)} kills, ${number(tally.stops)} stops`)
  console.log(`zombies         ${zombies}`)
  const judged = values.acts === undefined && durationS >= JUDGED_SECONDS
  for (const [figure, name, unit] of [
    ['rss', 'daemon RSS', 'MB'],
    ['heap', 'daemon heap', 'MB'],
    ['external', 'daemon external', 'MB'],
    ['files', 'daemon fds', ''],
  ] as const) {
    if (samples.length < 4) break
    const slope = slopeOf(samples, figure)
    const show = (value: number) => `${unit === 'MB' ? mb(value) : value.toFixed(1)} ${unit}`.trim()
    const level = isLevel(slope)
    const verdict = judged ? (level ? 'level' : 'NOT LEVEL') : 'too short a run to judge'
    console.log(
      `${name.padEnd(16)}${show(slope.mean)}, slope ${show(slope.perHour)}/h ± ${show(slope.error)}: ${verdict}`,
    )
    if (judged && !level && figure !== 'heap') failures.push(`${name} grows`)
  }
  if (values.heap !== undefined) console.log(heapReport(values.heap).join('\n'))
  if (zombies > 0) failures.push(`${zombies} zombies`)
  if (tally.wrong > 0) failures.push(`${tally.wrong} wrong bytes`)
  console.log(failures.length === 0 ? 'all is well' : `FAILED: ${failures.length} (see above), seed ${seed}`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

function mb(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

function number(value: number): string {
  return value.toLocaleString('en')
}
