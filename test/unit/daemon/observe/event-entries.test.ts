import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { logStartOrEnd } from '../../../../daemon/observe/event-entries.ts'
import { EventLog, type EventSubject } from '../../../../daemon/observe/event-log.ts'

test('each start and each end of a process is an entry, and nothing else is', () => {
  const entries: string[] = []
  const turn = new OutputTurn(setImmediate, Number.POSITIVE_INFINITY)
  const events = new EventLog('run-1', turn, { count: 1, bytes: 1000 }, (event) =>
    logStartOrEnd({ info: (entry) => entries.push(entry) }, event),
  )
  const record = (kind: 'started' | 'stopping' | 'ended' | 'removed', id: string, state: EventSubject['state']) =>
    events.record(kind, { id, handle: 2, name: undefined, labels: { secret: 'label' }, state }, 2)
  record('started', 'web', { kind: 'running', pid: 12, since: 2 })
  record('stopping', 'web', { kind: 'stopping', pid: 12, since: 2, killAt: null })
  record('ended', 'web', { kind: 'exited', code: 3, at: 4 })
  record('removed', 'web', { kind: 'exited', code: 3, at: 4 })
  record('ended', 'game', { kind: 'killed', signal: 'SIGSEGV', coreDumped: true, at: 5 })
  assert.deepEqual(entries, [
    '"web" has started as pid 12',
    '"web" has exited with 3',
    '"game" was killed by SIGSEGV (core dumped)',
  ])
})
