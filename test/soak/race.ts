// npm run race -- --minutes 2 --seed 7: clients race requests about the same services, while programs exit, crash and are killed from
// outside. Each service locks a file for as long as anything of a run lives, so the kernel itself tells whether two runs overlap, and
// whether something lives after a STOP. Fails on an answer that was not true, an overlap, a request without an answer, or another end
// than the last requests asked for. --operations 300 ends it after so many requests instead.

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Client, NetdaemonError } from '../../client-lib/index.ts'
import type { ProcessSpecInput } from '../../proto/protocol.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { livingBelow } from '../support/daemon/tree-corpus.ts'
import { PATIENCE_MS } from '../support/wait.ts'
import { Random } from './random.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    operations: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    clients: { type: 'string', default: '20' },
    services: { type: 'string', default: '20' },
  },
})
const endAt = performance.now() + Number(values.minutes) * 60_000
const most = values.operations === undefined ? Number.POSITIVE_INFINITY : Number(values.operations)
const seed = Number(values.seed)
const names = Array.from({ length: Number(values.services) }, (_, n) => `s${String(n).padStart(4, '0')}`)
/** What a request may be refused with, since others ask for something else at the same time. */
const refusals: ReadonlySet<string> = new Set(['NOT_UP', 'SUPERSEDED', 'NOT_FOUND', 'NOT_RUNNING', 'NAME_TAKEN'])

type Name = 'up' | 'stop' | 'restart' | 'remove' | 'start' | 'apply' | 'kill'
const kinds: readonly Name[] = ['up', 'up', 'stop', 'stop', 'restart', 'restart', 'remove', 'start', 'apply', 'kill']

const wrong: string[] = []
const counts = new Map<string, number>()
/** Requests about each service: sent so far, and without an answer at present. */
const sent = new Map<string, number>()
const open = new Map<string, number>()
let operations = 0
let deaths = 0

console.log(`${values.clients} clients, ${names.length} services, seed ${seed}, node ${process.versions.node}`)
{
  await using daemon = await DaemonHarness.start()
  const clients = await Promise.all(Array.from({ length: Number(values.clients) }, () => daemon.connect()))
  let racing = true
  const killer = killAtRandom(daemon, () => racing)
  await Promise.all(clients.map((client, n) => race(client, daemon, new Random(seed + n))))
  racing = false
  await killer
  await settle(clients[0] as Client, daemon, new Random(seed - 1))
}
for (const [what, count] of Array.from(counts).sort()) console.log(`  ${String(count).padStart(6)}  ${what}`)
for (const sentence of wrong.slice(0, 20)) console.log(`WRONG: ${sentence}`)
console.log(`${operations} requests, ${deaths} killed from outside, ${wrong.length} wrong`)
process.exitCode = wrong.length === 0 ? 0 : 1

async function race(client: Client, daemon: DaemonHarness, random: Random): Promise<void> {
  while (operations < most && performance.now() < endAt)
    await ask(client, daemon, random.pick(names), random.pick(kinds), random)
}

/** Sends a request, and judges its answer. Resolves with whether it was granted. */
async function ask(client: Client, daemon: DaemonHarness, name: string, kind: Name, random: Random): Promise<boolean> {
  operations += 1
  const number = (sent.get(name) ?? 0) + 1
  sent.set(name, number)
  const isAlone = (open.get(name) ?? 0) === 0
  open.set(name, (open.get(name) ?? 0) + 1)
  try {
    await request(client, daemon, name, kind, random)
    count(`${kind}: OK`)
    // Nobody else has asked for anything since before this was sent.
    const isLast = () => isAlone && sent.get(name) === number
    if ((kind === 'stop' || kind === 'remove') && isLast()) {
      const isHeld = isLocked(daemon, name)
      if (isHeld && isLast()) wrong.push(`${kind} of ${name} is answered, and something of it lives`)
      count(`${kind}: nothing lived, says the kernel`)
    }
    return true
  } catch (error) {
    const code = error instanceof NetdaemonError ? error.code : 'no answer'
    count(`${kind}: ${code}`)
    if (!refusals.has(code)) wrong.push(`${kind} of ${name}: ${code} ${error instanceof Error ? error.message : error}`)
    return false
  } finally {
    open.set(name, (open.get(name) ?? 0) - 1)
  }
}

async function request(client: Client, daemon: DaemonHarness, name: string, kind: Name, random: Random): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const judge = (kinds: readonly string[], state: string) => {
    if (!kinds.includes(state)) wrong.push(`${kind} of ${name} is answered with OK while it is ${state}`)
  }
  switch (kind) {
    case 'up':
      judge(['running', 'exited'], (await client.up(name, { signal })).state.kind)
      break
    case 'restart':
      judge(['running', 'exited'], (await client.restart(name, { signal })).state.kind)
      break
    case 'stop':
      judge(['stopped', 'failed'], (await client.stop(name, { signal })).state.kind)
      break
    case 'remove':
      await client.remove(name, { force: true, signal })
      break
    case 'start':
      await client.start(specOf(daemon, name, random), { replace: true, signal })
      break
    case 'apply':
      await client.apply([specOf(daemon, name, random)], { signal })
      break
    case 'kill':
      await client.kill(name, random.pick(['TERM', 'KILL']), {
        scope: random.pick(['tree', 'group', 'process']),
        signal,
      })
  }
}

/** A service that holds a lock as long as anything of it lives, makes a child, and mostly runs on; else it ends soon. */
function specOf(daemon: DaemonHarness, name: string, random: Random): ProcessSpecInput {
  const ends = random.pick(['exec sleep 1000', 'exec sleep 1000', 'exec sleep 1000', 'sleep 0.1; exit 1', 'exit 0'])
  const overlap = `echo "$NETDAEMON_RUN begins while another run of ${name} lives" >> ${overlaps(daemon)}`
  return {
    name,
    command: 'sh',
    args: [
      '-c',
      `exec 9>>${lockOf(daemon, name)}; flock -n -E 7 9; [ $? != 7 ] || ${overlap}; setsid sleep 1000 & ${ends}`,
    ],
    restart: { policy: random.pick(['always', 'on-failure']), delayMs: random.between(1, 50), maxMs: 200 },
    stop: { steps: [{ signal: 'TERM', waitMs: 5000 }] },
  }
}

/** Kills something below the daemon, again and again. */
async function killAtRandom(daemon: DaemonHarness, goesOn: () => boolean): Promise<void> {
  const random = new Random(seed)
  while (goesOn()) {
    const living = livingBelow(daemon.pid)
    if (living.length > 0) {
      try {
        process.kill(random.pick(living), 'SIGKILL')
        deaths += 1
      } catch {
        // ESRCH: it has ended by itself.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** One last request about each service; it must come to be so, and nothing else may live. */
async function settle(client: Client, daemon: DaemonHarness, random: Random): Promise<void> {
  for (const name of names) {
    await ask(client, daemon, name, 'apply', random)
    const kind = random.pick(['stop', 'remove'] as const)
    if (!(await ask(client, daemon, name, kind, random))) wrong.push(`the last ${kind} of ${name} is refused`)
    const found = (await client.list()).find((each) => each.name === name)
    const is = found?.state.kind ?? 'removed'
    if (kind === 'remove' ? is !== 'removed' : is !== 'stopped' && is !== 'failed') {
      wrong.push(`${name} is ${is} in the end, after ${kind}`)
    }
  }
  for (const pid of livingBelow(daemon.pid)) wrong.push(`process ${pid} lives in the end`)
  try {
    wrong.push(...readFileSync(overlaps(daemon), 'utf8').trim().split('\n'))
  } catch {
    writeFileSync(overlaps(daemon), '') // there was none
  }
}

function lockOf(daemon: DaemonHarness, name: string): string {
  return join(daemon.directory, `${name}.lock`)
}

function overlaps(daemon: DaemonHarness): string {
  return join(daemon.directory, 'overlaps')
}

/** Asks the kernel, and takes no lock for it: a run that begins meanwhile would meet it. */
function isLocked(daemon: DaemonHarness, name: string): boolean {
  const inode = statSync(lockOf(daemon, name), { throwIfNoEntry: false })?.ino
  return inode !== undefined && readFileSync('/proc/locks', 'utf8').includes(`:${inode} `)
}

function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
