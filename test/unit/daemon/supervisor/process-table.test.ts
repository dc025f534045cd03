// Adding, finding and forgetting processes, with a clock that stands still and children that a test plays.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeAck } from '../../../../proto/codec/codec.ts'
import { type ErrorCode, NetdaemonError } from '../../../../proto/errors.ts'
import type { KnownEvent } from '../../../../proto/protocol.ts'
import type { RawClient } from '../../../support/client/raw-client.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const failsWith = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NetdaemonError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

/** Starts a process and lets it end. */
async function startAndEnd(
  daemon: MemoryDaemon,
  client: RawClient,
  spec: Parameters<MemoryDaemon['start']>[1] = {},
): Promise<number> {
  const { child, handle } = await daemon.start(client, spec)
  const process = daemon.processes.find(handle)
  daemon.children.end(child)
  await waitFor('the end', () => process.ended)
  return handle
}

const handles = async (client: RawClient): Promise<number[]> =>
  (await client.request('LIST', {})).processes.map(({ handle }) => handle)

function eventsOf(daemon: MemoryDaemon): string[] {
  const told: string[] = []
  for (let event: KnownEvent | undefined, seq = 0; ; ) {
    event = daemon.events.after(seq)
    if (event === undefined || event.kind === 'gap') return told
    told.push(`${event.kind} ${event.handle}`)
    seq = event.seq
  }
}

describe('the name of a process', () => {
  test('is its id, or else one is made of its program', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    assert.equal((await daemon.start(client, { name: 'web' })).id, 'web')
    assert.match((await daemon.start(client)).id, /^true-[0-9a-z]{4}$/)
    for (const command of ['/bin/we ird\n', '/bin/-x', '/bin/ü']) {
      const { process } = await client.request('START', { spec: { command } })
      assert.match(process.id, /^[A-Za-z0-9_][A-Za-z0-9_.-]*-[0-9a-z]{4}$/)
    }
  })

  test('can belong to one process only; an ended one gives it up when asked to', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client, { name: 'web' })
    await assert.rejects(daemon.start(client, { name: 'web' }), failsWith('NAME_TAKEN', /has not ended/))
    await assert.rejects(daemon.start(client, { name: 'web' }, true), failsWith('NAME_TAKEN', /has not ended/))
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    await assert.rejects(daemon.start(client, { name: 'web' }), failsWith('NAME_TAKEN', /an ended process.*replace/))
    const { handle: second } = await daemon.start(client, { name: 'web' }, true)
    assert.notEqual(second, handle)
    assert.deepEqual(await handles(client), [second])
  })

  test('an ended process keeps it if its successor cannot be started', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const handle = await startAndEnd(daemon, client, { name: 'web' })
    daemon.children.failures.push(-2)
    await assert.rejects(daemon.start(client, { name: 'web' }, true), failsWith('CANNOT_START', /ENOENT/))
    assert.deepEqual(await handles(client), [handle])
  })
})

describe('finding a process', () => {
  test('by id, handle or unique prefix; an exact id wins over a prefix', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { handle: web } = await daemon.start(client, { name: 'web' })
    const { handle: web1 } = await daemon.start(client, { name: 'web-1' })
    const find = async (process: string | number) => (await client.request('SHOW', { process })).process.handle
    assert.equal(await find('web'), web)
    assert.equal(await find('web-'), web1)
    assert.equal(await find(web1), web1)
    await assert.rejects(find('we'), failsWith('AMBIGUOUS', /"we" matches web, web-1; type more/))
    await assert.rejects(find('nothing'), failsWith('NOT_FOUND', /no process "nothing"/))
    await assert.rejects(find(99), failsWith('NOT_FOUND', /no process "99"/))
    // A name of digits is a name, not a handle.
    const { handle: digits } = await daemon.start(client, { name: '1' })
    assert.equal(await find('1'), digits)
  })

  test('many that fit are not all named', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    for (let n = 0; n < 30; n++) await daemon.start(client, { name: `game-${n}` })
    await assert.rejects(client.request('SHOW', { process: 'game' }), (error) => {
      failsWith('AMBIGUOUS', /game-9, …; type more/)(error)
      return error instanceof NetdaemonError && Array.isArray(error.detail?.ids) && error.detail.ids.length === 10
    })
  })

  test('a handle is never given twice', async () => {
    await using daemon = new MemoryDaemon({ retainCount: 0 })
    const client = await daemon.client()
    const seen = new Set<number>()
    for (let n = 0; n < 20; n++) {
      const { handle, child } = await daemon.start(client)
      seen.add(handle)
      daemon.children.end(child)
      await waitFor('it to be gone', () => daemon.processes.size === 0)
    }
    assert.equal(seen.size, 20)
  })

  test('LIST filters by id, name, labels and state, and comes in pages when it is long', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`label-${n}`, 'x'.repeat(255)]))
    for (let n = 0; n < 150; n++) {
      await client.request('START', {
        spec: { command: '/bin/true', name: `p${n}`, labels: { ...labels, 'label-0': `${n % 2}` } },
      })
    }
    const first = await client.request('LIST', {})
    assert.ok(first.processes.length < 150 && first.next !== null, 'more than a page')
    const rest = await client.request('LIST', { after: first.next })
    assert.deepEqual(
      [...first.processes, ...rest.processes].map(({ id }) => id),
      Array.from({ length: 150 }, (_, n) => `p${n}`),
    )
    assert.equal(rest.next, null)
    const ids = async (filter: object) => (await client.request('LIST', filter)).processes.map(({ id }) => id)
    assert.deepEqual(await ids({ id: 'p14' }), ['p14', ...Array.from({ length: 10 }, (_, n) => `p14${n}`)])
    assert.deepEqual(await ids({ name: 'p14' }), ['p14'])
    assert.equal((await ids({ labels: { 'label-0': '1' } })).length, 75)
    assert.deepEqual(await ids({ labels: { 'label-0': '2' } }), [])
    daemon.children.end(daemon.children.all[3] ?? assert.fail(), { signal: 9 })
    await waitFor('the end', () => daemon.processes.find('p3').ended)
    assert.deepEqual(await ids({ states: ['exited', 'killed'] }), ['p3'])
    assert.deepEqual(await ids({ states: [] }), [])
  })
})

describe('an ended process', () => {
  test('is kept with its status and its output until there are too many', async () => {
    await using daemon = new MemoryDaemon({ retainCount: 2 })
    const client = await daemon.client()
    const { handle: running } = await daemon.start(client)
    const ended = []
    for (let n = 0; n < 4; n++) ended.push(await startAndEnd(daemon, client))
    assert.deepEqual(await handles(client), [running, ...ended.slice(2)])
    assert.deepEqual(
      eventsOf(daemon).filter((told) => told.startsWith('removed')),
      [`removed ${ended[0]}`, `removed ${ended[1]}`],
    )
  })

  test('is kept until it is too old', async () => {
    await using daemon = new MemoryDaemon({ retainMs: 1000 })
    const client = await daemon.client()
    const first = await startAndEnd(daemon, client)
    daemon.clock.advance(600)
    const second = await startAndEnd(daemon, client)
    daemon.clock.advance(399)
    assert.deepEqual(await handles(client), [first, second])
    daemon.clock.advance(1)
    assert.deepEqual(await handles(client), [second])
    daemon.clock.advance(600)
    assert.deepEqual(await handles(client), [])
  })

  test('for which a place was kept is not forgotten before it, nor does it keep others longer', async () => {
    await using daemon = new MemoryDaemon({ retainMs: 1000 })
    const client = await daemon.client()
    const { child, handle: awaited } = await daemon.start(client)
    const lost = await daemon.client()
    await lost.request('ATTACH', { process: awaited, lossless: true, keep: { as: 'me', ms: 1500 } })
    lost.connection.destroy()
    await waitFor('the session to end', () => daemon.openSessions === 1)
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(awaited).ended)
    const other = await startAndEnd(daemon, client)
    daemon.clock.advance(1000)
    assert.deepEqual(await handles(client), [awaited])
    daemon.clock.advance(500)
    // The place is given up now; from here on its age counts.
    assert.deepEqual(await handles(client), [awaited])
    const last = await startAndEnd(daemon, client)
    daemon.clock.advance(999)
    assert.deepEqual(await handles(client), [awaited, last])
    daemon.clock.advance(1)
    assert.deepEqual(await handles(client), [])
    assert.notEqual(other, last)
  })

  test('whose time began anew does not make those that ended before it stay too long', async () => {
    await using daemon = new MemoryDaemon({ retainMs: 1000 })
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    const lost = await daemon.client()
    await lost.request('ATTACH', { process: handle, lossless: true, keep: { as: 'me', ms: 900 } })
    lost.connection.destroy()
    await waitFor('the session to end', () => daemon.openSessions === 1)
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    await startAndEnd(daemon, client)
    daemon.clock.advance(900)
    daemon.clock.advance(100)
    assert.deepEqual(await handles(client), [handle])
  })

  test('with autoRemove is forgotten at once', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client, { autoRemove: true })
    const waiting = client.request('WAIT', { process: handle })
    await client.request('LIST', {})
    daemon.children.end(child, { code: 4 })
    assert.deepEqual((await waiting).process.state, { kind: 'exited', code: 4, at: daemon.clock.now() })
    assert.deepEqual(await handles(client), [])
    assert.deepEqual(eventsOf(daemon), [`started ${handle}`, `ended ${handle}`, `removed ${handle}`])
  })

  test('can be removed, and whoever reads it reads on to the end', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client)
    await assert.rejects(client.request('REMOVE', { process: handle }), failsWith('STILL_RUNNING', /it is running/))
    await client.request('ATTACH', { process: handle, window: 1 })
    child.write(1, 'abc')
    await waitFor('the first byte', () => client.output(handle) === 'a')
    daemon.children.end(child)
    await waitFor('the end', () => daemon.processes.find(handle).ended)
    await client.request('REMOVE', { process: handle })
    assert.deepEqual(await handles(client), [])
    for (const offset of [1, 2, 3]) client.send(encodeAck(handle, 1, offset))
    await waitFor('the end', () => client.final(handle) !== undefined)
    assert.equal(client.output(handle), 'abc')
  })

  test('removed with force is gone although a lossless client does not read', async () => {
    await using daemon = new MemoryDaemon()
    const reader = await daemon.client()
    const keep = { as: 'place', ms: 60_000 }
    const { process } = await reader.request('START', {
      spec: { command: '/bin/true', outputLimit: 64 * 1024 },
      attach: { from: 'start', lossless: true, window: 10, keep },
    })
    const child = daemon.children.last
    child.write(1, 'x'.repeat(100))
    const held = async () => (await reader.request('SHOW', { process: process.handle })).process.held
    while (!(await held())) await new Promise((resolve) => setImmediate(resolve))
    const client = await daemon.client()
    const removed = client.request('REMOVE', { process: process.handle, force: true })
    await waitFor('SIGKILL', () => child.signals.length > 0)
    daemon.children.end(child)
    assert.equal((await removed).process.state.kind, 'stopped')
    assert.deepEqual(await handles(client), [])
  })

  test('removed with force is killed first, and the answer comes when it is gone', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const { child, handle } = await daemon.start(client, { name: 'web' })
    let answered = false
    const removed = client.request('REMOVE', { process: handle, force: true }).then((result) => {
      answered = true
      return result
    })
    await waitFor('the signal', () => child.signals.length === 1)
    assert.deepEqual(child.signals, [9])
    await client.request('LIST', {})
    assert.equal(answered, false)
    daemon.children.end(child, { signal: 9 })
    const { process } = await removed
    assert.ok(process.state.kind === 'stopped' && process.state.last?.kind === 'killed')
    assert.deepEqual(eventsOf(daemon), [
      `started ${handle}`,
      `stopping ${handle}`,
      `ended ${handle}`,
      `removed ${handle}`,
    ])
    // Nothing of it is left that could hurt the next one of its name.
    const { handle: next } = await daemon.start(client, { name: 'web' })
    daemon.clock.advance(1_000_000)
    assert.equal(daemon.processes.find('web').handle, next)
  })
})

describe('limits', () => {
  test('an ended process makes room for a new one; when all run, START is refused', async () => {
    await using daemon = new MemoryDaemon({ maxProcesses: 2 })
    const client = await daemon.client()
    const { handle: first } = await daemon.start(client)
    const ended = await startAndEnd(daemon, client)
    const { handle: third } = await daemon.start(client)
    assert.deepEqual(await handles(client), [first, third])
    assert.ok(ended < third)
    await assert.rejects(daemon.start(client), failsWith('LIMIT', /2 processes already; raise --max-processes/))
    assert.deepEqual(await handles(client), [first, third])
  })

  test('a program that cannot be started costs no ended one its record', async () => {
    await using daemon = new MemoryDaemon({ maxProcesses: 1 })
    const client = await daemon.client()
    const ended = await startAndEnd(daemon, client)
    daemon.children.failures.push(-13)
    await assert.rejects(daemon.start(client), failsWith('CANNOT_START', /EACCES/))
    assert.deepEqual(await handles(client), [ended])
  })

  test('a failed START leaves no process, no event and no name behind', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    daemon.children.failures.push(-12)
    await assert.rejects(daemon.start(client, { name: 'web' }), failsWith('CANNOT_START', /ENOMEM/))
    assert.deepEqual(await handles(client), [])
    assert.deepEqual(eventsOf(daemon), [])
    await daemon.start(client, { name: 'web' })
  })

  test('of places kept for one process: one more is refused, not dropped later', async () => {
    await using daemon = new MemoryDaemon()
    const { handle } = await daemon.start(await daemon.client())
    const attach = async (n: number) => {
      const client = await daemon.client()
      await client.request('ATTACH', { process: handle, lossless: true, keep: { as: `place-${n}`, ms: 1000 } })
      return client
    }
    const clients = []
    for (let n = 0; n < 16; n++) clients.push(await attach(n))
    await assert.rejects(attach(16), failsWith('LIMIT', /16 places/))
    for (const client of clients) client.connection.destroy()
    await waitFor('the sessions to end', () => daemon.processes.find(handle).attachments === 0)
    await assert.rejects(attach(16), failsWith('LIMIT', /16 places/))
    await attach(3)
  })
})
