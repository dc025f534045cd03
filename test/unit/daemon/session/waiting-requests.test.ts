// Requests that wait, and those that nobody waits for any more.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestTurn } from '../../../../daemon/loop/request-turn.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { requests, STDOUT } from '../../../../proto/protocol.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

/** In no time: however slow the machine is, requests that come together are carried out in one turn. */
const inOneTurn = () => new RequestTurn(setImmediate, () => 0)

test('WAITs of all clients together are bounded, and each client always has room for some', async () => {
  await using daemon = new MemoryDaemon({}, { available: { memory: 2 ** 30, heap: 2 ** 20 }, requestTurn: inOneTurn() })
  const first = await daemon.client()
  const { child, handle } = await daemon.start(first)
  const ask = (client: typeof first, count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        client.request('WAIT', { process: handle }).then(
          () => 'answered',
          (error: unknown) => (error instanceof NetdaemonError ? error.code : String(error)),
        ),
      ),
    )
  // Of 2^20 / 32 bytes, a KiB each.
  const greedy = ask(first, 100)
  await waitFor('as many as may be', () => daemon.bounds.waiting.used === 32 * 1024)
  const other = await daemon.client()
  const modest = ask(other, 20)
  await waitFor('its share', () => daemon.bounds.waiting.used === 48 * 1024)
  const { kept } = await other.request('INFO', {})
  assert.deepEqual(kept?.waiting, { bytes: 48 * 1024, limit: 32 * 1024 })
  assert.ok((kept?.events.bytes ?? 0) > 0 && (kept?.events.limit ?? 0) > 0)
  daemon.children.end(child)
  const count = (all: string[], word: string) => all.filter((each) => each === word).length
  const [ofFirst, ofOther] = [await greedy, await modest]
  assert.deepEqual([count(ofFirst, 'answered'), count(ofFirst, 'LIMIT')], [32, 68])
  assert.deepEqual([count(ofOther, 'answered'), count(ofOther, 'LIMIT')], [16, 4])
  assert.equal(daemon.bounds.waiting.used, 0)
})

test('what a client that has gone wanted to know is not looked up any more, and what it wanted done is done', async () => {
  // Each request takes all of a turn.
  let now = 0
  await using daemon = new MemoryDaemon({}, { requestTurn: new RequestTurn(setImmediate, () => (now += 10)) })
  const client = await daemon.client()
  let lists = 0
  const { processes } = daemon
  const all = processes.all.bind(processes)
  processes.all = (after) => {
    lists += 1
    return all(after)
  }
  for (let n = 0; n < 10; n++) client.post(requests.LIST.code, {})
  client.post(requests.START.code, { spec: { command: '/bin/true', name: 'left' } })
  client.connection.destroy()
  await waitFor('the session to end', () => daemon.openSessions === 0)
  processes.all = all
  // The first answer finds that nobody is there.
  assert.ok(lists <= 1, String(lists))
  assert.equal(processes.find('left').id, 'left')
  daemon.children.end(daemon.children.last)
})

test('lines are counted back in slices through much output, and the attachment begins at the right one', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { child, handle } = await daemon.start(client, { outputLimit: 16 * 1024 * 1024 })
  const { log } = daemon.processes.find(handle)
  log.append(STDOUT, Buffer.from('first\nlast '))
  for (let n = 0; n < 5; n++) log.append(STDOUT, Buffer.alloc(1024 * 1024, 'x'))
  const answer = await client.request('ATTACH', { process: handle, from: { lines: 1 }, window: 1 })
  assert.equal(answer.stream?.from, 6)
  const further = await client.request('ATTACH', { process: handle, from: { lines: 100 }, window: 1 })
  assert.equal(further.stream?.from, 0)
  // One that goes meanwhile is forgotten.
  const other = await daemon.client()
  other.post(requests.ATTACH.code, { process: handle, from: { lines: 1 }, window: 1 })
  other.connection.destroy()
  await waitFor('it to have gone', () => daemon.openSessions === 1)
  daemon.children.end(child)
})
