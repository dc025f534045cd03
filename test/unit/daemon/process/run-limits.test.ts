// The age and the memory of a run.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchLimits } from '../../../../daemon/process/run-limits.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

function rig(spec: Parameters<typeof watchLimits>[0], { late = false } = {}) {
  const clock = new ManualClock()
  const told: string[] = []
  const facts: { memory: number | undefined; measured: number } = { memory: 10, measured: 0 }
  let answer = () => {}
  const end = watchLimits(spec, clock.now() - 300, {
    clock,
    measureMemory: (callback) => {
      facts.measured += 1
      answer = () => callback(facts.memory)
      if (!late) answer()
      return () => {
        answer = () => {}
      }
    },
    tooOld: () => told.push('old'),
    tooLarge: (bytes) => told.push(`${bytes} bytes`),
  })
  return { clock, told, facts, end, answer: () => answer() }
}

test('without a limit nothing is waited for', () => {
  assert.equal(rig({}).clock.waiting, 0)
})

test('the age counts from when it became ready, also if that is long ago', () => {
  const { clock, told, end } = rig({ maxAgeMs: 1000 })
  clock.advance(699)
  assert.deepEqual(told, [])
  clock.advance(1)
  assert.deepEqual([told, clock.waiting], [['old'], 0])
  end()
  const before = rig({ maxAgeMs: 100 })
  before.clock.advance(0)
  assert.deepEqual(before.told, ['old'])
})

test('the memory is measured again and again, until it is too much', () => {
  const { clock, told, facts } = rig({ maxMemory: 10 })
  clock.advance(15_000)
  assert.deepEqual([facts.measured, told], [3, []])
  facts.memory = undefined
  clock.advance(5_000)
  facts.memory = 11
  clock.advance(5_000)
  assert.deepEqual([told, clock.waiting], [['11 bytes'], 0])
})

test('a measurement that is under way is taken back, and so is the next one', () => {
  for (const late of [true, false]) {
    const { clock, told, facts, end, answer } = rig({ maxMemory: 5 }, { late })
    if (!late) facts.memory = 1
    clock.advance(5_000)
    end()
    if (late) answer()
    clock.advance(50_000)
    assert.deepEqual([told, clock.waiting, facts.measured], [[], 0, 1])
  }
})
