// How long what has ended is kept, with a clock that stands still.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Retained, Retention, type RetentionLimits } from '../../../../daemon/supervisor/retention.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

interface Ended extends Retained {
  readonly name: string
  idle: boolean
}

function rig(limits: Partial<RetentionLimits> = {}) {
  const clock = new ManualClock()
  const gone: string[] = []
  const retention = new Retention<Ended>({ retainCount: 100, retainMs: 1000, ...limits }, clock, ({ name }) =>
    gone.push(name),
  )
  const keep = (name: string, idle = true): Ended => {
    const ended = { name, idle }
    retention.keep(ended)
    return ended
  }
  return { clock, gone, retention, keep }
}

test('each is kept for the time stated', () => {
  const { clock, gone, keep } = rig()
  keep('a')
  clock.advance(600)
  keep('b')
  clock.advance(399)
  assert.deepEqual(gone, [])
  clock.advance(1)
  assert.deepEqual(gone, ['a'])
  clock.advance(600)
  assert.deepEqual(gone, ['a', 'b'])
  assert.equal(clock.waiting, 0)
})

test('of too many those go first that ended first', () => {
  const { gone, keep, retention } = rig({ retainCount: 2 })
  const kept = ['a', 'b', 'c', 'd'].map((name) => keep(name))
  assert.deepEqual(gone, ['a', 'b'])
  assert.deepEqual(
    kept.map((ended) => retention.has(ended)),
    [false, false, true, true],
  )
})

test('one that a client may come back for is kept, and keeps no other longer', () => {
  const { clock, gone, keep, retention } = rig({ retainCount: 1 })
  const awaited = keep('awaited', false)
  keep('a')
  assert.deepEqual(gone, ['a'])
  clock.advance(5000)
  assert.ok(retention.has(awaited))
  awaited.idle = true
  retention.keep(awaited)
  clock.advance(999)
  assert.deepEqual(gone, ['a'])
  clock.advance(1)
  assert.deepEqual(gone, ['a', 'awaited'])
})

test('one whose time begins anew goes to the end of the line', () => {
  const { clock, gone, keep, retention } = rig()
  const again = keep('again')
  clock.advance(500)
  keep('a')
  clock.advance(400)
  retention.keep(again)
  clock.advance(600)
  assert.deepEqual(gone, ['a'])
  clock.advance(400)
  assert.deepEqual(gone, ['a', 'again'])
})

test('the first to be dropped for a new one is the first that ended and is not waited for', () => {
  const { keep, retention } = rig()
  const first = () => retention.first?.name
  assert.equal(first(), undefined)
  keep('awaited', false)
  assert.equal(first(), undefined)
  const a = keep('a')
  keep('b')
  assert.equal(first(), 'a')
  retention.drop(a)
  assert.equal(first(), 'b')
})

test('after dispose nothing expires', () => {
  const { clock, gone, keep, retention } = rig({ retainCount: 1 })
  keep('a')
  retention.dispose()
  assert.equal(clock.waiting, 0)
  keep('b')
  clock.advance(5000)
  assert.deepEqual(gone, [])
})
