// What a process leaves behind when its main process ends, however it hides: it is named, and ended when it is to be.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Client } from '../../client-lib/index.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Programs that end, or are killed, and leave something. Each prints one line when what it leaves is there. */
const corpus: Readonly<Record<string, string>> = {
  'a job in the background': 'sleep 1000 & echo there',
  'a session of its own': 'setsid sleep 1000 & sleep 0.1; echo there',
  'setsid and nohup, three deep':
    'setsid nohup sh -c "setsid nohup sh -c \\"setsid nohup sleep 1000 & echo there\\" & wait" > /dev/stdout 2>&1 & wait',
  'a daemon, by a double fork': `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.write(1,b"there\\n")
time.sleep(1000)'`,
  'one that ignores TERM and HUP': `setsid sh -c 'trap "" TERM HUP; echo there; while :; do sleep 1; done' & wait`,
  'one that has stopped itself': `setsid sh -c 'echo there; kill -STOP $$' & wait`,
  'one that changes its group': `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setpgid(0,0)
os.write(1,b"there\\n")
time.sleep(1000)'`,
  'one that makes others all the time': `setsid sh -c 'echo there; i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; wait' & wait`,
}

/** Ends by itself once it has left a process in a session of its own. */
const LEAVES_ONE = 'setsid sleep 1000 > /dev/null 2>&1 & until pgrep -P $$ -x sleep > /dev/null; do :; done; echo there'

async function startIt(client: Client, name: string, script: string): Promise<string> {
  const attachment = await client.startAttached({ command: 'sh', args: ['-c', script], name })
  for await (const item of attachment.output) {
    if (item.kind === 'data' && item.bytes.toString().includes('there')) break
  }
  return attachment.process.id
}

/** Living processes with this variable in the environment that they were executed with. */
function living(daemonPid: number): number[] {
  const waiting = [daemonPid]
  const found: number[] = []
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    for (const child of childrenOf(pid)) {
      if (stateOf(child) !== 'Z') found.push(child)
      waiting.push(child)
    }
  }
  return found
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .charAt(0)
  } catch {
    return 'Z'
  }
}

describe('what outlives a main process', () => {
  for (const [what, script] of Object.entries(corpus)) {
    test(`${what}: is gone after a removal by force`, async () => {
      await using daemon = await DaemonHarness.start()
      const client = await daemon.connect()
      const id = await startIt(client, 'it', script)
      const { left } = await client.remove(id, { force: true })
      assert.equal(left, undefined)
      await waitFor('nothing to be left', () => living(daemon.pid).length === 0)
    })
  }

  test('is counted in the list and named by show, as long as it lives', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const id = await startIt(client, 'web', LEAVES_ONE)
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
    const id = await startIt(client, 'web', LEAVES_ONE)
    await client.wait(id)
    const { left } = await client.remove(id)
    assert.deepEqual(
      left?.map(({ name }) => name),
      ['sleep'],
    )
    const pid = left?.[0]?.pid ?? assert.fail()
    const { ended, left: stillThere, survivors } = await client.shutdown()
    assert.deepEqual({ ended, stillThere, survivors }, { ended: 1, stillThere: 0, survivors: undefined })
    assert.equal(stateOf(pid), 'Z')
    await daemon.exited()
  })

  test('can be sent a signal as part of the tree', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const id = await startIt(client, 'web', LEAVES_ONE)
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

test('what has left its session, lost its parent and cleared its environment is known by when it came', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const id = await startIt(
    client,
    'hidden',
    `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setsid()
os.execve("/bin/sh",["sh","-c","echo there; exec sleep 1000"],{"PATH":"/bin:/usr/bin"})'`,
  )
  await client.remove(id, { force: true })
  await waitFor('nothing to be left', () => living(daemon.pid).length === 0)
})
