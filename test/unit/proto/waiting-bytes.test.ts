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

test('the pieces of one tag are let go of, except the first of all, and the others stay as they are', () => {
  const pieces = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 6000 }), fc.nat(2)), { maxLength: 40 })
  fc.assert(
    fc.property(pieces, fc.nat(5000), fc.nat(2), (all, begun, tag) => {
      const waiting = new WaitingBytes<number>()
      for (const [bytes, its] of all) waiting.push(bytes, its)
      const [first] = all
      const gone = Math.min(begun, (first?.[0].length ?? 1) - 1)
      if (gone > 0) waiting.drop(gone)
      const left = all.map(([bytes, its], index) => ({
        bytes: Buffer.from(bytes.subarray(index === 0 ? gone : 0)),
        its,
      }))
      const expected = left.filter(({ its }, index) => index === 0 || its !== tag)
      const bytesOf = (list: typeof left) => list.reduce((sum, { bytes }) => sum + bytes.length, 0)
      assert.equal(waiting.remove(tag), bytesOf(left) - bytesOf(expected))
      for (const { bytes, its } of expected) {
        assert.deepEqual(waiting.first(), bytes)
        assert.equal(waiting.drop(bytes.length), its)
      }
      assert.equal(waiting.pieces, 0)
    }),
    budget(300),
  )
})
