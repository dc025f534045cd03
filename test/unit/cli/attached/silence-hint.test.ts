// The hint for a program that says nothing: when it comes, and when it does not.

import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SilenceHint } from '../../../../cli/attached/silence-hint.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'

function silence() {
  const clock = new ManualClock()
  const program = { silent: true, hints: 0 }
  const hint = new SilenceHint(
    clock,
    () => program.silent,
    () => {
      program.hints += 1
    },
  )
  return { clock, program, hint }
}

describe('a hint at a silent program', () => {
  it('comes once, some time after a word was expected', () => {
    const { clock, program, hint } = silence()
    clock.advance(60_000)
    equal(program.hints, 0)
    hint.expect()
    hint.expect()
    clock.advance(1999)
    equal(program.hints, 0)
    clock.advance(1)
    equal(program.hints, 1)
    hint.expect()
    clock.advance(60_000)
    equal(program.hints, 1)
  })

  it('does not come when something was written meanwhile, nor after the end', () => {
    const { clock, program, hint } = silence()
    hint.expect()
    program.silent = false
    clock.advance(60_000)
    const ended = silence()
    ended.hint.expect()
    ended.hint[Symbol.dispose]()
    ended.clock.advance(60_000)
    deepEqual([program.hints, ended.program.hints, ended.clock.waiting], [0, 0, 0])
  })
})
