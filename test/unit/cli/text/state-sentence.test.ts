// What a process is, in words.

import { deepEqual, equal } from 'node:assert/strict'
import { it } from 'node:test'
import { isUp, notUpBecause, stateSentence } from '../../../../cli/text/state-sentence.ts'
import type { ProcessState } from '../../../../client-lib/index.ts'

const now = 1_000_000
const exited = { kind: 'exited', run: 3, code: 1, at: now - 5000 } as const

const states: [state: ProcessState, sentence: string, because: string][] = [
  [{ kind: 'waiting', since: now, until: null, unmet: ['redis', 'db'] }, 'waits for redis, db', 'waits for redis, db'],
  [
    { kind: 'starting', run: 2, pid: 12, since: now, readyBy: now + 1500 },
    'is starting as pid 12 (run 2); it must be ready within 2s',
    'must be ready within 2s',
  ],
  [{ kind: 'running', pid: 12, since: now }, 'is running as pid 12', ''],
  [
    { kind: 'running', pid: 12, since: now, run: 4, health: 'down', text: '3\x1b players' },
    'is running as pid 12 (run 4); its health is down; it says: 3\\u001b players',
    'not healthy',
  ],
  [
    { kind: 'stopping', pid: 12, since: now, killAt: now + 8000, why: 'unhealthy' },
    'is stopping because it is not healthy; SIGKILL in 8s',
    'because it is not healthy; SIGKILL in 8s',
  ],
  [{ kind: 'stopping', pid: null, since: now, killAt: null, why: 'new word' }, 'is stopping (new word)', '(new word)'],
  [
    { kind: 'backoff', until: now + 3200, failures: 2, last: exited },
    'starts again in 4s, after 2 failures; run 3 exited with 1',
    'starts again in 4s, after 2 failures',
  ],
  [{ kind: 'exited', code: 3, at: now }, 'exited with 3', ''],
  [{ kind: 'failed', why: '5 starts within 1m', at: now }, 'has failed: 5 starts within 1m', '5 starts within 1m'],
  [{ kind: 'stopped', at: now, last: exited }, 'is stopped; run 3 exited with 1', ''],
  [{ kind: 'stopped', at: now }, 'is stopped', ''],
  [{ kind: 'unknown', word: 'frozen', facts: {} }, 'is frozen', 'is frozen'],
]

it('each state has a clause, and says why the process is not up', () => {
  for (const [state, sentence, because] of states) {
    deepEqual([stateSentence(state, now), notUpBecause(state, now)], [sentence, because])
  }
})

it('up is what runs and is healthy, or has run to its end with success', () => {
  const up = states.filter(([state]) => isUp({ state })).map(([{ kind }]) => kind)
  deepEqual(up, ['running'])
  equal(isUp({ state: { kind: 'exited', code: 0, at: now } }), true)
})
