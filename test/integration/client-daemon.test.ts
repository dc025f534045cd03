// The client library with the real daemon, over its socket.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Client } from '../../client-lib/client.ts'
import { connect, followProcess, NetdaemonError, type OutputItem } from '../../client-lib/index.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../proto/transport/seqpacket/seqpacket.ts'
import { waitFor } from '../support/wait.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

const program = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Bytes that the server of the control service writes at a time. */
const PIECE = 3_000_000

/** A directory and a daemon of the test's own; both are gone when it ends. */
class Rig {
  readonly directory = mkdtempSync('/tmp/ndc-')
  readonly socket = join(this.directory, 's')
  #daemon: ChildProcess | undefined

  static async start(t: TestContext): Promise<Rig> {
    const rig = new Rig()
    t.after(() => rig.stop())
    await rig.startDaemon()
    return rig
  }

  async startDaemon(): Promise<void> {
    const args = [program('bin/netdaemon.mjs'), '--socket', this.socket]
    const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#daemon = daemon
    await once(daemon.stderr, 'data') // "listens on …"
    daemon.stderr.resume()
  }

  async killDaemon(): Promise<void> {
    const daemon = this.#daemon
    this.#daemon = undefined
    if (daemon === undefined) return
    daemon.kill('SIGKILL')
    await once(daemon, 'exit')
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== undefined && daemon.exitCode === null) {
      daemon.kill('SIGTERM')
      await once(daemon, 'exit')
    }
    rmSync(this.directory, { recursive: true })
  }

  connect(): Promise<Client> {
    return connect({ socket: this.socket })
  }

  /** A file of so many random bytes. */
  randomFile(length: number): { readonly path: string; readonly hash: string } {
    const bytes = randomBytes(length)
    const path = join(this.directory, 'random')
    writeFileSync(path, bytes)
    return { path, hash: sha256([bytes]) }
  }
}

function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** Says where they differ, instead of printing megabytes. */
function assertSameBytes(actual: Buffer, expected: Buffer): void {
  const differs = actual.findIndex((byte, at) => byte !== expected[at])
  assert.deepEqual({ length: actual.length, differs }, { length: expected.length, differs: -1 })
}

async function readBytes(items: AsyncIterable<OutputItem>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const item of items) {
    assert.notEqual(item.kind, 'gap')
    if (item.kind === 'data') parts.push(item.bytes)
  }
  return Buffer.concat(parts)
}

describe('the client with the daemon', () => {
  it('starts a program, types into it, ends its input, and learns of its exit last', async (t) => {
    const rig = await Rig.start(t)
    await using client = await rig.connect()
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'cat; echo gone >&2; exit 7'] })
    const typed = randomBytes(1_000_000)
    const written = Promise.all([attachment.write(typed), attachment.end()])
    const read = await readBytes(attachment.output)
    await written
    assert.equal(sha256([read]), sha256([typed, Buffer.from('gone\n')]))
    const state = await attachment.exited
    assert.deepEqual({ ...state, at: 0 }, { kind: 'exited', code: 7, at: 0 })
    const removed = await client.remove(attachment.handle)
    assert.equal(removed.output.end, 1_000_005)
  })

  it('shows the same bytes to all who are attached, however differently they read', async (t) => {
    const rig = await Rig.start(t)
    const { path, hash } = rig.randomFile(5_000_000)
    await using first = await rig.connect()
    await using second = await rig.connect()
    const spec = { command: 'sh', args: ['-c', 'read go; cat "$1"', 'sh', path] }
    const one = await first.startAttached(spec)
    const two = await second.attach(one.handle, { from: 'start', lossless: true, window: 1 })
    const three = await second.startAttached({ command: 'cat', args: [path] }, { from: 'start', window: 333 })
    await one.write('go\n')
    // A window of one byte makes a packet of each: what it has read of 5 MB when the others are done is its own affair.
    const reader = two.output[Symbol.asyncIterator]()
    for (let read = 0; read < 1000; read++) {
      const result = await reader.next()
      assert.ok(result.value?.kind === 'data' && result.value.bytes.length === 1)
    }
    await reader.return?.()
    assert.equal(sha256([await readBytes(one.output)]), hash)
    await three.detach()
  })

  it('gives a viewer that is too slow a gap, and the others all', async (t) => {
    const rig = await Rig.start(t)
    await using client = await rig.connect()
    await using other = await rig.connect()
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', 'read go; seq 1 500000'] })
    const viewer = await other.attach(attachment.handle, { from: 'start', window: 1000 })
    await attachment.write('go\n')
    const all = await readBytes(attachment.output)
    assert.equal(all.toString(), Array.from({ length: 500_000 }, (_, index) => `${index + 1}\n`).join(''))
    let at = 0
    let missing = 0
    for await (const item of viewer.output) {
      if (item.kind === 'gap') missing += item.to - item.from
      if (item.kind === 'data') assert.ok(item.bytes.equals(all.subarray(item.offset, item.offset + item.bytes.length)))
      if (item.kind !== 'end') assert.equal(item.kind === 'gap' ? item.from : item.offset, at)
      at = item.kind === 'gap' ? item.to : item.kind === 'data' ? item.offset + item.bytes.length : at
    }
    assert.equal(at, all.length)
    assert.ok(missing > 0)
  })

  it('lists, shows, waits, signals and follows events', async (t) => {
    const rig = await Rig.start(t)
    await using client = await rig.connect()
    const feed = client.events()
    const labels = { game: 'chess' }
    const started = await client.start({ command: 'sleep', args: ['1000'], name: 'web', labels })
    await client.start({ command: 'sleep', args: ['1000'] })
    assert.deepEqual(
      (await client.list({ labels })).map((process) => process.id),
      ['web'],
    )
    assert.equal((await client.show('web')).path.endsWith('/sleep'), true)
    await assert.rejects(client.wait('web', { timeoutMs: 1 }), code('TIMEOUT'))
    const controller = new AbortController()
    const given = client.wait('web', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await assert.rejects(given, /enough/)
    assert.equal(await client.kill('web', 'kill'), 'SIGKILL')
    assert.equal((await client.wait('web')).state.kind, 'killed')
    const kinds: string[] = []
    for await (const event of feed) {
      if (event.kind === 'gap' || event.kind === 'unknown' || event.id !== 'web') continue
      kinds.push(event.kind)
      if (event.kind === 'ended') break
    }
    assert.deepEqual(kinds, ['started', 'ended'])
    const since = { instance: client.daemon.instance, seq: 0 }
    const again = await client.events({ since }).next()
    assert.ok(again.value?.kind === 'started' && again.value.handle === started.handle)
    await assert.rejects(client.start({ command: '/no/such' }), { errno: 'ENOENT' })
    await assert.rejects(client.attach('nobody'), code('NOT_FOUND'))
    assert.equal((await client.info()).processes.running, 1)
    assert.deepEqual(await client.shutdown(), { ended: 1, killed: 0, left: 0 })
    await client.closed
  })

  it('fails whatever waits with DISCONNECTED when the daemon is killed', async (t) => {
    const rig = await Rig.start(t)
    const client = await rig.connect()
    // It ends when the daemon does, whose end of its input is the only one.
    const attachment = await client.startAttached({ command: 'cat' })
    const results = Promise.allSettled([
      client.wait(attachment.handle),
      readBytes(attachment.output),
      attachment.exited,
    ])
    await rig.killDaemon()
    for (const result of await results) assert.ok(result.status === 'rejected' && code('DISCONNECTED')(result.reason))
    assert.equal((await client.closed)?.code, 'DISCONNECTED')
    await assert.rejects(rig.connect(), code('NO_DAEMON'))
  })
})

describe('following a process of the daemon', () => {
  it('gives every byte once over connections that break again and again', async (t) => {
    const rig = await Rig.start(t)
    const { path, hash } = rig.randomFile(20_000_000)
    const keep = { as: 'me', ms: 60_000 }
    await using client = await rig.connect()
    // The smallest ring there is: whatever is not ACKed holds the process back.
    const spec = { command: 'cat', args: [path], outputLimit: 65_536 }
    const { handle } = await (await rig.connect()).startAttached(spec, { from: 'start', lossless: true, keep })
    const connections: Connection[] = []
    const followed = followProcess({
      process: handle,
      lossless: true,
      keep,
      delayMs: () => 0,
      connect: async () => {
        const connection = await connectSeqpacket(rig.socket)
        connections.push(connection)
        return connect({ connection })
      },
    })
    const parts: Buffer[] = []
    let nextBreak = 0
    for await (const item of followed) {
      assert.notEqual(item.kind, 'gap')
      if (item.kind !== 'data') continue
      parts.push(item.bytes)
      if (item.offset < nextBreak) continue
      nextBreak = item.offset + 500_000
      connections.at(-1)?.destroy()
    }
    assert.equal(sha256(parts), hash)
    assert.ok(connections.length > 20)
    assert.equal((await followed.exited).kind, 'exited')
    await client.remove(handle)
  })

  it('says so when the daemon was restarted without the process', async (t) => {
    const rig = await Rig.start(t)
    const client = await rig.connect()
    await client.start({ command: 'sh', args: ['-c', 'echo up; read end'], name: 'web' })
    const followed = followProcess({ process: 'web', socket: rig.socket, delayMs: () => 1 })
    const reading = (async () => {
      for await (const item of followed) {
        if (item.kind !== 'data') continue
        assert.equal(item.bytes.toString(), 'up\n')
        await rig.killDaemon()
        await rig.startDaemon()
      }
    })()
    await assert.rejects(reading, /restarted/)
    assert.equal(followed.offset, 3)
  })
})

describe('the example of a control service', () => {
  it('logs every byte once, although it is killed again and again', async (t) => {
    const rig = await Rig.start(t)
    // A server that writes the file once for each line it is given: the service can never be done before it is killed.
    const { path } = rig.randomFile(PIECE)
    const server = ['sh', '-c', 'while read go; do cat "$1"; done', 'sh', path]
    const env = { ...process.env, NETDAEMON_SOCKET: rig.socket }
    const args = [program('examples/control-service.js'), 'web', rig.directory, ...server]
    const logged = () => readdirSync(rig.directory).filter((file) => file.endsWith('.log'))
    const loggedBytes = () => logged().reduce((sum, file) => sum + statSync(join(rig.directory, file)).size, 0)
    const run = () => {
      const service = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
      t.after(() => service.kill('SIGKILL'))
      return service
    }
    await using client = await rig.connect()
    let service = run()
    await waitFor('its log', () => logged().length > 0)
    const input = await client.attach('web')
    for (let round = 1; round <= 10; round++) {
      await input.write('go\n')
      await waitFor('its log to grow', () => loggedBytes() > (round - 0.5) * PIECE)
      service.kill('SIGKILL')
      await once(service, 'exit')
      service = run()
    }
    await input.end()
    await input.detach()
    const [exitCode] = await once(service, 'exit')
    assert.equal(exitCode, 0)
    const [log, ...others] = logged()
    assert.ok(log !== undefined && others.length === 0)
    assertSameBytes(readFileSync(join(rig.directory, log)), Buffer.concat(Array(10).fill(readFileSync(path))))
    assert.deepEqual(await client.list(), [])
  })
})
