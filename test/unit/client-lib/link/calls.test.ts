// The client's requests: each settles once, with the right thing, whatever the daemon and the connection do.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect, NetdaemonError } from '../../../../client-lib/index.ts'
import { PENDING_MAX } from '../../../../client-lib/link/calls.ts'
import { exited, hello, ScriptedDaemon, scripted, summary } from '../../../support/client/scripted-daemon.ts'
import { memoryPair } from '../../../support/transport/memory-pair.ts'
import { waitFor } from '../../../support/wait.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

describe('connect', () => {
  it('says HELLO and keeps what the daemon answers', async () => {
    const [near, far] = memoryPair()
    const daemon = new ScriptedDaemon(far)
    const connecting = connect({ connection: near, software: 'me 1.0' })
    const request = await daemon.next('HELLO')
    assert.deepEqual(request.params, { version: 3, min: 3, software: 'me 1.0' })
    daemon.ok<'HELLO'>(request, hello)
    await using client = await connecting
    assert.deepEqual(client.daemon, hello)
  })

  it('fails with the reason for which the daemon closes the connection', async () => {
    const [near, far] = memoryPair()
    const daemon = new ScriptedDaemon(far)
    const connecting = connect({ connection: near })
    await daemon.next('HELLO')
    daemon.abort({ code: 'VERSION', message: 'too old' })
    await assert.rejects(connecting, code('VERSION'))
  })

  it('fails with TIMEOUT when the daemon does not answer, and closes', async () => {
    const [near, far] = memoryPair()
    const daemon = new ScriptedDaemon(far)
    await assert.rejects(connect({ connection: near, timeoutMs: 1 }), code('TIMEOUT'))
    await waitFor('the close', () => daemon.closed !== undefined)
  })

  it('fails with the reason of its signal', async () => {
    const [near, far] = memoryPair()
    const daemon = new ScriptedDaemon(far)
    const controller = new AbortController()
    const connecting = connect({ connection: near, signal: controller.signal })
    await daemon.next('HELLO')
    controller.abort(new Error('enough'))
    await assert.rejects(connecting, /enough/)
  })

  it('says that no daemon listens', async () => {
    await assert.rejects(connect({ socket: '/tmp/nd-no-such-socket' }), code('NO_DAEMON'))
  })
})

describe('a call', () => {
  it('gets the answer with its id, in whatever order they come', async () => {
    const [client, daemon] = await scripted()
    const first = client.wait('a')
    const second = client.wait('b')
    const [askedFirst, askedSecond] = [await daemon.next('WAIT'), await daemon.next('WAIT')]
    daemon.ok<'WAIT'>(askedSecond, { process: summary({ id: 'b', state: exited }) })
    daemon.ok<'WAIT'>(askedFirst, { process: summary({ id: 'a', state: exited }) })
    assert.equal((await first).id, 'a')
    assert.equal((await second).id, 'b')
    await client.close()
  })

  it('fails with the error that the daemon answers, and nothing else is affected', async () => {
    const [client, daemon] = await scripted()
    const failing = client.start({ command: '/no/such' })
    const detail = { path: '/no/such' }
    daemon.error(await daemon.next('START'), { code: 'CANNOT_START', message: 'no', errno: 'ENOENT', detail })
    await assert.rejects(failing, { code: 'CANNOT_START', errno: 'ENOENT', detail })
    const killing = client.kill('web', 'int', { scope: 'process' })
    const request = await daemon.next('KILL')
    assert.deepEqual(request.params, { process: 'web', signal: 'int', scope: 'process' })
    daemon.ok<'KILL'>(request, { signal: 'SIGINT' })
    assert.equal(await killing, 'SIGINT')
    await client.close()
  })

  it('fails with DISCONNECTED when the daemon closes, with ABORT as its cause', async () => {
    const [client, daemon] = await scripted()
    const waiting = client.wait('web')
    await daemon.next('WAIT')
    daemon.abort({ code: 'SHUTTING_DOWN', message: 'the daemon is ending' })
    await assert.rejects(waiting, (error: NetdaemonError) => {
      assert.equal(error.code, 'DISCONNECTED')
      assert.match(error.message, /the daemon is ending/)
      return code('SHUTTING_DOWN')(error.cause)
    })
    assert.equal((await client.closed)?.code, 'DISCONNECTED')
    await assert.rejects(client.info(), code('DISCONNECTED'))
  })

  it('fails with DISCONNECTED when the daemon dies without a word', async () => {
    const [client, daemon] = await scripted()
    const waiting = client.wait('web')
    daemon.connection.destroy()
    await assert.rejects(waiting, code('DISCONNECTED'))
    assert.equal((await client.closed)?.code, 'DISCONNECTED')
  })

  it('fails with DISCONNECTED when this side closes, which is no error of the connection', async () => {
    const [client] = await scripted()
    const waiting = client.wait('web')
    const rejected = assert.rejects(waiting, code('DISCONNECTED'))
    await client.close()
    await rejected
    await client.close()
    assert.equal(await client.closed, undefined)
  })

  it('ends the connection when the answer does not fit the table', async () => {
    const [client, daemon] = await scripted()
    const listing = client.list()
    const rejected = assert.rejects(listing, (error: NetdaemonError) => {
      assert.equal(error.code, 'DISCONNECTED')
      return code('BAD_PACKET')(error.cause)
    })
    daemon.send(0xff00, (await daemon.next('LIST')).id, { processes: [{ id: 5 }], next: null })
    await rejected
    assert.equal((await daemon.nextAbort()).code, 'BAD_PACKET')
  })

  it('lets answers pass that nobody waits for, and events it does not know', async () => {
    const [client, daemon] = await scripted()
    daemon.send(0xff00, 4711, {})
    daemon.send(0x0399, 0, { from: 'the future' })
    const asking = client.show('web', { env: true })
    daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'no' })
    await assert.rejects(asking, code('NOT_FOUND'))
    await client.close()
  })

  it('is not sent when its signal has been aborted already', async () => {
    const [client, daemon] = await scripted()
    await assert.rejects(client.wait('web', { signal: AbortSignal.abort(new Error('before')) }), /before/)
    const info = client.info()
    daemon.error(await daemon.next('INFO'), { code: 'INTERNAL', message: 'no' })
    await assert.rejects(info, code('INTERNAL'))
    await client.close()
  })

  it('is given up by its signal: rejects at once, sends CANCEL, and lets the late answer pass', async () => {
    const [client, daemon] = await scripted()
    const controller = new AbortController()
    const waiting = client.wait('web', { signal: controller.signal, timeoutMs: 1000 })
    const wait = await daemon.next('WAIT')
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    const cancel = await daemon.next('CANCEL')
    assert.deepEqual(cancel.params, { request: wait.id })
    daemon.error(wait, { code: 'CANCELLED', message: 'cancelled' })
    daemon.ok<'CANCEL'>(cancel, {})
    const again = client.wait('web')
    daemon.ok<'WAIT'>(await daemon.next('WAIT'), { process: summary() })
    assert.equal((await again).id, 'web')
    await client.close()
  })

  it('detaches from what an aborted call has attached to', async () => {
    const [client, daemon] = await scripted()
    const controller = new AbortController()
    const starting = client.startAttached({ command: 'cat' }, undefined, { signal: controller.signal })
    const start = await daemon.next('START')
    assert.deepEqual(start.params.attach, { from: 'start', lossless: true })
    controller.abort(new Error('enough'))
    await assert.rejects(starting, /enough/)
    await daemon.next('CANCEL')
    daemon.attached(start, {}, { handle: 9 })
    daemon.data(0, 'nobody reads this', 1, 9)
    assert.deepEqual((await daemon.next('DETACH')).params, { attachment: 9 })
    await client.close()
  })

  it('is refused when thousands wait', async () => {
    const [client] = await scripted()
    const waiting = Array.from({ length: PENDING_MAX }, () => client.wait('web'))
    const all = Promise.allSettled(waiting)
    await assert.rejects(client.wait('web'), code('LIMIT'))
    await client.close()
    assert.ok((await all).every((result) => result.status === 'rejected'))
  })

  it('is cancelled, and attachments are given back, also when thousands wait', async () => {
    const [client, daemon] = await scripted()
    const attaching = client.attach('web')
    daemon.attached(await daemon.next('ATTACH'))
    const attachment = await attaching
    const controller = new AbortController()
    const { signal } = controller
    const waiting = Promise.allSettled(Array.from({ length: PENDING_MAX }, () => client.wait('web', { signal })))
    const detaching = attachment.detach()
    controller.abort()
    await waiting
    const asked = (name: string) => daemon.requests.filter((request) => request.name === name)
    await waitFor('every CANCEL', () => asked('CANCEL').length === PENDING_MAX)
    const [detach] = asked('DETACH')
    assert.ok(detach)
    daemon.ok<'DETACH'>(detach, {})
    await detaching
    await client.close()
  })

  it('is refused when what it holds cannot be sent', async () => {
    const [client] = await scripted()
    const command = Symbol('no text') as unknown as string
    await assert.rejects(client.start({ command }), code('BAD_REQUEST'))
    await assert.rejects(client.start({ command: 'x', args: ['y'.repeat(5_000_000)] }), code('LIMIT'))
    await assert.rejects(client.call('START', { spec: { command: 'x' }, attach: {} }), code('BAD_REQUEST'))
    await client.close()
  })

  it('carries messages longer than a packet, both ways', async () => {
    const [client, daemon] = await scripted()
    const long = 'y'.repeat(1_000_000)
    const showing = client.start({ command: 'x', args: [long] })
    const request = await daemon.next('START')
    assert.equal(request.params.spec.args[0], long)
    daemon.ok<'START'>(request, { process: summary({ command: long }) })
    assert.equal((await showing).command, long)
    await client.close()
  })
})

describe('list', () => {
  it('follows the pages', async () => {
    const [client, daemon] = await scripted()
    const listing = client.list({ labels: { game: 'chess' } })
    const first = await daemon.next('LIST')
    assert.deepEqual(first.params, { labels: { game: 'chess' } })
    daemon.ok<'LIST'>(first, { processes: [summary({ handle: 1 }), summary({ handle: 3 })], next: 3 })
    const second = await daemon.next('LIST')
    assert.deepEqual(second.params, { labels: { game: 'chess' }, after: 3 })
    daemon.ok<'LIST'>(second, { processes: [summary({ handle: 4 })], next: null })
    assert.deepEqual(
      (await listing).map((process) => process.handle),
      [1, 3, 4],
    )
    await client.close()
  })

  it('does not follow pages that go in a circle', async () => {
    const [client, daemon] = await scripted()
    const listing = client.list()
    const rejected = assert.rejects(listing, code('BAD_PACKET'))
    daemon.ok<'LIST'>(await daemon.next('LIST'), { processes: [], next: 3 })
    daemon.ok<'LIST'>(await daemon.next('LIST'), { processes: [], next: 3 })
    await rejected
    await client.close()
  })
})

describe('usage', () => {
  const used = (handle: number) => ({ handle, cpuMs: 10, memory: 4096, processes: 1 })

  it('follows the pages, and tells when it was measured', async () => {
    const [client, daemon] = await scripted()
    const asking = client.usage({ processes: [1, 3, 4] })
    const first = await daemon.next('USAGE')
    assert.deepEqual(first.params, { processes: [1, 3, 4] })
    daemon.ok<'USAGE'>(first, { at: 5, processors: 2, processes: [used(1), used(3)], next: 3 })
    const second = await daemon.next('USAGE')
    assert.deepEqual(second.params, { processes: [1, 3, 4], after: 3 })
    daemon.ok<'USAGE'>(second, { at: 6, processors: 2, processes: [used(4)], next: null })
    assert.deepEqual(await asking, { at: 6, processors: 2, processes: [used(1), used(3), used(4)] })
    await client.close()
  })

  it('does not follow pages that go in a circle', async () => {
    const [client, daemon] = await scripted()
    const rejected = assert.rejects(client.usage(), code('BAD_PACKET'))
    for (let n = 0; n < 2; n++) {
      daemon.ok<'USAGE'>(await daemon.next('USAGE'), { at: 5, processors: 2, processes: [], next: 3 })
    }
    await rejected
    await client.close()
  })
})
