// A process as SHOW shows it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { type Detailed, describeProcess } from '../../../../daemon/process/process-detail.ts'
import { processDetail } from '../../../../proto/messages/process-shapes.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'

const spec = v.parse(processSpec, { command: 'sh', args: ['-c', ':'], labels: { a: 'b' }, outputLimit: 65_536 })
const client = {
  client: { peerPid: 7, software: 'test' },
  ...{ lossless: true, readOnly: false, size: undefined, cursor: 30, acked: 20 },
}
const shown: Detailed = {
  ...{ id: 'sh-1', handle: 3, name: undefined, command: 'sh -c :', labels: spec.labels, startedAt: 5 },
  state: { kind: 'running', pid: 42, since: 5 },
  log: { start: 10, end: 30, ended: false },
  attachments: 1,
  terminal: undefined,
  program: { id: 'sh-1', spec, path: '/bin/sh', cwd: '/', env: () => ({ SECRET: 'x' }) },
  input: { open: true, taken: 4, queued: 2 },
  held: true,
  survivors: [],
  spec,
  life: { model: { wanted: 'up', runs: 1 }, history: { ends: [] }, linesPassedOver: 0 },
  clients: [client, { ...client, readOnly: true, size: { columns: 80, rows: 24 } }],
}

test('it is how it was started, its input, and its clients, each with how far it has got', () => {
  const detail = describeProcess(shown, false)
  assert.deepEqual(v.parse(processDetail, detail), detail)
  const { path, args, cwd, input, held, outputLimit, clients } = detail
  assert.deepEqual(
    { path, args, cwd, input, held, outputLimit },
    { path: '/bin/sh', args: ['-c', ':'], cwd: '/', input: shown.input, held: true, outputLimit: 65_536 },
  )
  const told = { peerPid: 7, software: 'test', lossless: true, sent: 30, acked: 20 }
  assert.deepEqual(clients, [
    { ...told, readOnly: false },
    { ...told, readOnly: true, size: { columns: 80, rows: 24 } },
  ])
})

test('its variables are told only when asked for', () => {
  assert.equal(describeProcess(shown, false).env, null)
  assert.deepEqual(describeProcess(shown, true).env, { SECRET: 'x' })
})
