// npm run trees -- --rounds 1000: programs of the corpus of trees are started and ended in every way that the daemon offers, and
// nothing of them may live when it says so. This process is the reaper of whatever the daemons leave, so that nothing escapes it.
//
// --seed repeats what is chosen, though not what the scheduler makes of it. --only PART: only programs whose name has this part.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Client, NetdaemonError } from '../../client-lib/index.ts'
import { PR_SET_CHILD_SUBREAPER } from '../../daemon/linux/kernel.ts'
import { realKernel } from '../../daemon/linux/libc.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { corpus, hiding, livingBelow, startOf } from '../support/daemon/tree-corpus.ts'
import { eventually, waitFor } from '../support/wait.ts'
import { Random } from './random.ts'

const NDCTL = fileURLToPath(new URL('../../bin/ndctl.cjs', import.meta.url))
/** Programs of one round, at most. */
const TOGETHER = 3
/** Short, since some programs of the corpus ignore SIGTERM. */
const TERM_MS = 100

type Way = (client: Client, daemon: DaemonHarness, ids: readonly string[]) => Promise<unknown>

/** After each of them nothing may live. */
const ways: Readonly<Record<string, Way>> = {
  stop: (client, _, ids) => Promise.all(ids.map((id) => client.stop(id))),
  'stop at once': (client, _, ids) => Promise.all(ids.map((id) => client.stop(id, { killAfterMs: 0 }))),
  'ndctl stop': (_, daemon, ids) => ndctl(daemon, ['stop', ...ids]),
  'remove by force': (client, _, ids) => Promise.all(ids.map((id) => client.remove(id, { force: true }))),
  'ndctl rm --force': (_, daemon, ids) => ndctl(daemon, ['rm', '--force', ...ids]),
  'kill the tree': async (client, daemon, ids) => {
    // KILL is answered when the kernel has taken the signals. What was being executed just then is in no list yet.
    await Promise.all(ids.map((id) => eventually(`${id} to be killed`, () => killTree(client, id), Boolean)))
    await waitFor('the killed to be gone', () => livingBelow(daemon.pid).length === 0)
  },
  shutdown: async (client, daemon) => {
    await client.shutdown({ timeoutMs: TERM_MS })
    await daemon.exited()
  },
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(values.rounds)
const random = new Random(Number(values.seed))
const chosen = Object.entries(corpus).filter(([name]) => name.includes(values.only))
const alone = Object.entries(hiding).filter(([name]) => name.includes(values.only))
const counts = new Map<string, { rounds: number; survivors: number }>()

realKernel().prctl(PR_SET_CHILD_SUBREAPER, 1)
console.log(`${rounds} rounds, seed ${values.seed}, node ${process.versions.node}, no cgroup`)
let survivors = 0
{
  await using daemon = await DaemonHarness.start()
  for (let round = 1; round <= rounds; round++) survivors += await play(daemon, round)
}
for (const [what, count] of Array.from(counts).sort()) {
  console.log(`  ${String(count.rounds).padStart(6)}  ${count.survivors} survivors  ${what}`)
}
console.log(`${rounds} rounds, ${survivors} survivors`)
process.exitCode = survivors === 0 ? 0 : 1

async function play(daemon: DaemonHarness, round: number): Promise<number> {
  const programs = choose()
  const way = random.pick(Object.keys(ways))
  const client = await daemon.connect()
  const spec = {
    stop: { steps: [{ signal: 'TERM', waitMs: TERM_MS }] },
    ...(way === 'kill the tree' || random.chance(0.7) ? {} : { restart: { policy: 'always', delayMs: 10 } as const }),
  }
  const ids = await Promise.all(
    programs.map(([, script], n) => startOf(client, { ...spec, name: `r${round}-${n}` }, script)),
  )
  await ways[way]?.(client, daemon, ids)
  const left = survivorsOf(daemon, way)
  for (const [program] of programs) note(program, left.length)
  note(way, left.length)
  if (left.length > 0) {
    console.log(`round ${round}: ${way} of ${programs.map(([name]) => name).join(' and ')} has left`)
    for (const pid of left)
      console.log(
        `  ${pid} ${textOf(pid, 'cmdline')} ${textOf(pid, 'environ').includes('NETDAEMON_RUN=') ? 'marked' : 'unmarked'}`,
      )
    for (const pid of left) realKernel().kill(pid, 9)
  }
  // What is to be restarted comes back with the next daemon.
  if (way === 'shutdown') await daemon.launch()
  await client.close()
  await using cleaner = await daemon.connect()
  for (const { id } of await cleaner.list()) await cleaner.remove(id, { force: true })
  return left.length
}

/** What nothing tells of is known by when it came only as long as nothing of another run dies with it. */
function choose(): (readonly [string, string])[] {
  if (alone.length > 0 && (chosen.length === 0 || random.chance(0.1))) return [random.pick(alone)]
  return Array.from({ length: random.between(1, TOGETHER) }, () => random.pick(chosen))
}

/** What lives below this process, besides the daemon. */
function survivorsOf(daemon: DaemonHarness, way: string): number[] {
  const living = livingBelow(process.pid)
  return way === 'shutdown' ? living : living.filter((pid) => pid !== daemon.pid)
}

function note(what: string, left: number): void {
  const count = counts.get(what) ?? { rounds: 0, survivors: 0 }
  counts.set(what, { rounds: count.rounds + 1, survivors: count.survivors + left })
}

async function ndctl(daemon: DaemonHarness, args: readonly string[]): Promise<void> {
  const env = { ...process.env, NETDAEMON_SOCKET: daemon.socket }
  const child = spawn(process.execPath, [NDCTL, ...args], { env, stdio: ['ignore', 'ignore', 'ignore'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`ndctl ${args.join(' ')} ended with ${code}`)
}

/** Whether nothing of it is left. */
async function killTree(client: Client, id: string): Promise<boolean> {
  try {
    await client.kill(id, 'KILL', { scope: 'tree' })
    return false
  } catch (error) {
    if (error instanceof NetdaemonError && error.code === 'NOT_RUNNING') return true
    throw error
  }
}

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return '(gone)'
  }
}
