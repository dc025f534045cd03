// One process: how long its output waits for its screen, and what counts as its end.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as v from 'valibot'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { Slices } from '../../../../daemon/loop/slices.ts'
import { boundsFor } from '../../../../daemon/memory/bounds.ts'
import { Budget } from '../../../../daemon/memory/budget.ts'
import type { Attachment } from '../../../../daemon/output/attachment.ts'
import { PacketBuffer } from '../../../../daemon/output/packet-buffer.ts'
import { Process } from '../../../../daemon/process/process.ts'
import { Run } from '../../../../daemon/run/run.ts'
import { RunTree } from '../../../../daemon/run/run-tree.ts'
import type { EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'
import { Leftovers } from '../../../../daemon/supervisor/leftovers.ts'
import { type ErrorCode, NetdaemonError } from '../../../../proto/errors.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'
import { FakeChildren } from '../../../support/daemon/fake-children.ts'
import { noProcesses } from '../../../support/daemon/fake-proc.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { PlayedStreams } from '../../../support/daemon/played-streams.ts'
import { waitFor } from '../../../support/wait.ts'

/** A process on a terminal, whose screen is never read: what could read it is never loaded. */
class Rig {
  readonly clock = new ManualClock()
  readonly streams = new PlayedStreams<Attachment>()
  readonly process: Process
  readonly run: Run<Attachment>

  constructor() {
    const spec = v.parse(processSpec, {
      command: 'x',
      terminal: { columns: 80, rows: 24 },
      outputLimit: 64 * 1024,
    })
    const nothing = () => {}
    let launched: Run<Attachment> | undefined
    this.process = new Process(
      1,
      { id: 'x', spec, path: '/x', cwd: '/', env: () => ({}) },
      {
        clock: this.clock,
        packetBuffer: new PacketBuffer(),
        turn: new OutputTurn(),
        bounds: boundsFor(),
        screens: {
          slices: new Slices(),
          memory: new Budget(2 ** 30, 0),
          now: () => 0,
          library: () => new Promise<EmulatorLibrary>(nothing),
          failed: (error) => assert.fail(String(error)),
        },
        notifications: { listen: () => nothing, belongs: () => false },
        launcher: {
          runBeside: () => nothing,
          launch: ({ id }, _size, handlers) => {
            const { kernel } = new FakeChildren()
            const tree = new RunTree({ kernel, processes: noProcesses, isMain: () => false }, 1, 'mark')
            launched = new Run({ id, pid: 1, tree, openStreams: this.streams.open }, kernel, handlers)
            return launched
          },
        },
        leftovers: new Leftovers(this.clock),
        ...{ onState: nothing, onEnded: nothing, onIdle: nothing, onMatched: nothing, measureMemory: () => nothing },
      },
    )
    this.process.life.begin()
    this.run = launched ?? assert.fail('not launched')
  }
}

/** A process that has written all that it could. */
function played(): Rig {
  const rig = new Rig()
  rig.streams.printAll()
  return rig
}

describe('the screen of a terminal', () => {
  test('is waited for by the output of a living process', () => {
    const { process, streams } = played()
    assert.ok(streams.paused)
    assert.equal(process.log.start, 0)
    assert.ok(process.log.end <= 64 * 1024)
  })

  test('is waited for by that of a dead one for a second', () => {
    const { process, run, streams, clock } = played()
    run.died({ kind: 'exited', code: 0 })
    clock.advance(999)
    assert.ok(streams.paused)
    clock.advance(1)
    assert.ok(!streams.paused)
    streams.printAll()
    assert.ok(!streams.paused)
    assert.ok(process.log.start > 0)
    assert.throws(() => process.show(), { code: 'LIMIT' })
  })

  test('leaves no timer of a process that has ended in time', () => {
    const { process, run, streams, clock } = played()
    const before = clock.waiting
    run.died({ kind: 'exited', code: 0 })
    assert.equal(clock.waiting, before + 1)
    streams.endOutput()
    assert.ok(process.ended)
    assert.equal(clock.waiting, before)
  })
})

const failsWith = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NetdaemonError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

describe('the end of a process', () => {
  test('comes after its output, however late that is read', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    let ended = false
    const waiting = client.request('WAIT', { process: handle }).then(() => {
      ended = true
    })
    daemon.children.end(child, { keepPipes: true })
    await client.request('LIST', {})
    assert.equal((await client.request('SHOW', { process: handle })).process.state.kind, 'exited')
    assert.equal(ended, false)
    child.write(1, 'the last words')
    child.closeAll()
    await waiting
    assert.equal((await client.request('SHOW', { process: handle })).process.output.end, 14)
  })

  test('does not wait for ever for a descendant that holds the pipes in silence', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await client.request('ATTACH', { process: handle })
    child.write(1, 'said')
    const process = daemon.processes.find(handle)
    await waitFor('the output', () => process.log.end === 4)
    daemon.children.end(child, { keepPipes: true })
    daemon.clock.advance(250)
    daemon.clock.advance(249)
    assert.equal(process.ended, false)
    daemon.clock.advance(1)
    assert.equal(process.ended, true)
    await waitFor('the final STATUS', () => client.final(handle) !== undefined)
    // What the descendant says later is still kept, for who comes later.
    child.write(2, 'later')
    await waitFor('the output', () => process.log.end === 9)
    await client.request('ATTACH', { process: handle, from: 'start' })
    await waitFor('all of it', () => client.output(handle).endsWith('saidlater'))
    child.closeAll()
  })

  // A round of silence ended at the very moment when a client let the pipe go, and what waited in it was lost.
  test('does not take it for silence that the output was held back', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client(), { outputLimit: 65_536 })
    const process = daemon.processes.find(handle)
    const sink = {
      congested: false,
      client: { peerPid: null, software: 'test' },
      send: () => {},
      inform: () => {},
      finish: () => {},
      border: () => {},
      dropped: () => {},
      failed: () => {},
      evict: () => {},
    }
    const terms = { id: 1, from: 0, window: 1, lossless: true, keep: undefined }
    const attachment = process.attach(sink, terms)
    child.write(1, 'one byte of it is sent')
    await waitFor('it to be held', () => process.detail(false).held)
    child.write(1, ', and this waits in the pipe')
    daemon.children.end(child, { keepPipes: true })
    for (let round = 0; round < 5; round++) daemon.clock.advance(250)
    assert.equal(process.ended, false)
    process.detach(attachment, 'left')
    daemon.clock.advance(250)
    daemon.clock.advance(250)
    process.detach(process.attach(sink, terms), 'left') // held and let go within one round
    daemon.clock.advance(250)
    assert.equal(process.ended, false)
    await waitFor('the rest', () => process.log.end === 50)
    child.closeAll()
    await waitFor('the end', () => process.ended)
  })

  test('waits for output that comes after the death, as long as it may be the dead one’s own', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client())
    const process = daemon.processes.find(handle)
    daemon.children.end(child, { keepPipes: true })
    for (let n = 1; n <= 5; n++) {
      child.write(1, 'x')
      await waitFor('the output', () => process.log.end === n)
      daemon.clock.advance(250)
      assert.equal(process.ended, false)
    }
    daemon.clock.advance(250)
    assert.equal(process.ended, true)
    child.closeAll()
  })

  // Eight viewers of a flood were enough: the daemon is never done with it, so no round passed in which it was always read.
  test('does not wait for ever for a descendant that floods many clients', async () => {
    await using daemon = new MemoryDaemon()
    const { child, handle } = await daemon.start(await daemon.client())
    const process = daemon.processes.find(handle)
    const sink = {
      congested: false,
      client: { peerPid: null, software: 'test' },
      send: () => {},
      inform: () => {},
      finish: () => {},
      border: () => {},
      dropped: () => {},
      failed: () => {},
      evict: () => {},
    }
    for (let n = 0; n < 20; n++) {
      process.attach(sink, { id: 1, from: 0, window: 16 * 1024 * 1024, lossless: false, keep: undefined }).pump()
    }
    child.write(2, 'its last words')
    daemon.children.end(child, { keepPipes: true })
    const some = Buffer.alloc(60_000, 'x')
    for (let n = 1; n <= 18; n++) {
      child.write(1, some)
      await waitFor('it to be read', () => process.log.end === 14 + n * some.length)
      assert.equal(process.ended, false)
      daemon.clock.advance(250)
    }
    assert.equal(process.ended, true)
    child.closeAll()
  })

  test('is told to everybody else when a bug keeps it from one', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    const process = daemon.processes.find(handle)
    const failures: unknown[] = []
    const bug = () => {
      throw new Error('a bug')
    }
    const sink = {
      congested: false,
      client: { peerPid: null, software: 'test' },
      send: bug,
      inform: bug,
      finish: bug,
      border: bug,
      dropped: bug,
      failed: (error: unknown) => failures.push(error),
      evict: () => {},
    }
    process.attach(sink, { id: 1, from: 0, window: 100, lossless: false, keep: undefined }).pump()
    await client.request('ATTACH', { process: handle })
    const waiting = client.request('WAIT', { process: handle })
    child.write(1, 'said')
    daemon.children.end(child)
    await waiting
    await waitFor('the final STATUS', () => client.final(handle) !== undefined)
    assert.equal(client.output(handle), 'said')
    assert.ok(failures.length > 0)
  })

  test('is not told while a lossless client holds the output back', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client, { outputLimit: 64 * 1024 })
    await client.request('ATTACH', { process: handle, lossless: true, window: 1 })
    child.write(1, Buffer.alloc(30_000, 'a'))
    const process = daemon.processes.find(handle)
    await waitFor('the output', () => process.log.end === 30_000)
    child.write(1, Buffer.alloc(30_000, 'b'))
    daemon.children.end(child)
    daemon.clock.advance(10_000)
    assert.equal(process.ended, false)
    client.connection.destroy()
    await waitFor('the end', () => process.ended)
    assert.equal(process.log.end, 60_000)
  })

  test('a signal to an ended process is refused', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client, { name: 'web' })
    assert.deepEqual(await client.request('KILL', { process: handle, signal: 'hup' }), { signal: 'SIGHUP' })
    assert.deepEqual(child.signals, [1])
    await assert.rejects(client.request('KILL', { process: handle, signal: 'NO' }), failsWith('BAD_REQUEST', /"NO"/))
    await assert.rejects(client.request('KILL', { process: handle, signal: -9 }), failsWith('BAD_REQUEST', /-9/))
    daemon.children.end(child)
    await assert.rejects(client.request('KILL', { process: handle }), failsWith('NOT_RUNNING', /"web": it has ended/))
    assert.deepEqual(child.signals, [1])
  })
})
