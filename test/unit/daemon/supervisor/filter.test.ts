// Which processes a LIST asks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches } from '../../../../daemon/supervisor/filter.ts'
import type { Params, ProcessState } from '../../../../proto/protocol.ts'

const state: ProcessState = { kind: 'running', pid: 1, since: 0 }
const web = { id: 'web-1', name: 'web-1', state, labels: { tier: 'front', team: 'a' } }

const asked: [filter: Partial<Params<'LIST'>>, matches: boolean][] = [
  [{}, true],
  [{ id: 'web' }, true],
  [{ id: 'web-12' }, false],
  [{ id: 'eb' }, false],
  [{ name: 'web-1' }, true],
  [{ name: 'web' }, false],
  [{ states: ['running'] }, true],
  [{ states: ['stopping', 'exited'] }, false],
  [{ states: [] }, false],
  [{ labels: { tier: 'front' } }, true],
  [{ labels: { tier: 'front', team: 'b' } }, false],
  [{ labels: { none: 'x' } }, false],
  [{ id: 'web', labels: { team: 'a' }, states: ['running'] }, true],
  [{ id: 'x', labels: { team: 'a' } }, false],
]
for (const [filter, expected] of asked) {
  test(`${JSON.stringify(filter)} ${expected ? 'finds' : 'does not find'} it`, () => {
    assert.equal(matches(web, { labels: {}, ...filter }), expected)
  })
}
