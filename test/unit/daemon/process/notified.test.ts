// What follows from what a run says of itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Notified } from '../../../../daemon/process/notified.ts'
import { parseNotifyMessage } from '../../../../daemon/run/notify-message.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

function rig(watchdogMs?: number) {
  const clock = new ManualClock()
  const told: string[] = []
  const notified = new Notified(
    {
      clock,
      ready: () => told.push('ready'),
      extended: (until) => told.push(`until ${until - clock.now()}`),
      mainProcess: (pid) => told.push(`main ${pid}`),
      unheard: (problem) => told.push(problem),
      changed: () => told.push(`text ${notified.text}`),
    },
    watchdogMs,
  )
  return { clock, told, notified, say: (text: string) => notified.take(parseNotifyMessage(text)) }
}

test('all of a message counts', () => {
  const { told, say } = rig()
  say('MAINPID=7\nREADY=1\nSTATUS=well\nEXTEND_TIMEOUT_USEC=5000')
  assert.deepEqual(told, ['text well', 'main 7', 'until 5', 'ready'])
})

test('its text is told only when it is another', () => {
  const { told, say } = rig()
  for (const text of ['STATUS=a', 'STATUS=a', 'STATUS=', 'STOPPING=1']) say(text)
  assert.deepEqual(told, ['text a', 'text undefined', 'text stopping'])
})

test('a watchdog begins with readiness, is put off, and is heard of once', () => {
  const { clock, told, notified, say } = rig(100)
  clock.advance(1000)
  assert.equal(clock.waiting, 0)
  notified.watch()
  clock.advance(90)
  say('WATCHDOG=1')
  clock.advance(99)
  assert.deepEqual(told, [])
  clock.advance(1)
  assert.deepEqual(told, ['it has not been heard of for 0.1 s'])
  assert.equal(clock.waiting, 0)
})

test('a watchdog may be set, changed and ended by the run', () => {
  const { clock, told, notified, say } = rig()
  notified.watch()
  assert.equal(clock.waiting, 0)
  say('WATCHDOG_USEC=50000')
  say('WATCHDOG=1\nWATCHDOG_USEC=0')
  clock.advance(100)
  assert.deepEqual(told, [])
  say('WATCHDOG=1\nWATCHDOG_USEC=50000')
  say('STOPPING=1')
  clock.advance(100)
  assert.deepEqual(told, ['text stopping'])
  say('WATCHDOG=trigger')
  assert.deepEqual(told.at(-1), 'it has triggered its watchdog')
  notified.end()
  assert.equal(clock.waiting, 0)
})
