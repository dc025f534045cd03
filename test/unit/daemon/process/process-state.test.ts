// The state of a process as clients see it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { initialModel, type Model, type State } from '../../../../daemon/process/life-model.ts'
import { lifeSpecOf } from '../../../../daemon/process/life-spec.ts'
import { isAtRest, wireState } from '../../../../daemon/process/process-state.ts'
import { processState } from '../../../../proto/messages/process-shapes.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'
import type { KnownState } from '../../../../proto/protocol.ts'

const plain = lifeSpecOf(v.parse(processSpec, { command: 'x' }))
const service = lifeSpecOf(
  v.parse(processSpec, {
    command: 'x',
    restart: { policy: 'always' },
    start: { ready: { kind: 'after', ms: 5 } },
    stop: {
      steps: [
        { signal: 'INT', waitMs: 100 },
        { send: 'stop', waitMs: 50 },
      ],
    },
  }),
)
const last = { run: 2, end: { kind: 'exited', code: 3 }, at: 200 } as const
const running = { kind: 'running', run: 1, pid: 7, since: 1, ready: 2, health: 'unknown', forgiveAt: null } as const
const stopping = {
  kind: 'stopping',
  ...({ run: 2, pid: 7, since: 1, why: 'requested', step: 0, stepEndsAt: 500, killBy: null, end: undefined } as const),
} as const

const cases: [state: State, runs: number, spec: typeof plain, wire: KnownState][] = [
  [running, 1, plain, { kind: 'running', pid: 7, since: 100 }],
  [
    { ...running, run: 2, health: 'down' },
    ...[2, service, { kind: 'running', pid: 7, since: 100, run: 2, ready: 2, health: 'down' }],
  ] as never,
  [stopping, 2, service, { kind: 'stopping', pid: 7, since: 100, run: 2, killAt: 550, why: 'requested' }],
  [
    { ...stopping, killBy: 510 },
    ...[2, service, { kind: 'stopping', pid: 7, since: 100, run: 2, killAt: 510, why: 'requested' }],
  ] as never,
  [
    { ...stopping, step: 2, pid: null },
    ...[2, service, { kind: 'stopping', pid: null, since: 100, run: 2, killAt: null, why: 'requested' }],
  ] as never,
  [
    { kind: 'starting', run: 2, pid: null, since: 1, readyBy: 9 },
    ...[2, service, { kind: 'starting', run: 2, pid: null, since: 100, readyBy: 9 }],
  ] as never,
  [
    { kind: 'waiting', since: 1, until: null, unmet: ['db'] },
    ...[1, service, { kind: 'waiting', since: 1, until: null, unmet: ['db'] }],
  ] as never,
  [
    { kind: 'backoff', until: 9, failures: 2, last },
    ...[2, service, { kind: 'backoff', until: 9, failures: 2, last: { run: 2, kind: 'exited', code: 3, at: 200 } }],
  ] as never,
  [{ kind: 'exited', last }, 1, plain, { kind: 'exited', code: 3, at: 200 }],
  [{ kind: 'failed', at: 3, why: 'gave up' }, 2, service, { kind: 'failed', why: 'gave up', at: 3 }],
  [
    { kind: 'stopped', since: 3, last },
    ...[2, service, { kind: 'stopped', at: 3, last: { run: 2, kind: 'exited', code: 3, at: 200 } }],
  ] as never,
]

for (const [state, runs, spec, wire] of cases) {
  test(`${JSON.stringify(state)} is told as ${JSON.stringify(wire)}`, () => {
    const model: Model = { ...initialModel(0), state, runs }
    const told = wireState(model, { runStartedAt: 100, spec })
    assert.deepEqual(told, wire)
    assert.deepEqual(v.parse(processState, told), told)
  })
}

test('at rest is what will not run again by itself', () => {
  const atRest = cases.map(([state]) => state).filter(isAtRest)
  assert.deepEqual(
    atRest.map(({ kind }) => kind),
    ['exited', 'failed', 'stopped'],
  )
})
