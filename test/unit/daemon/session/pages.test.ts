// Long answers come in pages that the project's own client takes, whatever the processes look like.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Process } from '../../../../daemon/process/process.ts'
import { describeProcess } from '../../../../daemon/process/process-detail.ts'
import { processHandlers } from '../../../../daemon/session/process-handlers.ts'
import { type Client, type DaemonContext, Later } from '../../../../daemon/session/request-context.ts'
import { check, UnreadableBody } from '../../../../proto/codec/check.ts'
import { Decoder, elementsOf, encodeMessage, encodeValue } from '../../../../proto/codec/codec.ts'
import { type Params, type ProcessSummary, requests } from '../../../../proto/protocol.ts'

const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`k${n}`, '']))
const nobody = {} as Client

/** The body as a client reads it. */
function read(code: number, body: object): object {
  const decoder = new Decoder()
  decoder.allowParts()
  for (const packet of encodeMessage(code, 1, body)) {
    const message = decoder.decode(packet)
    if (message?.cmd !== 'GENERAL') continue
    assert.ok(!(message.body instanceof UnreadableBody), 'the client refuses it')
    return message.body as object
  }
  return assert.fail('no message')
}

test('of 3,000 processes with 32 labels each page is one that the client takes, and all are told once', () => {
  const all = Array.from({ length: 3000 }, (_, n) => {
    const summary: ProcessSummary = {
      id: `p${n}`,
      handle: n + 1,
      name: `p${n}`,
      command: 'x',
      labels,
      state: { kind: 'killed', signal: 'SIGKILL', coreDumped: false, at: 1 },
      startedAt: 1,
      output: { start: 0, end: 0, ended: true },
      attached: 0,
      terminal: { columns: 80, rows: 24 },
    }
    const bytes = encodeValue(summary)
    return { ...summary, encodedSummary: () => ({ bytes, elements: elementsOf(bytes) }) }
  })
  const processes = { all: (after = 0) => all.slice(after).values() }
  const told: number[] = []
  let after: number | undefined
  do {
    const params: Params<'LIST'> = after === undefined ? { labels: {} } : { labels: {}, after }
    const answer = processHandlers.LIST({ processes } as unknown as DaemonContext, nobody, params)
    assert.ok(!(answer instanceof Later))
    const page = check(requests.LIST.result, read(0xff00, answer.result), 'LIST')
    told.push(...page.processes.map(({ handle }) => handle))
    after = page.next ?? undefined
  } while (after !== undefined)
  assert.deepEqual(
    told,
    Array.from({ length: 3000 }, (_, n) => n + 1),
  )
})

test('SHOW of a process with 5,000 clients tells of the first thousand', () => {
  const client = { client: { peerPid: 1, software: '' }, lossless: false, readOnly: false, size: undefined }
  const clients = Array.from({ length: 5000 }, (_, acked) => ({ ...client, cursor: acked, acked }))
  const detail = describeProcess({ ...(process_ as unknown as Process), clients } as never, false)
  assert.equal(detail.clients.length, 1000)
  assert.equal(detail.clients.at(-1)?.acked, 999)
})

const process_ = {
  survivors: [],
  spec: {},
  life: { model: { wanted: 'up', runs: 1 }, history: { ends: [] } },
  program: { path: '/x', cwd: '/', env: () => ({}), spec: { args: [], stdin: 'pipe', stderr: 'pipe' } },
  log: { start: 0, end: 0, ended: false },
}
