// What the clients of the soak do, each again and again with other processes: every one checks all that it sees, and
// leaves nothing in the daemon.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Attachment } from '../../client-lib/attachment/attachment.ts'
import { type Client, connect, followProcess, NetdaemonError } from '../../client-lib/index.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../proto/transport/seqpacket/seqpacket.ts'
import { onTerminal, type Pattern, PatternChecker, patternBytes, patternProgram, type Tally } from './pattern.ts'
import type { Random } from './random.ts'
import type { ReaderTask } from './reader.ts'

const READER = fileURLToPath(new URL('./reader.js', import.meta.url))
/** Longer than any interruption of a client here. */
const KEEP_MS = 120_000
/** A viewer with a tiny window would look for hours. */
const VIEW_MS = 3_000

/** What the actors of one soak share. */
export interface Stage {
  readonly socket: string
  readonly tally: Tally & Record<'starts' | 'reconnects' | 'kills' | 'stops' | 'echoed', number>
}

export type Actor = (stage: Stage, random: Random, client: Client) => Promise<void>

/** By name, with how often each is chosen. */
export const actors: Readonly<Record<string, readonly [weight: number, actor: Actor]>> = {
  'follow through lost connections': [4, followThroughBreaks],
  'follow from clients that are killed and stopped': [1, followThroughDeaths],
  'watch beside a lossless client, too slowly': [3, watchSlowly],
  'type and read back': [3, echo],
  'start what ends at once': [3, startShort],
  'kill what does not want to end': [1, killStubborn],
  'start what leaves an orphan': [2, leaveOrphan],
  'come with rubbish, or just go': [2, misbehave],
}

const sh = (script: string) => ({ command: '/bin/sh', args: ['-c', script] })

function randomPattern(random: Random, most: number): Pattern {
  return {
    seed: random.between(0, 65535),
    records: random.size(1, most),
    errorEvery: random.chance(0.4) ? random.size(1, 1000) : 0,
    pauseEvery: random.chance(0.4) ? random.size(Math.max(1, most / 100), most) : 0,
    exitCode: random.between(0, 100),
  }
}

/** With pipes, or on a terminal if it writes to one channel only. */
function program(pattern: Pattern, random: Random) {
  const piped = patternProgram(pattern)
  return pattern.errorEvery === 0 && random.chance(0.4) ? onTerminal(piped, randomSize(random)) : piped
}

const randomSize = (random: Random) => ({ columns: random.between(1, 300), rows: random.between(1, 100) })

/** @throws what is not the end of the process, which may come in between */
async function resize(attached: Attachment, random: Random): Promise<void> {
  try {
    await attached.resize(random.chance(0.8) ? randomSize(random) : null)
  } catch (error) {
    if (!(error instanceof NetdaemonError && ['NOT_ATTACHED', 'NOT_FOUND', 'NOT_RUNNING'].includes(error.code)))
      throw error
  }
}

/** Read to its end over connections that break at random times. */
async function followThroughBreaks(stage: Stage, random: Random, client: Client): Promise<void> {
  const { socket, tally } = stage
  const pattern = randomPattern(random, 1_000_000)
  const keep = { as: `place-${random.between(0, 1e9)}`, ms: KEEP_MS }
  const { handle } = await startKept(stage, pattern, keep, random)
  let connection: Connection | undefined
  let breaks = random.between(1, 10)
  const followed = followProcess({
    process: handle,
    from: 0,
    lossless: true,
    keep,
    window: random.size(1000, 2_000_000),
    delayMs: () => random.between(0, 20),
    onReconnect: () => {
      tally.reconnects++
    },
    connect: async ({ signal }) => {
      connection = await connectSeqpacket(socket, { signal })
      return await connect({ connection, signal })
    },
  })
  const checker = new PatternChecker(pattern, tally)
  let breakAt = random.size(1, 4_000_000)
  for await (const item of followed) {
    checker.take(item)
    if (random.chance(0.001)) await sleep(random.between(1, 20))
    if (checker.offset < breakAt || breaks === 0) continue
    breakAt = checker.offset + random.size(1, 4_000_000)
    breaks--
    connection?.destroy()
  }
  assert.equal(checker.gaps, 0, 'a gap, although the place was kept')
  checker.finish()
  const state = await followed.exited
  assert.ok(state.kind === 'exited' && state.code === pattern.exitCode, `ended as ${JSON.stringify(state)}`)
  await client.remove(handle)
}

/** Starts a process with a place kept from its first byte on, for somebody who will come. */
async function startKept(
  { socket, tally }: Stage,
  pattern: Pattern,
  keep: { as: string; ms: number },
  random: Random,
): Promise<{ handle: number }> {
  const connection = await connectSeqpacket(socket)
  const starter = await connect({ connection })
  tally.starts++
  const spec = { ...program(pattern, random), outputLimit: random.size(65_536, 1_000_000) }
  const { handle } = await starter.startAttached(spec, { from: 'start', lossless: true, keep })
  connection.destroy()
  return { handle }
}

/** Read by processes that get SIGSTOP, and SIGKILL, and by others that go on where they were. */
async function followThroughDeaths(stage: Stage, random: Random, client: Client): Promise<void> {
  const pattern = { ...randomPattern(random, 300_000), errorEvery: 0, exitCode: random.between(0, 100) }
  const keep = { as: `reader-${random.between(0, 1e9)}`, ms: KEEP_MS }
  const { handle } = await startKept(stage, pattern, keep, random)
  let offset = 0
  for (let deaths = random.between(0, 3); ; deaths--) {
    const window = random.size(1000, 500_000)
    const slowMs = window > 100_000 && random.chance(0.5) ? 1 : 0
    const task = { socket: stage.socket, process: handle, pattern, from: offset, place: keep.as, window, slowMs }
    const reader = spawnReader(task)
    if (deaths > 0) await disturb(stage, random, reader)
    const { said, code } = await reader.ended
    const offsets = said.split('\n').filter((line) => /^\d+$/.test(line))
    const before = offset
    offset = Number(offsets.at(-1) ?? offset)
    stage.tally.bytes += offset - before
    if (code === 0) {
      assert.ok(said.endsWith(`exited ${pattern.exitCode}\n`), `the reader said: ${said.slice(-100)}`)
      break
    }
    assert.equal(code, null, `the reader failed: ${reader.complaint()}`)
    stage.tally.reconnects++
  }
  assert.equal(offset, pattern.records * 16)
  await client.remove(handle)
}

interface Reader {
  readonly pid: number
  readonly begun: Promise<void>
  readonly ended: Promise<{ said: string; code: number | null }>
  complaint(): string
}

function spawnReader(task: ReaderTask): Reader {
  const child = spawn(process.execPath, [READER, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint += text
  })
  const ended = once(child, 'close').then(([code]) => ({ said, code }))
  const begun = new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => {
      said += text
      resolve()
    })
    child.once('exit', () => resolve())
  })
  return { pid: child.pid ?? assert.fail('no reader'), begun, ended, complaint: () => complaint }
}

async function disturb({ tally }: Stage, random: Random, { pid, begun }: Reader): Promise<void> {
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal)
    } catch {
      // ESRCH: it was done already.
    }
  }
  // Also before it has begun: while it connects.
  if (random.chance(0.7)) await begun
  await sleep(random.between(0, 50))
  if (random.chance(0.5)) {
    tally.stops++
    send('SIGSTOP')
    await sleep(random.between(1, 500))
    if (random.chance(0.5)) send('SIGCONT')
    await sleep(random.between(0, 100))
  }
  tally.kills++
  send('SIGKILL')
}

/** A lossless reader sees everything; slow viewers see what gaps they have, and hold nobody back. */
async function watchSlowly({ socket, tally }: Stage, random: Random, client: Client): Promise<void> {
  const pattern = randomPattern(random, 500_000)
  tally.starts++
  const spec = { ...program(pattern, random), outputLimit: random.size(65_536, 300_000) }
  const attachment = await client.startAttached(spec, {
    from: 'start',
    lossless: true,
    window: random.size(100, 1_000_000),
  })
  const onATerminal = 'terminal' in spec
  const viewers = Array.from({ length: random.between(1, 4) }, async () => {
    await using viewer = await connect({ socket })
    const terms = { from: 'start', window: random.size(1, 300_000) } as const
    const slow = random.pick([0.5, 0.1, 0.01])
    const size = onATerminal && random.chance(0.5) ? { size: randomSize(random) } : {}
    await using attached = await viewer.attach(attachment.handle, { ...terms, ...size })
    const { from } = attached.stream
    const checker = new PatternChecker(pattern, tally, from)
    const leaveAt = performance.now() + VIEW_MS
    for await (const item of attached.output) {
      checker.take(item)
      if (random.chance(slow)) await sleep(random.between(1, 30))
      if (onATerminal && random.chance(0.01)) await resize(attached, random)
      if (random.chance(0.0005) || performance.now() > leaveAt) return
    }
    checker.finish()
  })
  const checker = new PatternChecker(pattern, tally)
  await checkToEnd(attachment, checker, pattern)
  assert.equal(checker.gaps, 0)
  await Promise.all(viewers)
  await client.remove(attachment.handle)
}

async function checkToEnd(attachment: Attachment, checker: PatternChecker, { exitCode }: Pattern): Promise<void> {
  for await (const item of attachment.output) checker.take(item)
  checker.finish()
  const state = await attachment.exited
  assert.ok(state.kind === 'exited' && state.code === exitCode, `ended as ${JSON.stringify(state)}`)
}

/** What goes in comes out, in pieces of any size, and the end of the input ends the process. */
async function echo({ tally }: Stage, random: Random, client: Client): Promise<void> {
  const seed = random.between(0, 65535)
  const total = random.size(1, 5_000_000)
  const pattern = { seed, records: 0, errorEvery: 0, pauseEvery: 0, exitCode: 0 }
  tally.starts++
  const attachment = await client.startAttached({ command: 'cat', autoRemove: true })
  const checker = new PatternChecker(pattern, tally)
  const reading = (async () => {
    for await (const item of attachment.output) checker.take(item)
  })()
  const writing = (async () => {
    for (let at = 0; at < total; ) {
      const length = Math.min(total - at, random.size(1, 300_000))
      const written = attachment.write(patternBytes(seed, 1, at, length))
      at += length
      if (random.chance(0.5)) await written
      else if (attachment.inputOpen) written.catch(() => {})
      if (random.chance(0.05)) await sleep(random.between(1, 10))
    }
    await attachment.end()
  })()
  await Promise.all([reading, writing])
  assert.equal(checker.offset, total)
  assert.equal(checker.gaps, 0)
  tally.echoed += total
  const { kind } = await attachment.exited
  assert.equal(kind, 'exited')
}

/** Many that end at once: all that each said arrives, and then its exit. */
async function startShort({ tally }: Stage, random: Random, client: Client): Promise<void> {
  const one = async () => {
    const code = random.between(0, 255)
    const word = `word-${random.between(0, 1e9)}`
    tally.starts++
    const spec = { ...sh(`echo ${word}; echo ${word} >&2; exit ${code}`), autoRemove: true }
    const attachment = await client.startAttached(spec)
    const said = { 1: '', 2: '' }
    for await (const item of attachment.output) {
      assert.notEqual(item.kind, 'gap')
      if (item.kind === 'data') said[item.channel] += item.bytes
    }
    assert.deepEqual(said, { 1: `${word}\n`, 2: `${word}\n` })
    const state = await attachment.exited
    assert.ok(state.kind === 'exited' && state.code === code, `ended as ${JSON.stringify(state)}`)
  }
  await Promise.all(Array.from({ length: random.between(1, 8) }, one))
}

/** It ignores SIGTERM; SIGKILL ends it, and all below it. */
async function killStubborn({ tally }: Stage, random: Random, client: Client): Promise<void> {
  tally.starts++
  const attachment = await client.startAttached(sh('trap "" TERM; sleep 1000 & echo $!; while :; do sleep 1; done'))
  let below = ''
  for await (const item of attachment.output) {
    if (item.kind === 'data') below += item.bytes
    if (below.endsWith('\n')) break
  }
  const { handle } = attachment
  await client.kill(handle)
  if (random.chance(0.5)) await sleep(random.between(1, 50))
  assert.equal((await client.show(handle)).state.kind, 'running')
  tally.kills++
  if (random.chance(0.5)) {
    await client.remove(handle, { force: true })
  } else {
    await client.kill(handle, 'KILL')
    const { state } = await client.wait(handle)
    assert.ok(state.kind === 'killed' && state.signal === 'SIGKILL')
    await client.remove(handle)
  }
  await gone(Number(below))
}

/** A grandchild that outlives its parents, in a session of its own; it holds the output, or it does not. */
async function leaveOrphan({ tally }: Stage, random: Random, client: Client): Promise<void> {
  const holds = random.chance(0.5)
  const code = random.between(0, 255)
  const script = `(setsid sh -c 'sleep 0.${random.between(1, 9)}' ${holds ? '' : '>/dev/null 2>&1'} & ); echo early; exit ${code}`
  tally.starts++
  const attachment = await client.startAttached({ ...sh(script), autoRemove: true })
  let said = ''
  for await (const item of attachment.output) if (item.kind === 'data') said += item.bytes
  assert.equal(said, 'early\n')
  const state = await attachment.exited
  assert.ok(state.kind === 'exited' && state.code === code)
}

/** None of it may disturb anybody else. */
async function misbehave({ socket }: Stage, random: Random): Promise<void> {
  const connection = await connectSeqpacket(socket)
  const closed = new Promise<void>((resolve) => {
    connection.open({ packet: () => {}, drain: () => {}, closed: () => resolve() })
  })
  const packets = random.between(0, 5)
  for (let n = 0; n < packets; n++) {
    connection.send(Buffer.from(Array.from({ length: random.size(1, 2000) }, () => random.between(0, 255))))
  }
  if (packets === 0 || random.chance(0.5)) connection.destroy()
  // Else the daemon closes it, for the first packet.
  await closed
}

/** Resolves when the process exists no more, or is a zombie that somebody will reap. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return // ESRCH
    }
    await sleep(5)
  }
}

/** Follows the daemon's events until the signal: their numbers have no hole that is not named. */
export async function followEvents(socket: string, signal: AbortSignal): Promise<number> {
  const client = await connect({ socket })
  let next: number | undefined
  let count = 0
  try {
    for await (const event of client.events({ signal })) {
      const [from, to] = event.kind === 'gap' ? [event.from, event.to] : [event.seq, event.seq]
      if (next !== undefined) assert.equal(from, next, 'an event is missing')
      next = to + 1
      count++
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await client.close()
  }
  return count
}
