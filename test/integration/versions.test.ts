// Versions that meet: this client with a daemon that is newer, this daemon with a client that is newer. Each gets what it does
// not know (states, events, messages, requests, keys, error codes), and neither ends the connection.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Client, connect, isEnded, isLive, NetdaemonError, type ProcessEvent } from '../../client-lib/index.ts'
import type { ErrorCode } from '../../proto/errors.ts'
import { type EventBody, events, frames, type Result, requests } from '../../proto/protocol.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import { listenSeqpacket } from '../../proto/transport/seqpacket/seqpacket-listener.ts'
import type { RawClient } from '../support/client/raw-client.ts'
import { detail } from '../support/client/scripted-admission.ts'
import { exited, hello, ScriptedDaemon, summary } from '../support/client/scripted-daemon.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { MemoryDaemon } from '../support/daemon/memory-daemon.ts'
import { memoryPair } from '../support/transport/memory-pair.ts'
import { waitFor } from '../support/wait.ts'

/** What is only known to a newer daemon; the types of this one do not have it. */
const newer = <T>(value: unknown): T => value as T

const paused = newer<ReturnType<typeof summary>['state']>({ kind: 'paused', pid: 42, until: 9 })
const asUnknown = { kind: 'unknown', word: 'paused', facts: { pid: 42, until: 9 } }

/** What the daemon says of itself, as far as a client that shows a process needs it. */
const info: Result<'INFO'> = {
  ...{ instance: 'run-1', pid: 1, software: 'netdaemon 9', node: 'v30.0.0', address: '/s', startedAt: 1 },
  ...{ connections: 1, attachments: 0, started: 1, orphansReaped: 0, outputBytes: 0, openFiles: 9 },
  processes: { running: 1, ended: 0 },
  memory: { rss: 1, heapUsed: 1, external: 1 },
  limits: { retainCount: 1, retainMs: 1000, maxProcesses: 1, maxConnections: 1 },
}

/** What a newer daemon says of a process. */
const newSummary = () => ({ ...summary({ state: paused }), restarts: 3, health: { kind: 'ailing' } })
const newDetail = () => ({ ...detail({ state: paused }), stdin: 'hold', stderr: 'log', unit: { after: ['db'] } })

/** A newer daemon on a socket of the test's own, for as long as the test runs. */
function listen(t: TestContext): { socket: string; next(): Promise<ScriptedDaemon> } {
  const directory = mkdtempSync('/tmp/ndv-')
  const socket = join(directory, 's')
  const arrived: Connection[] = []
  const listener = listenSeqpacket({ path: socket, onConnection: (connection) => arrived.push(connection) })
  t.after(() => {
    listener.close()
    rmSync(directory, { recursive: true })
  })
  return {
    socket,
    async next() {
      await waitFor('a client', () => arrived.length > 0)
      return greet(new ScriptedDaemon(arrived.shift() ?? assert.fail()))
    },
  }
}

/** HELLO as a newer daemon answers it. */
async function greet(daemon: ScriptedDaemon): Promise<ScriptedDaemon> {
  const limits = { ...hello.limits, labelsMax: 64 }
  daemon.ok<'HELLO'>(await daemon.next('HELLO'), newer({ ...hello, limits, roles: ['tenant'], cluster: 'a' }))
  return daemon
}

type Meeting = (t: TestContext) => Promise<[Client, ScriptedDaemon]>

const meetings: Readonly<Record<string, Meeting>> = {
  'in memory': async () => {
    const [near, far] = memoryPair()
    return Promise.all([connect({ connection: near, software: 'test' }), greet(new ScriptedDaemon(far))])
  },
  'over the socket': async (t) => {
    const { socket, next } = listen(t)
    return Promise.all([connect({ socket, software: 'test' }), next()])
  },
}

describe('a client whose daemon is newer', () => {
  for (const [where, meet] of Object.entries(meetings)) {
    it(`keeps a state that it does not know with its word, ${where}`, async (t) => {
      const [client, daemon] = await meet(t)
      const listing = client.list()
      daemon.ok<'LIST'>(await daemon.next('LIST'), newer({ processes: [newSummary()], next: null, total: 1 }))
      const [process] = await listing
      assert.ok(process !== undefined)
      assert.deepEqual(process.state, asUnknown)
      assert.deepEqual([isLive(process.state), isEnded(process.state)], [false, false])
      const showing = client.show('web')
      daemon.ok<'SHOW'>(await daemon.next('SHOW'), newer({ process: newDetail() }))
      const shown = await showing
      assert.deepEqual([shown.state, shown.stdin, shown.stderr], [asUnknown, 'hold', 'log'])
      await endsOnlyByItself(client, daemon)
    })

    it(`goes on reading through states and messages that it does not know, ${where}`, async (t) => {
      const [client, daemon] = await meet(t)
      const attaching = client.attach('web')
      const request = await daemon.next('ATTACH')
      daemon.send(frames.ATTACHED.code, request.id, {
        process: newSummary(),
        stream: { attachment: 1, from: 0, window: 1000, inputWindow: 1000, inputOpen: true, compression: 'none' },
      })
      const attachment = await attaching
      assert.deepEqual(attachment.process.state, asUnknown)
      daemon.data(0, 'before, ')
      for (const code of [0x0299, 0x0399, 0x7777]) daemon.send(code, 0, { handle: 1, news: 'none of yours' })
      daemon.send(0x0298, 0, [1, 1, 8, Buffer.from('positional')])
      daemon.send(0x0297, 0, { long: 'x'.repeat(200_000) })
      daemon.send(0x0296, 5, { answers: 'nothing' })
      daemon.status({ state: paused })
      daemon.data(8, 'between, ')
      daemon.send(events.STATUS.code, 0, {
        attachment: 1,
        handle: 1,
        state: { kind: 'healing' },
        inputOpen: true,
        final: false,
        a: 1,
      })
      daemon.data(17, 'after')
      daemon.final(newer<EventBody<'STATUS'>['state']>({ kind: 'lost', on: 'node-7' }))
      let read = ''
      for await (const item of attachment.output) if (item.kind === 'data') read += item.bytes
      assert.equal(read, 'before, between, after')
      assert.deepEqual(await attachment.exited, { kind: 'unknown', word: 'lost', facts: { on: 'node-7' } })
      await endsOnlyByItself(client, daemon)
    })

    it(`hands on events that it does not know, with their number, ${where}`, async (t) => {
      const [client, daemon] = await meet(t)
      const feed = client.events()
      daemon.ok<'EVENTS'>(await daemon.next('EVENTS'), { instance: 'run-1', seq: 0 })
      const known = { at: 1, id: 'web', handle: 1, labels: {}, run: 4 }
      daemon.event(newer({ ...known, kind: 'started', seq: 1, state: paused }))
      daemon.event(newer({ ...known, kind: 'restarted', seq: 2, state: exited, delayMs: 50 }))
      daemon.event(newer({ kind: 'reloaded', seq: 3, at: 2, by: 'root' }))
      daemon.event(newer({ ...known, kind: 'ended', seq: 4, state: exited }))
      const seen: ProcessEvent[] = []
      while (seen.length < 4) seen.push((await feed.next()).value ?? assert.fail('the events ended'))
      const { run: _, ...facts } = known
      assert.deepEqual(seen[0], { kind: 'started', seq: 1, ...facts, state: asUnknown })
      const { at: __, ...rest } = known
      assert.deepEqual(seen[1], {
        kind: 'unknown',
        word: 'restarted',
        seq: 2,
        at: 1,
        facts: { ...rest, state: exited, delayMs: 50 },
      })
      assert.deepEqual(seen[2], { kind: 'unknown', word: 'reloaded', seq: 3, at: 2, facts: { by: 'root' } })
      assert.equal(seen[3]?.kind, 'ended')
      await endsOnlyByItself(client, daemon)
    })

    it(`takes an error code that it does not know for INTERNAL, ${where}`, async (t) => {
      const [client, daemon] = await meet(t)
      const showing = client.show('web')
      daemon.error(await daemon.next('SHOW'), { code: newer<ErrorCode>('FORBIDDEN'), message: 'not for tenants' })
      await assert.rejects(showing, { code: 'INTERNAL', message: 'not for tenants' })
      await endsOnlyByItself(client, daemon)
    })
  }
})

/** The connection lives, and answers, until the client closes it. */
async function endsOnlyByItself(client: Client, daemon: ScriptedDaemon): Promise<void> {
  const listing = client.list()
  daemon.ok<'LIST'>(await daemon.next('LIST'), { processes: [], next: null })
  assert.deepEqual(await listing, [])
  assert.equal(daemon.closed, undefined)
  await client.close()
  assert.equal(await client.closed, undefined)
}

describe('ndctl whose daemon is newer', () => {
  const ndctl = async (socket: string, ...words: string[]) => {
    const program = fileURLToPath(new URL('../../bin/ndctl.cjs', import.meta.url))
    const child = spawn(process.execPath, [program, ...words, '--socket', socket], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text))
    const [status] = await once(child, 'close')
    return { said, status }
  }

  /** What the newer daemon answers ndctl, whatever else it asks beside what a test is about. */
  const answers: Readonly<Record<string, unknown>> = {
    LIST: { processes: [newSummary()], next: null },
    SHOW: { process: newDetail() },
    WAIT: { process: newSummary() },
    INFO: info,
  }

  /** Runs ndctl with a newer daemon that answers all it asks, until it ends. */
  async function answered(t: TestContext, ...words: string[]) {
    const { socket, next } = listen(t)
    const running = ndctl(socket, ...words)
    const daemon = await next()
    const answering = (async () => {
      while (daemon.closed === undefined) {
        await waitFor('a request, or the end', () => daemon.requests.length > 0 || daemon.closed !== undefined)
        for (const request of daemon.requests.splice(0)) {
          const answer = answers[request.name ?? '']
          if (answer === undefined) daemon.error(request, { code: 'NOT_SUPPORTED', message: 'not here' })
          else daemon.ok(request, newer(answer))
        }
      }
    })()
    const [result] = await Promise.all([running, answering])
    return result
  }

  it('shows the word of a state that it does not know', async (t) => {
    const listed = await answered(t, 'list')
    assert.match(listed.said, /^web +paused +- /m)
    assert.equal(listed.status, 0)
    const shown = await answered(t, 'show', 'web')
    assert.match(shown.said, /state +paused\n/)
    assert.equal(shown.status, 0)
  })

  it('says of an end that it does not know that it is one, and fails', async (t) => {
    const waited = await answered(t, 'wait', 'web')
    assert.match(waited.said, /"web" ended as "paused", a state that this version of ndctl does not know/)
    assert.equal(waited.status, 125)
  })

  it('prints an event that it does not know by its word', async (t) => {
    const { socket, next } = listen(t)
    const followed = async () => {
      const daemon = await next()
      daemon.ok<'EVENTS'>(await daemon.next('EVENTS'), { instance: 'run-1', seq: 0 })
      daemon.event(newer({ kind: 'restarted', seq: 1, at: 1, id: 'web' }))
      daemon.connection.close()
    }
    const [told] = await Promise.all([ndctl(socket, 'events'), followed()])
    assert.match(told.said, / {2}restarted {2}web\n/)
  })
})

describe('a daemon whose client is newer', () => {
  const daemons = {
    'in memory': async () => {
      const daemon = new MemoryDaemon()
      return { daemon, client: daemon.connect() }
    },
    'over the socket': async () => {
      const daemon = await DaemonHarness.start()
      return { daemon, client: await daemon.raw() }
    },
  }
  for (const [where, start] of Object.entries(daemons)) {
    it(`answers what it knows, and says what it does not know, ${where}`, async () => {
      const { daemon, client } = await start()
      await using _ = daemon
      await talk(client)
    })
  }

  async function talk(client: RawClient): Promise<void> {
    const params = { version: 99, min: 3, software: 'newer', token: 't', compression: ['zstd'] }
    const said = (await client.ask(requests.HELLO.code, params)) as typeof hello
    assert.equal(said.version, 3)
    for (const code of [0x0199, 0x0399, 0x7777]) await assert.rejects(client.ask(code, { new: true }), isNotSupported)
    // A message that wants no answer.
    client.post(0x0298, { handle: 1 }, 0)
    const spec = { command: 'cat', hibernate: { policy: 'always' }, autoRemove: true }
    const { process } = (await client.ask(requests.START.code, {
      spec,
      attach: { from: 'start', lossless: true, compression: 'zstd' },
      dryRun: false,
    })) as { process: ReturnType<typeof summary> }
    assert.equal(process.state.kind, 'running')
    const listed = (await client.ask(requests.LIST.code, { sortBy: 'cpu' })) as { processes: unknown[] }
    assert.equal(listed.processes.length, 1)
    await assert.rejects(
      client.ask(requests.LIST.code, { states: ['paused'] }),
      (error) => error instanceof NetdaemonError && error.code === 'BAD_REQUEST',
    )
    await client.ask(requests.DETACH.code, { attachment: process.handle, why: 'tired' })
    assert.equal(client.closed, undefined)
    assert.equal(client.abort, undefined)
  }

  const isNotSupported = (error: unknown) => error instanceof NetdaemonError && error.code === 'NOT_SUPPORTED'
})
