// The graceful end of all processes, with a clock that stands still and children that a test plays.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stopAll } from '../../../../daemon/supervisor/stop-all.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

describe('ending all processes', () => {
  test('waits for a client that does not read until the timeout, and no longer', async () => {
    await using daemon = new MemoryDaemon()
    const reader = await daemon.client()
    const keep = { as: 'place', ms: 60_000 }
    const { process } = await reader.request('START', {
      spec: { command: '/bin/true', outputLimit: 64 * 1024 },
      attach: { from: 'start', lossless: true, window: 10, keep },
    })
    const child = daemon.children.last
    child.write(1, 'x'.repeat(100))
    await waitFor('it to be held', () => daemon.processes.find(process.handle).detail(false).held)
    const { done } = stopAll(daemon.processes.all(), 3000, daemon.clock, [], daemon.stopPorts)
    daemon.children.end(child)
    daemon.clock.advance(3000)
    assert.deepEqual(await done, { ended: 1, killed: 0, left: 0 })
  })

  test('TERM first, KILL after the deadline, and a count of what it took', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const willing = await daemon.start(client)
    const stubborn = await daemon.start(client)
    const immortal = await daemon.start(client)
    const { child: gone, handle: ended } = await daemon.start(client)
    daemon.children.end(gone)
    await waitFor('its end', () => daemon.processes.find(ended).ended)
    let result: object | undefined
    const stopping = stopAll(daemon.processes.all(), 3000, daemon.clock, [], daemon.stopPorts).done.then((counts) => {
      result = counts
    })
    for (const { child } of [willing, stubborn, immortal]) assert.deepEqual(child.signals, [15, 18])
    const { state } = daemon.processes.find(stubborn.handle)
    assert.ok(state.kind === 'stopping' && state.killAt === daemon.clock.now() + 3000)
    daemon.children.end(willing.child)
    daemon.clock.advance(2999)
    assert.deepEqual(stubborn.child.signals, [15, 18])
    daemon.clock.advance(1)
    assert.deepEqual(stubborn.child.signals, [15, 18, 9])
    assert.deepEqual(immortal.child.signals, [15, 18, 9])
    assert.deepEqual(willing.child.signals, [15, 18])
    daemon.children.end(stubborn.child, { signal: 9 })
    await waitFor('the ends', () => daemon.processes.find(stubborn.handle).ended)
    await waitFor('the ends', () => daemon.processes.find(willing.handle).ended)
    await client.request('LIST', {})
    assert.equal(result, undefined, 'one is still there')
    daemon.clock.advance(2000)
    await stopping
    assert.deepEqual(result, { ended: 1, killed: 1, left: 1 })
  })

  test('can be hurried, and needs nothing where nothing runs', async () => {
    await using daemon = new MemoryDaemon()
    assert.deepEqual(await stopAll([], 1000, daemon.clock, [], daemon.stopPorts).done, { ended: 0, killed: 0, left: 0 })
    const { child } = await daemon.start(await daemon.client())
    const stop = stopAll(daemon.processes.all(), 60_000, daemon.clock, [], daemon.stopPorts)
    stop.hurry()
    assert.deepEqual(child.signals, [15, 18, 9])
    daemon.children.end(child, { signal: 9 })
    assert.deepEqual(await stop.done, { ended: 0, killed: 1, left: 0 })
  })

  test('waits as long as one after the other goes after SIGKILL, and not for one that stays', async () => {
    await using daemon = new MemoryDaemon()
    const client = await daemon.client()
    const [first, second] = [await daemon.start(client), await daemon.start(client)]
    await daemon.start(client)
    const stop = stopAll(daemon.processes.all(), 60_000, daemon.clock, [], daemon.stopPorts)
    stop.hurry()
    for (const { child, handle } of [first, second]) {
      daemon.clock.advance(1500)
      daemon.children.end(child, { signal: 9 })
      await waitFor('its end', () => daemon.processes.find(handle).ended)
    }
    daemon.clock.advance(2000)
    assert.deepEqual(await stop.done, { ended: 0, killed: 2, left: 1 })
  })

  test('does not last longer for being hurried again and again', async () => {
    await using daemon = new MemoryDaemon()
    const immortal = await daemon.start(await daemon.client())
    const stop = stopAll(daemon.processes.all(), 60_000, daemon.clock, [], daemon.stopPorts)
    for (let second = 0; second < 4; second++) {
      stop.hurry()
      daemon.clock.advance(1000)
    }
    assert.deepEqual(immortal.child.signals, [15, 18, 9])
    assert.deepEqual(await stop.done, { ended: 0, killed: 0, left: 1 })
  })
})
