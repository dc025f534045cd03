// Histories that once ended badly, each the shortest that did. What each answer must mean, and what must be so in the end, is in
// test/support/daemon/history.ts; test/fuzz/histories.test.ts looks for more of them.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { History } from '../../../support/daemon/history.ts'
import type { Fate } from '../../../support/daemon/played-programs.ts'

const TAME: Fate = { fails: false, ignoresTerm: false, stuck: false, child: 'none', holds: false }
const needs = (name: string, bindTo = false) => ({ dependsOn: { [name]: { bindTo } } })

/** A history with one client. */
class Rig {
  readonly history = new History()
  readonly #client = this.history.connect()

  async ask(name: 'UP' | 'STOP' | 'RESTART' | 'REMOVE', process: string, params: object = {}): Promise<number> {
    return this.history.ask(await this.#client, name, { process, ...params })
  }

  async start(name: string, spec: object = {}, fate: Partial<Fate> = {}): Promise<void> {
    this.history.programs.fates.push({ ...TAME, ...fate })
    const params = { spec: { command: '/bin/true', stop: {}, name, ...spec } }
    await this.history.ask(await this.#client, 'START', params)
    await this.pass()
  }

  async attach(process: string, terms: object): Promise<void> {
    await this.history.ask(await this.#client, 'ATTACH', { process, ...terms })
  }

  /** All that has been killed dies, and time goes on. */
  async pass(ms = 0): Promise<void> {
    this.history.programs.die()
    this.history.programs.sweep()
    await this.history.turn(2)
    this.history.daemon.clock.advance(ms)
    await this.history.turn(2)
  }

  kind(name: string): string {
    return this.history.daemon.processes.find(name).life.model.state.kind
  }

  /** What the request was answered: OK, or the code of the error; undefined: nothing so far. */
  async answer(id: number): Promise<string | undefined> {
    await this.history.turn(4)
    const client = await this.#client
    const message = client.raw.received.find((each) => each.cmd === 'GENERAL' && each.id === id)
    if (message?.cmd !== 'GENERAL') return undefined
    return (message.body as { code?: string }).code ?? 'OK'
  }
}

describe('histories', () => {
  test('one that has never run, and is stopped, has ended and can be removed', async () => {
    const rig = new Rig()
    await rig.start('b', needs('a'))
    await rig.history.finish()
  })

  test('STOP of one that does not run is answered, though it waits for one that needs it to go', async () => {
    const rig = new Rig()
    await rig.start('a')
    await rig.start('b', needs('a'), { ignoresTerm: true })
    await rig.ask('REMOVE', 'a', { force: true })
    await rig.pass()
    await rig.start('a', needs('d'))
    const first = await rig.ask('STOP', 'a')
    const b = await rig.ask('STOP', 'b')
    const again = await rig.ask('STOP', 'a')
    await rig.pass(11_000)
    await rig.pass()
    assert.deepEqual(await Promise.all([first, b, again].map((id) => rig.answer(id))), ['OK', 'OK', 'OK'])
    await rig.history.finish()
  })

  test('STOP that waits for a dependent is superseded by UP, and what is bound comes back', async () => {
    const rig = new Rig()
    await rig.start('a')
    await rig.start('b', needs('a', true), { ignoresTerm: true })
    const stop = await rig.ask('STOP', 'a')
    await rig.ask('UP', 'a')
    assert.equal(await rig.answer(stop), 'SUPERSEDED')
    await rig.pass(10_500)
    await rig.pass()
    assert.deepEqual([rig.kind('a'), rig.kind('b')], ['running', 'running'])
    await rig.history.finish()
  })

  test('RESTART that waits for a dependent is answered by the new run, and not before', async () => {
    const rig = new Rig()
    await rig.start('a')
    await rig.start('b', needs('a', true), { ignoresTerm: true })
    const restart = await rig.ask('RESTART', 'a')
    const up = await rig.ask('UP', 'a')
    assert.deepEqual([await rig.answer(restart), await rig.answer(up)], [undefined, undefined])
    await rig.pass(20_000)
    await rig.pass()
    await rig.pass()
    assert.deepEqual([await rig.answer(restart), await rig.answer(up)], ['OK', 'OK'])
    await rig.history.finish()
  })

  for (const [what, params] of [
    ['STOP', {}],
    ['REMOVE', { force: true }],
  ] as const) {
    test(`RESTART that waits for a dependent is superseded by ${what}`, async () => {
      const rig = new Rig()
      await rig.start('a')
      await rig.start('b', needs('a', true), { ignoresTerm: true })
      const restart = await rig.ask('RESTART', 'a')
      await rig.ask(what, 'a', params)
      await rig.pass(20_000)
      assert.equal(await rig.answer(restart), 'SUPERSEDED')
      await rig.history.finish()
    })
  }

  test('STOP that waits for a dependent is answered when the process is removed by force', async () => {
    const rig = new Rig()
    await rig.start('a')
    await rig.start('b', needs('a', true), { ignoresTerm: true })
    const stop = await rig.ask('STOP', 'a')
    const remove = await rig.ask('REMOVE', 'a', { force: true })
    await rig.pass()
    assert.deepEqual([await rig.answer(stop), await rig.answer(remove)], ['OK', 'OK'])
    await rig.history.finish()
  })

  test('a main process that hung in the kernel may end while the next UP waits for it', async () => {
    const rig = new Rig()
    await rig.start('a', {}, { stuck: true })
    const stop = await rig.ask('STOP', 'a')
    for (let n = 0; n < 4; n++) await rig.pass(6_000)
    assert.equal(await rig.answer(stop), 'SURVIVORS')
    const up = await rig.ask('UP', 'a')
    rig.history.programs.release()
    await rig.pass()
    assert.equal(await rig.answer(up), 'OK')
    await rig.history.finish()
  })

  test('REMOVE with force is superseded by UP', async () => {
    const rig = new Rig()
    await rig.start('a')
    const remove = await rig.ask('REMOVE', 'a', { force: true })
    await rig.ask('UP', 'a')
    await rig.pass()
    assert.deepEqual([await rig.answer(remove), rig.kind('a')], ['SUPERSEDED', 'running'])
    await rig.history.finish()
  })

  test('REMOVE with force names a main process that SIGKILL does not end', async () => {
    const rig = new Rig()
    await rig.start('a', {}, { stuck: true })
    const remove = await rig.ask('REMOVE', 'a', { force: true })
    for (let n = 0; n < 4; n++) await rig.pass(6_000)
    assert.equal(await rig.answer(remove), 'SURVIVORS')
    await rig.history.finish()
  })

  test('who holds the streams of an earlier run, and cannot be found, ends no channel of the next', async () => {
    const rig = new Rig()
    const { programs } = rig.history
    await rig.start('a', { stop: undefined }, { child: 'hidden', holds: true })
    await rig.attach('a', { until: 'rest' })
    await rig.ask('RESTART', 'a')
    for (let n = 0; n < 3; n++) await rig.pass(1_000)
    assert.equal(programs.runs.length, 2)
    for (const child of programs.runs[0]?.children ?? []) programs.end(child, { code: 0 })
    await rig.pass()
    programs.runs[1]?.streams?.print(1, 'hello')
    await rig.pass()
    await rig.history.finish()
  })

  test('what is written after a removal, by who cannot be found, is not kept', async () => {
    const rig = new Rig()
    const { programs } = rig.history
    await rig.start('a', { stop: undefined }, { child: 'hidden', holds: true })
    await rig.ask('REMOVE', 'a', { force: true })
    await rig.pass(1_000)
    programs.runs[0]?.streams?.print(1, 'hello')
    await rig.pass()
    await rig.history.finish()
  })

  test('an end that the policy counts as success is one for UP, too', async () => {
    const rig = new Rig()
    const restart = { policy: 'on-failure', success: { codes: [5], signals: ['TERM'] } }
    await rig.start('a', { restart, start: { ready: { kind: 'after', ms: 500 } } })
    for (const how of [{ code: 5 }, { signal: 15 }]) {
      const up = await rig.ask('UP', 'a')
      const { main } = rig.history.programs.runs.at(-1) ?? assert.fail()
      rig.history.programs.end(main, how)
      await rig.pass()
      assert.equal(await rig.answer(up), 'OK')
    }
    await rig.history.finish()
  })

  test('a crash loop has the pauses of its policy, ends at its limit with the reason, and UP begins anew', async () => {
    const rig = new Rig()
    const { clock } = rig.history.daemon
    const limit = { starts: 5, withinMs: 60_000 }
    await rig.start('a', { restart: { policy: 'always', delayMs: 100, factor: 2, maxMs: 400, jitter: 0, limit } })
    const pauses: number[] = []
    const crash = async () => {
      rig.history.programs.end(rig.history.programs.runs.at(-1)?.main ?? assert.fail(), { code: 1 })
      await rig.pass()
    }
    for (await crash(); rig.kind('a') === 'backoff'; await crash()) {
      const died = clock.now()
      while (rig.kind('a') === 'backoff') await rig.pass(10)
      pauses.push(clock.now() - died)
    }
    assert.deepEqual(pauses, [100, 200, 400, 400, 400])
    const { state } = rig.history.daemon.processes.find('a').life.model
    assert.equal(state.kind, 'failed')
    assert.match(state.kind === 'failed' ? state.why : '', /started it 5 times within 60 s/)
    assert.equal(await rig.answer(await rig.ask('UP', 'a')), 'OK')
    await crash()
    assert.equal(rig.kind('a'), 'backoff')
    await rig.history.finish()
  })
})
