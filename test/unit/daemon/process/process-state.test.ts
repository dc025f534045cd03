// Every state with every stimulus.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { next, type Stimulus } from '../../../../daemon/process/process-state.ts'
import { isLive } from '../../../../proto/live-state.ts'
import type { KnownState } from '../../../../proto/protocol.ts'

const running: KnownState = { kind: 'running', pid: 7, since: 100 }
const stopping = (killAt: number | null): KnownState => ({ kind: 'stopping', pid: 7, since: 100, killAt })
const exited: KnownState = { kind: 'exited', code: 3, at: 200 }
const killed: KnownState = { kind: 'killed', signal: 'SIGKILL', coreDumped: false, at: 200 }

const stop = (killAt: number | null): Stimulus => ({ kind: 'stop', killAt })
const exit: Stimulus = { kind: 'died', status: { kind: 'exited', code: 3 } }
const kill: Stimulus = { kind: 'died', status: { kind: 'killed', signal: 'SIGKILL', coreDumped: false } }

describe('the state of a process', () => {
  const legal: [from: KnownState, stimulus: Stimulus, to: KnownState][] = [
    [running, stop(500), stopping(500)],
    [running, stop(null), stopping(null)],
    [running, exit, exited],
    [running, kill, killed],
    // A second stop brings the deadline forward, and never puts it off.
    [stopping(500), stop(400), stopping(400)],
    [stopping(500), stop(600), stopping(500)],
    [stopping(500), stop(null), stopping(500)],
    [stopping(null), stop(400), stopping(400)],
    [stopping(null), stop(null), stopping(null)],
    [stopping(500), exit, exited],
    [stopping(500), kill, killed],
  ]
  for (const [from, stimulus, to] of legal) {
    test(`${JSON.stringify(from)} on ${JSON.stringify(stimulus)} becomes ${JSON.stringify(to)}`, () => {
      assert.deepEqual(next(from, stimulus, 200), to)
    })
  }

  for (const from of [exited, killed]) {
    for (const stimulus of [stop(500), stop(null), exit, kill]) {
      test(`${stimulus.kind} cannot come when it has ${from.kind}`, () => {
        assert.throws(() => next(from, stimulus, 200), /internal error/)
      })
    }
  }

  test('it is live until it has died', () => {
    assert.deepEqual([running, stopping(1), exited, killed].map(isLive), [true, true, false, false])
  })
})
