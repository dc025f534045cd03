// Bytes that wait: in order, in their pieces, and in no more memory than they need.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WaitingBytes } from '../../../proto/waiting-bytes.ts'
import { budget } from '../../support/fuzz.ts'
import { bytesHeld, useUpPool } from '../../support/memory.ts'

test('what comes out is what went in, piece by piece, however they are taken', () => {
  const step = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 9000 }), fc.integer({ min: 1, max: 5000 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const waiting = new WaitingBytes<number>()
      const model: { bytes: Buffer; tag: number }[] = []
      for (const [number, what] of steps.entries()) {
        if (typeof what !== 'number') {
          waiting.push(what, number)
          model.push({ bytes: Buffer.from(what), tag: number })
        }
        const [first] = model
        assert.equal(waiting.pieces, model.length)
        assert.deepEqual(waiting.first(), first?.bytes)
        if (typeof what !== 'number' || first === undefined) continue
        const count = Math.min(what, first.bytes.length)
        assert.equal(waiting.drop(count), first.tag)
        first.bytes = first.bytes.subarray(count)
        if (first.bytes.length === 0) model.shift()
      }
    }),
    budget(300),
  )
})

test('a hundred thousand small pieces are held in little more than their bytes', () => {
  const before = bytesHeld()
  const waiting = new WaitingBytes()
  for (let count = 0; count < 100_000; count++) {
    useUpPool()
    waiting.push(Buffer.from('small'), undefined)
  }
  assert.ok(bytesHeld() - before < 2 * 500_000)
  while (waiting.first() !== undefined) waiting.drop(5)
  assert.ok(bytesHeld() - before < 50_000)
})

test('more cannot be taken than the first piece has', () => {
  const waiting = new WaitingBytes()
  assert.throws(() => waiting.drop(1), /internal error/)
  waiting.push(Buffer.from('ab'), undefined)
  assert.throws(() => waiting.drop(3), /internal error/)
  waiting.clear()
  assert.equal(waiting.first(), undefined)
  assert.equal(waiting.pieces, 0)
})
