import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isEnded, isLive } from '../../../proto/live-state.ts'
import type { ProcessState } from '../../../proto/protocol.ts'

const states: readonly ProcessState[] = [
  { kind: 'running', pid: 1, since: 0 },
  { kind: 'stopping', pid: 1, since: 0, killAt: null },
  { kind: 'exited', code: 0, at: 1 },
  { kind: 'killed', signal: 'SIGKILL', coreDumped: false, at: 1 },
  { kind: 'unknown', word: 'paused', facts: { pid: 1 } },
]

it('a process lives until it has ended, and of a state that is not known neither is said', () => {
  assert.deepEqual(states.map(isLive), [true, true, false, false, false])
  assert.deepEqual(states.map(isEnded), [false, false, true, true, false])
})
