// Patterns on lines: what matches is told, and a flood costs a bounded amount of looking and of reports.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineWatch } from '../../../../daemon/process/line-watch.ts'
import { STDERR, STDOUT } from '../../../../proto/protocol.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

function rig(rules: ConstructorParameters<typeof LineWatch>[0]) {
  const clock = new ManualClock()
  const told: string[] = []
  const watch = new LineWatch(rules, {
    clock,
    matched: ({ match, action }, line) => told.push(`${action} ${match}: ${line}`),
  })
  return {
    clock,
    told,
    watch,
    say: (text: string, channel: 1 | 2 = STDOUT) => watch.output(channel, Buffer.from(text)),
  }
}

test('each line of either channel is looked at for each pattern, however it is cut', () => {
  const { told, say } = rig([
    { match: 'OutOfMemory', action: 'restart' },
    { match: '^\\[.*Memory', action: 'report' },
  ])
  say('[main] OutOf')
  say('all is well\n', STDERR)
  say('Memory\nnothing\n')
  say('OutOfMemory\r\n', STDERR)
  assert.deepEqual(told, [
    'restart OutOfMemory: [main] OutOfMemory',
    'report ^\\[.*Memory: [main] OutOfMemory',
    'restart OutOfMemory: OutOfMemory',
  ])
})

test('a pattern of one channel is looked for in the lines of that alone', () => {
  const { told, say } = rig([
    { match: 'a', channel: 'stderr', action: 'restart' },
    { match: 'a', channel: 'stdout', action: 'report' },
  ])
  say('a 1\n')
  say('a 2\n', STDERR)
  assert.deepEqual(told, ['report a: a 1', 'restart a: a 2'])
})

test('of a flood some lines are looked at, and the others are counted; after it all are again', () => {
  const { clock, told, watch, say } = rig([{ match: 'x', action: 'restart' }])
  say('x\n'.repeat(7000))
  assert.deepEqual([told.length, watch.passedOver], [5000, 2000])
  clock.advance(500)
  say('x\n'.repeat(1000))
  assert.deepEqual([told.length, watch.passedOver], [5500, 2500])
  clock.advance(1_000_000)
  say('x\n'.repeat(5001))
  assert.deepEqual([told.length, watch.passedOver], [10_500, 2501])
})

test('reports are bounded more, and a line that is told is cut', () => {
  const { clock, told, watch, say } = rig([{ match: 'x', action: 'report' }])
  say(`${'x'.repeat(2000)}\n`.repeat(30))
  assert.deepEqual([told.length, watch.passedOver], [20, 10])
  assert.equal(told[0]?.length, 'report x: '.length + 500)
  clock.advance(1000)
  say('x\n'.repeat(30))
  assert.equal(told.length, 25)
})
