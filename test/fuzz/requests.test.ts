// Requests of every kind with any parameters that the table allows, about processes that there are and that there are not,
// from clients side by side: each gets one answer, none ends a connection, and none is a bug.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RequestName, requests } from '../../proto/protocol.ts'
import type { RawClient } from '../support/client/raw-client.ts'
import { MemoryDaemon } from '../support/daemon/memory-daemon.ts'
import { budget } from '../support/fuzz.ts'
import { arbitraryOf } from '../support/schema-arbitrary.ts'
import { waitFor } from '../support/wait.ts'

type Step =
  | { do: 'ask'; name: RequestName; params: unknown; target: number; client: number }
  | { do: 'write'; target: number; channel: 1 | 2; length: number }
  | { do: 'end'; target: number }
  | { do: 'wait'; ms: number }

/** The daemon's end is another test's. */
const names = (Object.keys(requests) as RequestName[]).filter((name) => name !== 'SHUTDOWN')
const target = fc.nat(9)
/** Longer waits are as good as endless ones to this test, and the clock goes through all that happens meanwhile. */
const LONGEST_MS = 5_000
const ask = (name: RequestName): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant('ask' as const),
    name: fc.constant(name),
    params: arbitraryOf(requests[name].params),
    target,
    client: fc.nat(2),
  })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(...names.map(ask)) },
  { weight: 2, arbitrary: ask('START') },
  { weight: 2, arbitrary: ask('ATTACH') },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      target,
      channel: fc.constantFrom<1 | 2>(1, 2),
      length: fc.integer({ min: 1, max: 2000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
)

/** Parameters that mean something: a program that exists, and mostly processes that do. */
function meaningful(name: RequestName, params: unknown, handle: number | undefined): unknown {
  const given = { ...(params as Record<string, unknown>) }
  if (name === 'START') {
    const spec = given.spec as Record<string, unknown>
    given.spec = { ...spec, command: '/bin/true', cwd: undefined }
  }
  if ('process' in given && handle !== undefined) given.process = handle
  return soon(given)
}

/** The same, with no time that is longer than {@link LONGEST_MS}. */
function soon(value: unknown): unknown {
  if (Array.isArray(value) || value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isTime = (key === 'ms' || key === 'timeoutMs') && typeof inner === 'number'
      return [key, isTime ? Math.min(inner, LONGEST_MS) : soon(inner)]
    }),
  )
}

async function play(steps: readonly Step[]): Promise<void> {
  await using daemon = new MemoryDaemon({ maxProcesses: 6, retainCount: 2 })
  const clients: RawClient[] = [await daemon.client(), await daemon.client(3000), await daemon.client(500)]
  const asked = clients.map(() => new Set<number>())
  const living = () => daemon.children.all.filter(({ pid }) => !ended.has(pid))
  const ended = new Set<number>()
  const end = (at: number) => {
    const child = living()[at % Math.max(1, living().length)]
    if (child === undefined) return
    ended.add(child.pid)
    daemon.children.end(child)
  }
  for (const [index, each] of steps.entries()) {
    const handles = Array.from(daemon.processes.all(), ({ handle }) => handle)
    switch (each.do) {
      case 'ask': {
        const client = clients[each.client]!
        // One in ten processes is a stranger.
        const handle = each.target === 9 ? undefined : handles[each.target % Math.max(1, handles.length)]
        asked[each.client]!.add(
          client.post(requests[each.name].code, meaningful(each.name, each.params, handle), index + 10),
        )
        break
      }
      case 'write':
        living()[each.target % Math.max(1, living().length)]?.write(each.channel, 'x'.repeat(each.length))
        break
      case 'end':
        end(each.target)
        break
      case 'wait':
        await new Promise((resolve) => setImmediate(resolve))
        daemon.clock.advance(each.ms)
    }
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  // What waits for an end gets it: the processes are not wanted any more and end, their places expire, and so do all waits.
  // Nobody reads here, and so nobody may be waited for.
  for (const process of daemon.processes.all()) process.release()
  for (let turn = 0; turn < 8; turn++) {
    for (const process of daemon.processes.all()) if (!process.ended) process.life.stop()
    while (living().length > 0) end(0)
    await new Promise((resolve) => setImmediate(resolve))
    daemon.clock.advance(LONGEST_MS)
  }
  for (const [index, client] of clients.entries()) {
    const answers = () =>
      client.received.flatMap((message) => (message.cmd === 'GENERAL' && message.id >= 10 ? [message.id] : []))
    await waitFor('every request to be answered', () => {
      return client.closed !== undefined || answers().length >= asked[index]!.size
    })
    assert.equal(client.closed, undefined, JSON.stringify(client.abort))
    assert.deepEqual(
      answers().sort((a, b) => a - b),
      [...asked[index]!].sort((a, b) => a - b),
    )
  }
  assert.deepEqual(daemon.logged, [])
  // The places that are kept for them hold output back, until they expire.
  for (const client of clients) client.connection.destroy()
  await waitFor('the sessions to end', () => daemon.openSessions === 0)
  daemon.clock.advance(LONGEST_MS)
}

test('every request gets one answer, whatever is asked and in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => play(steps)),
    { ...budget(100), timeout: 30_000, endOnFailure: true },
  )
})
