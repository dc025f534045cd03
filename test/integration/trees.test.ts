// What a process leaves behind when its main process ends, however it hides: it is named, and ended when it is to be.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DaemonHarness, zombiesOf } from '../support/daemon/daemon-harness.ts'
import { corpus, hiding, isDead, livingBelow, startOf } from '../support/daemon/tree-corpus.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Ends by itself once it has left a process in a session of its own. */
const LEAVES_ONE = 'setsid sleep 1000 > /dev/null 2>&1 & until pgrep -P $$ -x sleep > /dev/null; do :; done; echo there'

describe('what outlives a main process', () => {
  for (const [what, script] of Object.entries({ ...corpus, ...hiding })) {
    test(`${what}: is gone after a removal by force`, async () => {
      await using daemon = await DaemonHarness.start()
      const client = await daemon.connect()
      const id = await startOf(client, { name: 'it' }, script)
      const { left } = await client.remove(id, { force: true })
      assert.equal(left, undefined)
      assert.deepEqual(livingBelow(daemon.pid), [])
    })
  }

  test('is counted in the list and named by show, as long as it lives', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const id = await startOf(client, { name: 'web' }, LEAVES_ONE)
    await client.wait(id)
    const [listed] = await client.list()
    assert.equal(listed?.survivors, 1)
    const { left = [] } = await client.show(id)
    assert.deepEqual(
      left.map(({ name }) => name),
      ['sleep'],
    )
    process.kill(left[0]?.pid ?? assert.fail(), 'SIGKILL')
    await eventually(
      'it to be forgotten',
      () => client.list(),
      ([it]) => it?.survivors === undefined,
    )
  })

  test('is named by a removal without force, and ended with the daemon', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const id = await startOf(client, { name: 'web' }, LEAVES_ONE)
    await client.wait(id)
    const { left } = await client.remove(id)
    assert.deepEqual(
      left?.map(({ name }) => name),
      ['sleep'],
    )
    const pid = left?.[0]?.pid ?? assert.fail()
    const { ended, left: stillThere, survivors } = await client.shutdown()
    assert.deepEqual({ ended, stillThere, survivors }, { ended: 1, stillThere: 0, survivors: undefined })
    assert.ok(isDead(pid))
    await daemon.exited()
  })

  test('can be sent a signal as part of the tree', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const id = await startOf(client, { name: 'web' }, LEAVES_ONE)
    await client.wait(id)
    await assert.rejects(client.kill(id, 'TERM'), { code: 'NOT_RUNNING' })
    await client.kill(id, 'TERM', { scope: 'tree' })
    await eventually(
      'it to be gone',
      () => client.list(),
      ([it]) => it?.survivors === undefined,
    )
    await assert.rejects(client.kill(id, 'TERM', { scope: 'tree' }), { code: 'NOT_RUNNING' })
  })
})

test('what nothing tells of cannot be found if things of several runs die in one sweep: nobody ends it', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  // The parent of what hides is the main process, which is killed later.
  const script = `exec python3 -c 'import os,time
if os.fork()==0:
  os.setsid()
  os.execve("/bin/sh",["sh","-c","echo there; exec sleep 1000"],{"PATH":"/bin:/usr/bin"})
time.sleep(1000)'`
  const ids = [await startOf(client, { name: 'a' }, script), await startOf(client, { name: 'b' }, script)]
  const mains = (await client.list()).map(({ state }) => (state.kind === 'running' ? state.pid : assert.fail()))
  const hidden = livingBelow(daemon.pid).filter((pid) => !mains.includes(pid))
  assert.equal(hidden.length, 2)
  daemon.signal('SIGSTOP')
  try {
    for (const pid of mains) process.kill(pid, 'SIGKILL')
    await waitFor('both to have died unnoticed', () => zombiesOf(daemon.pid).length === 2)
  } finally {
    daemon.signal('SIGCONT')
  }
  for (const id of ids) await client.remove(id, { force: true })
  assert.deepEqual(new Set(livingBelow(daemon.pid)), new Set(hidden))
  for (const pid of hidden) process.kill(pid, 'SIGKILL')
  await waitFor('nothing to be left', () => livingBelow(daemon.pid).length === 0)
})
