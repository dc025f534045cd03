// Following the daemon's events: one reader, bounded, and what it was too slow for is named.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { EVENTS_MAX } from '../../../client-lib/event-feed.ts'
import { NetdaemonError } from '../../../client-lib/index.ts'
import type { ProcessEvent } from '../../../proto/protocol.ts'
import { running, type ScriptedDaemon, scripted } from '../../support/client/scripted-daemon.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

const event = (seq: number): ProcessEvent => ({
  kind: 'started',
  seq,
  at: 1,
  id: 'web',
  handle: 1,
  labels: {},
  state: running,
})

async function answer(daemon: ScriptedDaemon, follow: boolean): Promise<void> {
  const request = await daemon.next('EVENTS')
  assert.equal(request.params.follow, follow)
  daemon.ok<'EVENTS'>(request, { instance: 'run-1', seq: 0 })
}

describe('events', () => {
  it('are delivered in order from where they were asked for, until the reader leaves', async () => {
    const [client, daemon] = await scripted()
    const since = { instance: 'run-0', seq: 5 }
    const feed = client.events({ since })
    const request = await daemon.next('EVENTS')
    assert.deepEqual(request.params, { follow: true, since })
    daemon.ok<'EVENTS'>(request, { instance: 'run-1', seq: 2 })
    for (const seq of [1, 2, 3]) daemon.event(event(seq))
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const item of feed) {
        seen.push(item.kind === 'gap' ? 'gap' : item.seq)
        if (seen.length === 3) break
      }
    })()
    await answer(daemon, false)
    await reading
    assert.deepEqual(seen, [1, 2, 3])
    assert.equal((await feed.next()).done, true)
    await client.close()
  })

  it('that the reader is too slow for are replaced by a gap, oldest first', async () => {
    const [client, daemon] = await scripted()
    const feed = client.events()
    await answer(daemon, true)
    const total = EVENTS_MAX * 3
    for (let seq = 1; seq <= total; seq++) daemon.event(event(seq))
    const asking = client.show('web')
    daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'no' })
    await assert.rejects(asking)
    const first = (await feed.next()).value
    assert.ok(first?.kind === 'gap' && first.from === 1 && first.to < total)
    let expected = first.to + 1
    let kept = 0
    while (expected <= total) {
      const { value } = await feed.next()
      assert.ok(value !== undefined && value.kind !== 'gap')
      assert.equal(value.seq, expected++)
      kept++
    }
    assert.ok(kept >= EVENTS_MAX / 2 && kept <= EVENTS_MAX)
    await client.close()
  })

  it('have one reader at a time, and the next one gets none of the events before its own answer', async () => {
    const [client, daemon] = await scripted()
    const first = client.events()
    await answer(daemon, true)
    await assert.rejects(client.events().next(), code('LIMIT'))
    const stopping = first.return()
    const second = client.events()
    const stop = await daemon.next('EVENTS')
    daemon.event(event(1))
    daemon.ok<'EVENTS'>(stop, { instance: 'run-1', seq: 1 })
    await answer(daemon, true)
    daemon.event(event(2))
    await stopping
    assert.deepEqual((await second.next()).value, event(2))
    await client.close()
  })

  it('that have come are delivered before a lost connection throws', async () => {
    const [client, daemon] = await scripted()
    const feed = client.events()
    await answer(daemon, true)
    daemon.event(event(1))
    daemon.connection.close()
    await client.closed
    assert.deepEqual((await feed.next()).value, event(1))
    await assert.rejects(feed.next(), code('DISCONNECTED'))
    await feed[Symbol.asyncDispose]()
  })

  it('end at once with the reason of their signal', async () => {
    const [client, daemon] = await scripted()
    const controller = new AbortController()
    const feed = client.events({ signal: controller.signal })
    await answer(daemon, true)
    const waiting = feed.next()
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    await answer(daemon, false)
    await assert.rejects(client.events({ signal: controller.signal }).next(), /enough/)
    await client.close()
  })

  it('leave nothing behind at their signal when the connection is lost', async () => {
    const { signal } = new AbortController()
    for (let run = 0; run < 3; run++) {
      const [client, daemon] = await scripted()
      const feed = client.events({ signal })
      await answer(daemon, true)
      daemon.connection.close()
      await assert.rejects(feed.next(), { code: 'DISCONNECTED' })
      await client.close()
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('throw what the daemon answers', async () => {
    const [client, daemon] = await scripted()
    const feed = client.events()
    daemon.error(await daemon.next('EVENTS'), { code: 'LIMIT', message: 'too many follow' })
    await assert.rejects(feed.next(), /too many follow/)
    const again = client.events()
    await answer(daemon, true)
    daemon.event(event(1))
    assert.deepEqual((await again.next()).value, event(1))
    await client.close()
  })
})
