// Messages that have begun to come: bounded together, and in time.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Parts } from '../../../../proto/codec/parts.ts'
import { UnfinishedMessages } from '../../../../proto/codec/unfinished-messages.ts'
import type { NetdaemonError } from '../../../../proto/errors.ts'
import { MESSAGE_MAX } from '../../../../proto/limits.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

function setUp(bytesMax: number) {
  const clock = new ManualClock()
  const unfinished = new UnfinishedMessages({
    bytesMax,
    deadlineMs: 1000,
    after: (delayMs, callback) => clock.after(delayMs, callback),
  })
  const ended: string[] = []
  const account = (name: string) => unfinished.account((error: NetdaemonError) => ended.push(`${name} ${error.code}`))
  return { clock, unfinished, ended, account }
}

test('the oldest have to go, until the rest is little enough', () => {
  const { unfinished, ended, account, clock } = setUp(100)
  const [a, b, c] = [account('a'), account('b'), account('c')]
  a.hold(40)
  b.hold(40)
  a.hold(50)
  assert.equal(unfinished.bytes, 90)
  c.hold(60)
  assert.deepEqual(ended, ['a LIMIT'])
  assert.equal(unfinished.bytes, 100)
  c.hold(90)
  assert.deepEqual(ended, ['a LIMIT', 'b LIMIT'])
  c.release()
  c.release()
  assert.equal(unfinished.bytes, 0)
  assert.equal(clock.waiting, 0)
})

test('that of the caller itself has to go if it is the oldest', () => {
  const { unfinished, ended, account } = setUp(100)
  const [a, b] = [account('a'), account('b')]
  a.hold(60)
  b.hold(30)
  assert.throws(() => a.hold(80), { code: 'LIMIT' })
  assert.deepEqual(ended, [])
  assert.equal(unfinished.bytes, 30)
})

test('the deadline counts from the first PART, and begins anew with the next message', () => {
  const { unfinished, ended, account, clock } = setUp(100)
  const a = account('a')
  a.hold(1)
  clock.advance(600)
  a.hold(2)
  a.release()
  a.hold(3)
  clock.advance(600)
  assert.deepEqual(ended, [])
  clock.advance(400)
  assert.deepEqual(ended, ['a TIMEOUT'])
  assert.equal(unfinished.bytes, 0)
})

test('memory of PARTs goes back to the system when they are dropped, and when they are complete', () => {
  const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  const piece = Buffer.alloc(60_000, 1)
  const before = resident()
  const all = Array.from({ length: 16 }, () => new Parts(MESSAGE_MAX, undefined))
  for (const parts of all) while (parts.length + piece.length <= MESSAGE_MAX) parts.add(piece)
  const half = 8 * MESSAGE_MAX
  assert.ok(resident() - before > half)
  for (const [index, parts] of all.entries()) {
    if (index % 2 === 0) parts.clear()
    else assert.ok(parts.take((whole) => whole.length) > MESSAGE_MAX - piece.length)
    assert.equal(parts.length, 0)
  }
  assert.ok(resident() - before < half)
  const [first = assert.fail()] = all
  first.add(Buffer.from('and '))
  first.add(Buffer.from('again'))
  assert.equal(
    first.take((whole) => whole.toString()),
    'and again',
  )
})
