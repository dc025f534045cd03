// What the fault walk plays: one daemon, in this process, and clients that use every part of it. A step that fails must
// say why; what it answers without an error must be true. After it, the daemon is probed and ended, and nothing may be left.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Attachment } from '../../../client-lib/attachment/attachment.ts'
import { type Client, connect, NetdaemonError, type OutputItem } from '../../../client-lib/index.ts'
import { parseOptions } from '../../../daemon/config/flags.ts'
import { Daemon, type DaemonParts } from '../../../daemon/daemon.ts'
import { errnos } from '../../../daemon/linux/kernel.ts'
import { type Clock, systemClock } from '../../../daemon/loop/clock.ts'
import type { Log } from '../../../daemon/observe/log.ts'
import { realSocketCalls } from '../../../proto/transport/seqpacket/socket-calls.ts'
import { PATIENCE_MS, waitFor } from '../wait.ts'
import { faultyKernel, faultySocketCalls, type Schedule } from './faulty-calls.ts'
import { kernel } from './linux.ts'

/** After it, the daemon kills what does not end. */
const STOP_TIMEOUT_MS = 80

/** The daemon's deadlines come sooner, so that giving up takes less of the test's time. */
const clock: Clock = { now: systemClock.now, after: (delayMs, callback) => systemClock.after(delayMs / 4, callback) }

/** How one run of the scenario went. */
export interface Outcome {
  /** Why the daemon did not start; undefined if it did. */
  readonly refusal: NetdaemonError | undefined
  /** The steps that failed, and why. */
  readonly troubles: readonly { readonly step: string; readonly error: NetdaemonError }[]
}

/** What is played, and how. */
export interface Play {
  readonly schedule: Schedule
  readonly log: Log
  /** Fds that are left open are no failure. */
  readonly leakAllowed?: boolean
  /** Only this one of the steps; absent: all. */
  readonly only?: string | undefined
  /** Told of each step that begins. */
  readonly begins?: (step: string) => void
}

/** The first thing that happens, and the last. */
export const STARTING = 'the daemon starts'
export const ENDING = 'the daemon ends'
const PROBE = 'the daemon works'

/** Plays the scenario with system calls that fail on schedule. @throws when anything is wrong */
export async function playScenario(play: Play): Promise<Outcome> {
  const { schedule, log, begins, leakAllowed = false } = play
  const fdsBefore = openFds()
  const directory = mkdtempSync('/tmp/ndf-')
  const socket = join(directory, 's')
  leaveStaleSocket(socket)
  try {
    const parts = {
      kernel: faultyKernel(kernel, schedule),
      calls: faultySocketCalls(realSocketCalls(), schedule),
      clock,
      log,
    }
    begins?.(STARTING)
    const { daemon, refusal } = start(socket, parts)
    const outcome = { refusal, troubles: await useAndEnd(daemon, socket, play) }
    assert.deepEqual(readdirSync(directory), [])
    if (leakAllowed) return outcome
    const leaked = () => [...openFds()].filter(([fd, what]) => fdsBefore.get(fd) !== what)
    await waitFor('all file descriptors to be closed', () => leaked().length === 0).catch((error) => {
      throw new Error(`left open: ${leaked().join(' ')}`, { cause: error })
    })
    return outcome
  } finally {
    rmSync(directory, { recursive: true })
    rmSync(stateOf(socket), { recursive: true, force: true })
  }
}

/** Beside the directory of the socket, which is to be empty at the end. */
const stateOf = (socket: string) => `${dirname(socket)}-state`

/** A daemon: of the second attempt, if the first was refused. */
function start(socket: string, parts: DaemonParts): { daemon: Daemon; refusal: NetdaemonError | undefined } {
  const options = parseOptions(['--state-dir', stateOf(socket)])
  try {
    return { daemon: new Daemon(socket, options, parts), refusal: undefined }
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    assert.match(error.message, /^cannot |^another netdaemon/)
    return { daemon: new Daemon(socket, options, parts), refusal: error }
  }
}

async function useAndEnd(daemon: Daemon, socket: string, { only, begins }: Play): Promise<Outcome['troubles']> {
  const clients = new Clients(socket)
  const troubles: { step: string; error: NetdaemonError }[] = []
  const attempt = async (step: string, run: () => Promise<void>) => {
    if (only !== undefined && only !== step && step !== PROBE) return
    begins?.(step)
    try {
      await inTime(step, run())
    } catch (error) {
      if (!(error instanceof NetdaemonError) || error.code === 'INTERNAL') throw error
      troubles.push({ step, error })
    }
  }
  try {
    for (const [step, run] of Object.entries(steps)) await attempt(step, () => run(clients))
    // Only what failed can have met the fault: after that, it works.
    await attempt(PROBE, () => probe(socket))
    if (troubles.some(({ step }) => step === PROBE)) await inTime(PROBE, probe(socket))
    await attempt(ENDING, () => endBusy(clients))
  } finally {
    await inTime('closing', clients.close())
    await inTime('end', daemon.shutdown({ leave: false, timeoutMs: STOP_TIMEOUT_MS }))
    await inTime('letting go', daemon.ended)
  }
  await waitFor('all children to be gone', noChildren)
  return troubles
}

/** Whether nothing runs below this process. Orphans that died after the daemon's reaper has ended are reaped here. */
function noChildren(): boolean {
  for (;;) {
    const ended = kernel.peekEnded()
    if (typeof ended === 'number') return ended < 0
    kernel.reap(ended.pid)
  }
}

/** The clients that come and go: two connections that last, made anew when they are lost. */
class Clients {
  readonly socket: string
  readonly #clients = new Map<string, Client>()

  constructor(socket: string) {
    this.socket = socket
  }

  async get(which: 'first' | 'second'): Promise<Client> {
    const known = this.#clients.get(which)
    if (known !== undefined) return known
    const client = await connect({ socket: this.socket, software: which })
    this.#clients.set(which, client)
    const forget = () => {
      if (this.#clients.get(which) === client) this.#clients.delete(which)
    }
    void client.closed.then(forget)
    return client
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

const sh = (script: string) => ({ command: '/bin/sh', args: ['-c', script], env: { inherit: false } })
const cat = { command: 'cat', env: { set: { PATH: '/usr/bin:/bin' } } }

const steps: Record<string, (clients: Clients) => Promise<void>> = {
  'type into a process that two watch, and end its input': async (clients) => {
    const first = await clients.get('first')
    const second = await clients.get('second')
    await using typed = await first.startAttached(cat)
    await using watched = await second.attach(typed.handle, { from: 'start' })
    const watching = read(watched)
    watching.catch(() => {})
    await typed.write('hello\n')
    const output = read(typed)
    output.catch(() => {})
    await typed.end()
    assert.equal(await output, 'hello\n')
    assert.deepEqual(await typed.exited.then(({ kind }) => kind), 'exited')
    assert.equal(await watching, 'hello\n')
  },

  'write more than the pipe holds': async (clients) => {
    const client = await clients.get('first')
    await using counter = await client.startAttached(sh('sleep 0.01; exec wc -c'))
    const output = read(counter)
    output.catch(() => {})
    await counter.write(Buffer.alloc(150_000))
    await counter.end()
    assert.equal(Number(await output), 150_000)
  },

  'be flooded on both channels, with a small window': async (clients) => {
    const client = await clients.get('second')
    const script = 'head -c 100000 /dev/zero; echo >&2; head -c 100000 /dev/zero'
    await using flood = await client.startAttached(sh(script), { from: 'start', lossless: true, window: 20_000 })
    assert.equal((await read(flood)).length, 200_001)
  },

  'lose the connection, and come back to the kept place': async (clients) => {
    const client = await clients.get('first')
    const keep = { as: 'place', ms: 60_000 }
    const flood = await client.startAttached(sh('head -c 300000 /dev/zero'), { from: 'start', lossless: true, keep })
    let bytes = 0
    for await (const item of flood.output) {
      if (item.kind === 'data') bytes += item.bytes.length
      if (bytes > 0) await client.close()
      if (client.closed !== undefined && bytes > 0) break
    }
    const again = await clients.get('second')
    await using rest = await again.attach(flood.handle, { from: { offset: bytes }, lossless: true, keep })
    assert.equal((await read(rest)).length, 300_000 - bytes)
  },

  'kill, and wait': async (clients) => {
    const client = await clients.get('first')
    const { id } = await client.start(sh('exec sleep 1000'))
    const waiting = (await clients.get('second')).wait(id)
    waiting.catch(() => {})
    assert.equal(await client.kill(id), 'SIGTERM')
    assert.deepEqual((await waiting).state.kind, 'killed')
  },

  'start with no input, list, show, remove': async (clients) => {
    const client = await clients.get('first')
    const { id } = await client.start({ ...sh('exit 3'), stdin: 'null' })
    const { state } = await client.wait(id)
    assert.ok(state.kind === 'exited' && state.code === 3)
    assert.equal((await client.list({ id })).length, 1)
    assert.equal((await client.show(id, { env: true })).id, id)
    await client.remove(id)
    assert.equal((await client.list({ id })).length, 0)
  },

  'remove by force': async (clients) => {
    const client = await clients.get('second')
    const { id } = await client.start(cat)
    await client.remove(id, { force: true })
    assert.equal((await client.list({ id })).length, 0)
  },

  'become ready by a notification, by a pipe, and by a command': async (clients) => {
    const client = await clients.get('first')
    const say = `import os,socket,time
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)
s.sendto(b"READY=1",os.environ["NOTIFY_SOCKET"])
time.sleep(1000)`
    const specs = [
      { command: 'python3', args: ['-c', say], start: { ready: { kind: 'notify' } } },
      { ...sh('echo >&3; exec sleep 1000'), start: { ready: { kind: 'fd', fd: 3 } } },
      { ...sh('exec sleep 1000'), start: { ready: { kind: 'exec', command: ['true'], intervalMs: 10 } } },
    ] as const
    for (const spec of specs) {
      const { id } = await client.start(spec)
      try {
        await client.up(id)
      } finally {
        await client.remove(id, { force: true }).catch(() => {})
      }
    }
  },

  'fail to start': async (clients) => {
    const client = await clients.get('first')
    await assert.rejects(
      client.start({ command: '/no/such/program' }),
      (error) => error instanceof NetdaemonError && (error.code === 'CANNOT_START' || error.code === 'DISCONNECTED'),
    )
  },

  'follow the events, and ask about the daemon': async (clients) => {
    const client = await clients.get('second')
    const feed = client.events()
    const { id } = await client.start(sh('exit 0'))
    const kinds: string[] = []
    for await (const event of feed) {
      if (event.kind === 'gap' || event.kind === 'unknown' || event.id !== id) continue
      kinds.push(event.kind)
      if (event.kind === 'ended') break
    }
    assert.deepEqual(kinds, ['started', 'ended'])
    assert.ok((await client.info()).started > 0)
  },

  'type into a terminal of two sizes, look at its screen, and end it': async (clients) => {
    const first = await clients.get('first')
    const second = await clients.get('second')
    const program = sh('stty -echo; echo ready; cat; seq 1 5000; exit 4')
    const terminal = { columns: 80, rows: 24 }
    await using typed = await first.startAttached(
      { ...program, terminal },
      { from: 'start', lossless: true, size: terminal },
    )
    const output = await readAndType(typed, async () => {
      await using watched = await second.attach(typed.handle, { from: 'screen', size: { columns: 40, rows: 30 } })
      assert.equal(typeof watched.stream.screen, 'string')
      const { columns, rows } = await typed.resize({ columns: 100, rows: 20 })
      // The size of one whose connection has been lost counts no more; then this says so.
      if (columns !== 40) await second.info()
      assert.deepEqual([columns, rows], [40, 20])
      await typed.write('hello\n')
      await typed.end()
      // If its Ctrl-D could not be typed nothing ends it; then its input is closed, and this says so.
      const { state, input } = await first.show(typed.handle)
      if (state.kind === 'running' && !input.open) await typed.write('more')
    })
    const lines = Array.from({ length: 5000 }, (_, n) => `${n + 1}\r\n`)
    assert.equal(output, ['ready\r\nhello\r\n', ...lines].join(''))
    assert.deepEqual(await typed.exited.then((state) => state.kind === 'exited' && state.code), 4)
  },

  'type more than a terminal holds, and leave a descendant in it': async (clients) => {
    const client = await clients.get('first')
    const text = 'stty raw -echo; trap "" HUP; sleep 0.03 & echo ready; sleep 0.01; head -c 100000 | wc -c'
    await using counter = await client.startAttached({ ...sh(text), terminal: { columns: 80, rows: 24 } })
    const output = await readAndType(counter, () => counter.write(Buffer.alloc(100_000, 'x')))
    assert.equal(output.replace(/\s/g, ''), 'ready100000')
  },

  'fail to start on a terminal': async (clients) => {
    const client = await clients.get('second')
    const terminal = { columns: 80, rows: 24 }
    await assert.rejects(
      client.start({ command: '/etc/passwd', terminal }),
      (error) => error instanceof NetdaemonError && (error.code === 'CANNOT_START' || error.code === 'DISCONNECTED'),
    )
  },

  'come and go': async ({ socket }) => {
    const clients = await Promise.all([1, 2, 3].map(() => connect({ socket })))
    await Promise.all(clients.map((client) => client.close()))
  },
}

/** The daemon works: a new client, a new process, all of its output. */
async function probe(socket: string): Promise<void> {
  await using client = await connect({ socket })
  await using attachment = await client.startAttached(sh('read line; echo "$line"; exit 7'))
  await attachment.write('works\n')
  assert.equal(await read(attachment), 'works\n')
  assert.deepEqual(await attachment.exited.then((state) => state.kind === 'exited' && state.code), 7)
}

/** Ends the daemon while one process obeys SIGTERM and another does not. */
async function endBusy(clients: Clients): Promise<void> {
  const client = await clients.get('first')
  await client.start(cat)
  const script = 'trap "" TERM; echo ready; while :; do sleep 1; done'
  const stubborn = await client.startAttached({ ...sh(script), stdin: 'null' })
  for await (const item of stubborn.output) if (item.kind === 'data') break
  const { left } = await client.shutdown({ timeoutMs: STOP_TIMEOUT_MS })
  if (left === 0) return
  const { state } = stubborn.process
  // ESRCH: it was gone, and the fault was that the daemon could not see so.
  if (state.kind === 'running') assert.ok([0, -errnos.ESRCH].includes(kernel.kill(-state.pid, 9)))
  throw new NetdaemonError('SYSTEM', `the daemon says that it had to leave ${left}`)
}

/** All bytes of both channels, to the process's end. There is no gap for a reader that was there from the start. */
async function read(attachment: Attachment): Promise<string> {
  const pieces: Buffer[] = []
  for await (const item of attachment.output as AsyncIterable<OutputItem>) {
    assert.notEqual(item.kind, 'gap')
    if (item.kind === 'data') pieces.push(item.bytes)
  }
  return Buffer.concat(pieces).toString('latin1')
}

/** All output, to the end; when the program says that it is ready, something is typed. */
async function readAndType(attachment: Attachment, type: () => Promise<void>): Promise<string> {
  let seen = ''
  let typing: Promise<void> | undefined
  for await (const item of attachment.output) {
    if (item.kind !== 'data') continue
    seen += item.bytes.toString('latin1')
    if (typing !== undefined || !seen.includes('ready')) continue
    typing = type()
    typing.catch(() => attachment.detach())
  }
  await typing
  return seen
}

/** What a daemon leaves that was killed: a socket on which nobody listens. */
function leaveStaleSocket(path: string): void {
  const calls = realSocketCalls()
  const fd = calls.socket()
  assert.equal(calls.bind(fd, path), 0)
  calls.close(fd)
}

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${what}" hangs`)), PATIENCE_MS)
  })
  return await Promise.race([promise, hung]).finally(() => clearTimeout(timer))
}

/** The open fds, and what is behind each. */
function openFds(): Map<string, string> {
  const fds = new Map<string, string>()
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      fds.set(fd, readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // ENOENT: the directory's own, closed by now.
    }
  }
  return fds
}
