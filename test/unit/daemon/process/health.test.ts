// Whether a run is healthy, with a clock that stands still and commands that end when the test says so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchHealth } from '../../../../daemon/process/health.ts'
import type { SideEnd } from '../../../../daemon/run/side-command.ts'
import type { ProcessSpec } from '../../../../proto/protocol.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

type Rule = NonNullable<ProcessSpec['health']>

const exec = {
  ...({ kind: 'exec', action: 'report' } as const),
  ...{ command: ['look'], intervalMs: 100, timeoutMs: 50, graceMs: 0 },
}
const ended = (code: number): SideEnd => ({ kind: 'ended', status: { kind: 'exited', code }, output: '' })
const [success, failure] = [ended(0), ended(1)]

function rig(rule: Rule) {
  const clock = new ManualClock()
  const told: string[] = []
  /** How to end the commands that run. */
  const running: ((end: SideEnd) => void)[] = []
  const watch = watchHealth(rule, {
    clock,
    beside: (_command, _timeoutMs, done) => {
      running.push(done)
      return () => {
        if (!running.includes(done)) return
        told.push('killed')
        running.splice(running.indexOf(done), 1)
      }
    },
    up: () => told.push('up'),
    down: (problem) => told.push(problem),
  })
  /** The next look begins after so long, and comes out so. */
  const look = (end: SideEnd, afterMs = 100) => {
    clock.advance(afterMs)
    assert.equal(running.length, 1)
    running.pop()?.(end)
  }
  return { clock, told, running, watch, look }
}

test('so many failures one after the other make it unhealthy, and one success healthy', () => {
  const { told, look } = rig({ ...exec, failures: 3 })
  look(success, 0)
  look(failure)
  look(failure)
  look(success)
  look(failure)
  look(failure)
  assert.deepEqual(told, ['up'])
  look(failure)
  assert.deepEqual(told, ['up', '"look" exited with 1'])
  // Told once.
  look(failure)
  look(success)
  assert.deepEqual(told, ['up', '"look" exited with 1', 'up'])
})

test('failures do not count in the time of grace, and a success does', () => {
  const { told, look } = rig({ ...exec, failures: 1, graceMs: 150 })
  look(failure, 0)
  look(failure)
  assert.deepEqual(told, [])
  look(success)
  look(failure)
  assert.deepEqual(told, ['up', '"look" exited with 1'])
})

test('one look at a time, given up at its limit, and nothing is left when the run goes', () => {
  const { clock, told, running, watch } = rig({ ...exec, failures: 1 })
  clock.advance(0)
  assert.equal(running.length, 1)
  clock.advance(50)
  assert.deepEqual([running.length, ...told], [0, 'killed', 'no answer within 0.05 s'])
  clock.advance(100)
  assert.equal(running.length, 1)
  watch.end()
  watch.end()
  assert.deepEqual([running.length, clock.waiting], [0, 0])
})

test('silence: unhealthy when nothing was written for so long, and healthy at the next output', () => {
  const { clock, told, watch } = rig({ kind: 'silence', ms: 1000, graceMs: 500, action: 'report' })
  clock.advance(1400)
  watch.output()
  clock.advance(999)
  assert.deepEqual(told, ['up'])
  clock.advance(1)
  assert.deepEqual(told, ['up', 'it has written nothing for 1 s'])
  // Nothing ticks while it is silent.
  assert.equal(clock.waiting, 0)
  watch.output()
  assert.deepEqual([told.length, told.at(-1)], [3, 'up'])
  assert.equal(clock.waiting, 1)
  watch.end()
  assert.equal(clock.waiting, 0)
})
