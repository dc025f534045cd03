// Services in all their states, for the tests of the UI.

import type { ProcessSummary } from '../../../cli/tui/protocol-types.ts'
import { NOW, processOf } from './demo-state.ts'

const end = (run: number, at = NOW - 1000) => ({ kind: 'exited', run, code: 1, at, began: at - 4000 }) as const

export const demoServices: readonly ProcessSummary[] = [
  processOf(1, 'web', {
    restart: 'always',
    runs: 3,
    state: { kind: 'running', pid: 1001, since: NOW - 60_000, run: 3, ready: NOW - 59_000, health: 'up' },
  }),
  processOf(2, 'crasher', {
    restart: 'on-failure',
    runs: 4,
    state: { kind: 'backoff', until: NOW + 3400, failures: 4, last: end(4) },
  }),
  processOf(3, 'slow', {
    restart: 'always',
    state: { kind: 'starting', run: 1, pid: 1003, since: NOW - 1000, readyBy: NOW + 29_000 },
  }),
  processOf(4, 'worker', {
    restart: 'always',
    state: { kind: 'waiting', since: NOW - 2000, until: null, unmet: ['slow', 'gone'] },
  }),
  processOf(5, 'ill', {
    restart: 'always',
    state: { kind: 'running', pid: 1005, since: NOW - 60_000, health: 'down' },
  }),
  processOf(6, 'given-up', {
    restart: 'on-failure',
    runs: 5,
    state: { kind: 'failed', why: 'it was started 5 times within 10 s', at: NOW - 500, last: end(5) },
  }),
  processOf(7, 'parked', { restart: 'always', wanted: 'down', state: { kind: 'stopped', at: NOW - 9000 } }),
  processOf(8, 'leaving', {
    restart: 'always',
    wanted: 'down',
    state: { kind: 'stopping', pid: 1008, since: NOW - 60_000, killAt: NOW + 8000, why: 'requested' },
  }),
  processOf(9, 'once', { state: { kind: 'exited', code: 0, at: NOW - 5000 } }),
]
