// What APPLY will do: which change costs a run, and which does not.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as v from 'valibot'
import { changesOf, type Existing, planOf } from '../../../../daemon/supervisor/plan.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'

const specOf = (fields: object = {}) => v.parse(processSpec, { name: 'web', command: 'node', ...fields })
const existing = (fields: Partial<Existing> = {}): Existing => ({
  ...{ id: 'web', spec: specOf(), source: 's', enabled: true, isUp: true, isAtEnd: false },
  ...fields,
})
const plan = (one: Existing | undefined, spec: object | undefined, prune = false) =>
  planOf(one === undefined ? [] : [one], {
    specs: spec === undefined ? [] : [specOf(spec)],
    source: 's',
    prune,
  }).map(({ action, changes }) => [action, ...changes.map(({ field }) => field)])

describe('the plan', () => {
  test('creates what is not there', () => assert.deepEqual(plan(undefined, {}), [['create']]))
  test('leaves what is as it should be', () => assert.deepEqual(plan(existing(), {}), [['none']]))

  for (const [fields, changed] of [
    [{ labels: { a: 'b' } }, 'labels.a'],
    [{ restart: { policy: 'always' } }, 'restart'],
    [{ stop: { steps: [] } }, 'stop'],
    [{ start: { timeoutMs: 5 } }, 'start'],
    [{ outputLimit: 1024 ** 2 }, 'outputLimit'],
    [{ dependsOn: { db: {} } }, 'dependsOn'],
    [{ reload: { signal: 'HUP' } }, 'reload'],
  ] as const) {
    test(`changes ${changed} in place`, () => assert.deepEqual(plan(existing(), fields), [['update', changed]]))
  }

  for (const [fields, changed] of [
    [{ args: ['x'] }, 'args'],
    [{ command: 'deno' }, 'command'],
    [{ env: { set: { PORT: '1' } } }, 'env.set.PORT'],
    [{ cwd: '/' }, 'cwd'],
    [{ umask: 0 }, 'umask'],
    [{ stdin: 'null' }, 'stdin'],
  ] as const) {
    test(`restarts for ${changed}`, () => assert.deepEqual(plan(existing(), fields), [['restart', changed]]))
    test(`starts with another ${changed} what is down`, () => {
      assert.deepEqual(plan(existing({ isUp: false }), fields), [['start', changed]])
    })
    test(`changes ${changed} of what is disabled and down, and lets it be down`, () => {
      assert.deepEqual(plan(existing({ isUp: false, enabled: false }), fields), [['update', changed]])
    })
  }

  test('replaces what has another kind of streams', () => {
    assert.deepEqual(plan(existing(), { terminal: { columns: 80, rows: 24 } }), [['replace', 'terminal']])
  })

  test('starts what is down, and not what has come to its end', () => {
    assert.deepEqual(plan(existing({ isUp: false }), {}), [['start']])
    assert.deepEqual(plan(existing({ isUp: false, isAtEnd: true }), {}), [['none']])
    assert.deepEqual(plan(existing({ isUp: false, isAtEnd: true }), { args: ['x'] }), [['start', 'args']])
    assert.deepEqual(plan(existing({ isUp: false, isAtEnd: true }), { labels: { a: 'b' } }), [['update', 'labels.a']])
  })

  test('takes over what was started, and leaves what was applied from elsewhere', () => {
    assert.deepEqual(plan(existing({ source: null }), {}), [['update']])
    assert.deepEqual(plan(existing({ source: 'other' }), {}), [['none']])
    assert.deepEqual(plan(existing({ source: 'other' }), {}, true), [['update']])
  })

  test('removes, when asked to, what was applied from the same source', () => {
    assert.deepEqual(plan(existing(), undefined), [])
    assert.deepEqual(plan(existing(), undefined, true), [['remove']])
    assert.deepEqual(plan(existing({ source: 'other' }), undefined, true), [])
    assert.deepEqual(plan(existing({ source: null }), undefined, true), [])
  })
})

test('the changed fields are told by their paths, with both values', () => {
  const [from, to] = [
    specOf({ env: { set: { A: '1', B: '2' } } }),
    specOf({ env: { set: { A: '1', B: '3' } }, args: ['x'] }),
  ]
  assert.deepEqual(changesOf(from, to), [
    { field: 'args', from: [], to: ['x'] },
    { field: 'env.set.B', from: '2', to: '3' },
  ])
})
