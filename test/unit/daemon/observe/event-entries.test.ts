import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { logStartOrEnd } from '../../../../daemon/observe/event-entries.ts'
import { EventLog, type EventSubject } from '../../../../daemon/observe/event-log.ts'

test('each start and each end of a process and of its runs is an entry, and nothing else is', () => {
  const entries: string[] = []
  const turn = new OutputTurn(setImmediate, Number.POSITIVE_INFINITY)
  const events = new EventLog('run-1', turn, { count: 1, bytes: 1000 }, (event) =>
    logStartOrEnd({ info: (entry) => entries.push(entry) }, event),
  )
  const record = (
    kind: 'started' | 'stopping' | 'changed' | 'ended' | 'removed',
    id: string,
    state: EventSubject['state'],
  ) => events.record({ kind }, { id, handle: 2, name: undefined, labels: { secret: 'label' }, state }, 2)
  record('started', 'web', { kind: 'running', pid: 12, since: 2 })
  record('stopping', 'web', { kind: 'stopping', pid: 12, since: 2, killAt: null })
  record('ended', 'web', { kind: 'exited', code: 3, at: 4 })
  record('removed', 'web', { kind: 'exited', code: 3, at: 4 })
  record('ended', 'game', { kind: 'killed', signal: 'SIGSEGV', coreDumped: true, at: 5 })
  const last = { run: 1, kind: 'exited', code: 1, at: 5 } as const
  record('started', 'svc', { kind: 'waiting', since: 1, until: null, unmet: ['db'] })
  record('changed', 'svc', { kind: 'starting', run: 1, pid: 13, since: 1, readyBy: 9 })
  record('changed', 'svc', { kind: 'backoff', until: 9, failures: 1, last })
  record('changed', 'svc', { kind: 'running', pid: 14, since: 1, run: 2 })
  record('ended', 'svc', { kind: 'failed', why: 'gave up', at: 9, last })
  record('ended', 'svc', { kind: 'stopped', at: 9, last })
  assert.deepEqual(entries, [
    '"web" has started as pid 12',
    '"web" has exited with 3',
    '"game" was killed by SIGSEGV (core dumped)',
    '"svc" is waiting',
    '"svc" has exited with 1; it is started again',
    '"svc" runs as pid 14, run 2',
    '"svc" has failed: gave up',
    '"svc" was stopped; it has exited with 1',
  ])
})
