// Lines, patterns, and probes that are repeated.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LINE_MAX, Lines } from '../../../../daemon/probe/lines.ts'
import { compilePattern } from '../../../../daemon/probe/pattern.ts'
import type { Probe } from '../../../../daemon/probe/probe.ts'
import { repeatProbe } from '../../../../daemon/probe/repeated.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

describe('lines', () => {
  test('are the same however the output is cut', () => {
    const line = fc
      .string({ maxLength: 20 })
      .filter((text) => !/[\r\n]/.test(text) && Buffer.from(text).toString() === text)
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.nat(200)), (lines, cuts) => {
        const told: string[] = []
        const cutter = new Lines((text) => told.push(text))
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b)
        for (const [n, place] of places.entries()) cutter.push(bytes.subarray(places[n - 1] ?? 0, place))
        assert.deepEqual(told, lines)
      }),
    )
  })

  test('are told once, and only their beginning, if they do not end', () => {
    const told: string[] = []
    const lines = new Lines((text) => told.push(text))
    for (let n = 0; n < 100; n++) lines.push(Buffer.alloc(1000, 'x'))
    assert.deepEqual(
      told.map(({ length }) => length),
      [LINE_MAX],
    )
    lines.push(Buffer.from('\nnext\r\nlast'))
    lines.end()
    assert.deepEqual(told.slice(1), ['next', 'last'])
  })

  test('do not depend on the memory that they came in', () => {
    const told: string[] = []
    const lines = new Lines((text) => told.push(text))
    const bytes = Buffer.from('abc')
    lines.push(bytes)
    bytes.fill('z')
    lines.push(Buffer.from('\n'))
    assert.deepEqual(told, ['abc'])
  })
})

describe('a pattern', () => {
  test('is found anywhere in a line', () => {
    assert.ok(compilePattern('\\bDone \\(').foundIn('[12:00] Done (3.2s)! For help'))
    assert.ok(!compilePattern('\\bDone \\(').foundIn('Undone (yet)'))
    assert.ok(compilePattern('(?i)ready$').foundIn('it is READY'))
  })

  test('that would keep a backtracking engine busy for ever is done at once', () => {
    const text = `${'a'.repeat(LINE_MAX)}!`
    for (const source of ['(a+)+$', '(a|aa)+$', '(.*a){20}b', '(a*)*b']) {
      assert.ok(!compilePattern(source).foundIn(text))
    }
  })

  test('that needs to go back, or is too large, is refused', () => {
    for (const source of ['(?=a)', '(a)\\1', '(', '((a{100}){100}){100}']) {
      assert.throws(() => compilePattern(source), { code: 'BAD_REQUEST' })
    }
  })
})

describe('a repeated probe', () => {
  class Rig {
    readonly clock = new ManualClock()
    readonly told: (string | undefined)[] = []
    open = 0
    tell: (problem: string | undefined) => void = () => {}
    readonly probe: Probe = (tell) => {
      this.open += 1
      let over = false
      const end = () => {
        if (!over) this.open -= 1
        over = true
      }
      this.tell = (problem) => {
        if (over) return
        end()
        tell(problem)
      }
      return end
    }
  }

  test('looks one at a time, with a pause after each', () => {
    const rig = new Rig()
    const stop = repeatProbe(rig.probe, { intervalMs: 100, timeoutMs: 1000 }, rig.clock, 0, (p) => rig.told.push(p))
    rig.clock.advance(0)
    assert.equal(rig.open, 1)
    rig.clock.advance(500)
    assert.equal(rig.open, 1)
    rig.tell(undefined)
    assert.equal(rig.open, 0)
    rig.clock.advance(99)
    assert.equal(rig.open, 0)
    rig.clock.advance(1)
    assert.equal(rig.open, 1)
    rig.tell('no')
    assert.deepEqual(rig.told, [undefined, 'no'])
    stop()
    assert.equal(rig.clock.waiting, 0)
  })

  test('is given up when it takes too long', () => {
    const rig = new Rig()
    const stop = repeatProbe(rig.probe, { intervalMs: 100, timeoutMs: 1000 }, rig.clock, 0, (p) => rig.told.push(p))
    rig.clock.advance(1000)
    assert.deepEqual(rig.told, ['no answer within 1 s'])
    assert.equal(rig.open, 0)
    rig.clock.advance(100)
    assert.equal(rig.open, 1)
    stop()
    assert.equal(rig.open, 0)
    assert.equal(rig.clock.waiting, 0)
  })

  test('may be ended from what it tells', () => {
    const rig = new Rig()
    const stop = repeatProbe(rig.probe, { intervalMs: 100, timeoutMs: 1000 }, rig.clock, 0, () => stop())
    rig.clock.advance(0)
    rig.tell(undefined)
    assert.equal(rig.clock.waiting, 0)
  })
})
