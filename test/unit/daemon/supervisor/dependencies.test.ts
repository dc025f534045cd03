// Processes that depend on each other, with children that a test plays: who is started when, who is stopped before whom, and
// what is told to those that can't have both.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ParamsInput } from '../../../../proto/protocol.ts'
import type { RawClient } from '../../../support/client/raw-client.ts'
import type { FakeChild } from '../../../support/daemon/fake-children.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

type Needs = NonNullable<ParamsInput<'START'>['spec']['dependsOn']>

/** A daemon with processes that have names. */
class Rig implements AsyncDisposable {
  readonly daemon = new MemoryDaemon()
  readonly #children = new Map<string, FakeChild[]>()
  client!: RawClient

  static async create(): Promise<Rig> {
    const rig = new Rig()
    rig.client = await rig.daemon.client()
    return rig
  }

  async start(name: string, dependsOn?: Needs, more: object = {}): Promise<void> {
    const spec = { name, command: '/bin/true', args: [name], dependsOn, ...more }
    await this.client.request('START', { spec })
  }

  kind(name: string): string {
    return this.daemon.processes.find(name).state.kind
  }

  kinds(...names: string[]): string[] {
    return names.map((name) => this.kind(name))
  }

  /** The newest child of the process of that name. */
  child(name: string): FakeChild {
    const found = this.daemon.children.all.filter(({ call }) => call.argv[1] === name)
    this.#children.set(name, found)
    return found.at(-1) ?? assert.fail(`"${name}" was never started`)
  }

  /** Lets it end as its signals ask. */
  async end(name: string, how?: { code?: number }): Promise<void> {
    const before = this.kind(name)
    this.daemon.children.end(this.child(name), how)
    await waitFor(`${name} to change`, () => this.kind(name) !== before || !this.daemon.processes.find(name).pid)
  }

  started(): string[] {
    return this.daemon.children.all.map(({ call }) => call.argv[1] ?? '')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.daemon[Symbol.asyncDispose]()
  }
}

const afterTenMs = { start: { ready: { kind: 'after', ms: 10 } } }

describe('a process that depends on others', () => {
  test('is started when they are ready, and starts them', async () => {
    await using rig = await Rig.create()
    await rig.start('db', undefined, afterTenMs)
    await rig.start('web', { db: {} })
    assert.deepEqual(rig.kinds('db', 'web'), ['starting', 'waiting'])
    const { state } = rig.daemon.processes.find('web')
    assert.deepEqual(state.kind === 'waiting' && state.unmet, ['db'])
    rig.daemon.clock.advance(10)
    assert.deepEqual(rig.kinds('db', 'web'), ['running', 'running'])
    assert.deepEqual(rig.started(), ['db', 'web'])
  })

  test('waits for one that is not there yet', async () => {
    await using rig = await Rig.create()
    await rig.start('web', { db: { condition: 'started' } })
    assert.equal(rig.kind('web'), 'waiting')
    await rig.start('db')
    assert.deepEqual(rig.kinds('db', 'web'), ['running', 'running'])
  })

  test('can wait for the success of another, which is not run again for it', async () => {
    await using rig = await Rig.create()
    await rig.start('migrate')
    await rig.start('web', { migrate: { condition: 'exited' } })
    assert.equal(rig.kind('web'), 'waiting')
    await rig.end('migrate')
    await waitFor('web', () => rig.kind('web') === 'running')
    assert.deepEqual(rig.kinds('migrate', 'web'), ['exited', 'running'])
    assert.deepEqual(rig.started(), ['migrate', 'web'])
  })

  test('can be stopped and removed although it has never run', async () => {
    await using rig = await Rig.create()
    await rig.start('web', { db: {} })
    await rig.client.request('STOP', { process: 'web' })
    assert.equal(rig.kind('web'), 'stopped')
    await rig.client.request('REMOVE', { process: 'web' })
    assert.deepEqual(Array.from(rig.daemon.processes.all()), [])
  })

  test('cannot depend on itself by way of others', async () => {
    await using rig = await Rig.create()
    await rig.start('a', { b: {} })
    await rig.start('b', { c: {} })
    const refused = { code: 'BAD_REQUEST', message: '"c" cannot depend on itself: c → a → b → c' }
    await assert.rejects(rig.start('c', { a: {} }), refused)
  })

  test('is not stopped with them unless it is bound', async () => {
    await using rig = await Rig.create()
    await rig.start('db')
    await rig.start('bound', { db: { bindTo: true } })
    await rig.start('free', { db: {} })
    const stopped = rig.client.request('STOP', { process: 'db' })
    await waitFor('the signal', () => rig.child('bound').signals.length > 0)
    assert.deepEqual(rig.child('db').signals, [], 'it goes after what is bound to it')
    await rig.end('bound')
    await waitFor('the signal', () => rig.child('db').signals.length > 0)
    await rig.end('db')
    assert.equal((await stopped).process.state.kind, 'stopped')
    assert.deepEqual(rig.kinds('db', 'bound', 'free'), ['stopped', 'waiting', 'running'])
  })

  test('comes back when what it is bound to does', async () => {
    await using rig = await Rig.create()
    await rig.start('db', undefined, { restart: { policy: 'always', delayMs: 10, jitter: 0 } })
    await rig.start('bound', { db: { bindTo: true } })
    await rig.end('db')
    await waitFor('the signal', () => rig.child('bound').signals.length > 0)
    await rig.end('bound')
    await waitFor('it to wait', () => rig.kind('bound') === 'waiting')
    rig.daemon.clock.advance(10)
    await waitFor('both', () => rig.kinds('db', 'bound').every((kind) => kind === 'running'))
    assert.deepEqual(rig.started(), ['db', 'bound', 'db', 'bound'])
  })

  test('is started again after what it is bound to, when that is restarted', async () => {
    await using rig = await Rig.create()
    await rig.start('db')
    await rig.start('bound', { db: { bindTo: true } })
    const restarted = rig.client.request('RESTART', { process: 'db' })
    await waitFor('the signal', () => rig.child('bound').signals.length > 0)
    assert.deepEqual(rig.child('db').signals, [])
    await rig.end('bound')
    await waitFor('the signal', () => rig.child('db').signals.length > 0)
    await rig.end('db')
    assert.equal((await restarted).process.state.kind, 'running')
    await waitFor('both', () => rig.kind('bound') === 'running')
  })

  test('is stopped before them when all are', async () => {
    await using rig = await Rig.create()
    await rig.start('db')
    await rig.start('cache')
    await rig.start('web', { db: {}, cache: {} })
    const done = rig.daemon.processes.dependencies
    done.stop(rig.daemon.processes.all())
    assert.deepEqual(
      ['db', 'cache', 'web'].map((name) => rig.child(name).signals.length > 0),
      [false, false, true],
    )
    await rig.end('web')
    await waitFor('the others', () => ['db', 'cache'].every((name) => rig.child(name).signals.length > 0))
  })

  test('UP starts what it needs, also what was stopped', async () => {
    await using rig = await Rig.create()
    await rig.start('db')
    await rig.start('web', { db: {} })
    for (const name of ['web', 'db']) {
      const stopped = rig.client.request('STOP', { process: name })
      await waitFor('the signal', () => rig.child(name).signals.length > 0)
      await rig.end(name)
      await stopped
    }
    await rig.client.request('UP', { process: 'web' })
    assert.deepEqual(rig.kinds('db', 'web'), ['running', 'running'])
    assert.deepEqual(rig.started(), ['db', 'web', 'db', 'web'])
  })

  test('a chain of a thousand goes up and down', async () => {
    await using rig = await Rig.create()
    for (let n = 999; n > 0; n--) await rig.start(`p${n}`, { [`p${n - 1}`]: {} })
    assert.equal(rig.kind('p999'), 'waiting')
    await rig.start('p0')
    assert.equal(rig.kind('p999'), 'running')
    rig.daemon.processes.dependencies.stop(rig.daemon.processes.all())
    assert.ok(rig.child('p999').signals.length > 0)
    assert.deepEqual(rig.child('p998').signals, [])
  })
})
