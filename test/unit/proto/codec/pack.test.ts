// Packing: what one value is written into is nobody else's.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decode } from '@msgpack/msgpack'
import { pack } from '../../../../proto/codec/pack.ts'

describe('a packed value', () => {
  test('stays as it is when others are packed after it', () => {
    const values = [{ a: 1 }, 'x'.repeat(100), 'y'.repeat(100_000), [1, 2, 3], 'z'.repeat(20_000), null]
    const packed = values.map((value) => pack(value))
    assert.deepEqual(
      packed.map((bytes) => decode(bytes)),
      values,
    )
  })

  test('keeps no more memory than its own, if it is small', () => {
    pack('x'.repeat(10_000))
    const bytes = pack({ small: true })
    assert.equal(bytes.buffer.byteLength, bytes.length)
  })

  test('comes out right after one that could not be packed', () => {
    const circle: unknown[] = ['x'.repeat(50_000)]
    circle.push(circle)
    assert.throws(() => pack(circle), /deep/)
    assert.deepEqual(decode(pack({ a: ['b'] })), { a: ['b'] })
  })
})
