// What a real tree of processes uses: with its children, its orphans and their children, and none of anybody else's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { eventually } from '../support/wait.ts'

const sh = (text: string) => ({ command: 'sh', args: ['-c', text] })

test('USAGE counts a process with all its descendants, orphans too', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  // A child, a grandchild whose parent ends (a double fork), and a child of that.
  const tree = await client.start(sh('sleep 1000 & (sh -c "sleep 1000 & wait" &) ; wait'))
  const alone = await client.start({ command: 'sleep', args: ['1000'] })
  const ended = await client.start({ command: 'true' })
  await client.wait(ended.handle)
  const { processes, at, processors } = await eventually(
    'all of the tree',
    () => client.usage(),
    (usage) => usage.processes.find(({ handle }) => handle === tree.handle)?.processes === 4,
  )
  assert.deepEqual(
    processes.map(({ handle, processes: count }) => [handle, count]),
    [
      [tree.handle, 4],
      [alone.handle, 1],
    ],
  )
  for (const { memory } of processes) assert.ok(memory > 100_000 && memory < 100_000_000)
  assert.ok(processors >= 1 && at <= Date.now())
  const one = await client.usage({ processes: [alone.handle, ended.handle, 4711] })
  assert.deepEqual(
    one.processes.map(({ handle }) => handle),
    [alone.handle],
  )
})

test('USAGE counts processor time, that of children that have ended too', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  // Until it has used two ticks of 10 ms, however fast the machine is. (Field 14 of its stat.)
  const ticks = '$(cut -d " " -f 14 /proc/$$/stat)'
  const busy = `while [ ${ticks} -lt 2 ]; do i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done; done`
  const { handle } = await client.start(sh(`sh -c '${busy}'; echo done; sleep 1000`))
  await eventually(
    'its work to be done',
    () => client.show(handle),
    ({ output }) => output.end > 0,
  )
  const usage = await eventually(
    'a measurement',
    () => client.usage({ processes: [handle] }),
    ({ processes }) => (processes[0]?.cpuMs ?? 0) > 0,
  )
  assert.ok((usage.processes[0]?.cpuMs ?? 0) >= 10)
})

test('USAGE of many at once is one measurement, and the daemon answers others meanwhile', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  await client.start({ command: 'sleep', args: ['1000'] })
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.usage()))
  assert.ok(new Set(answers.map(({ at }) => at)).size <= 2)
  assert.equal((await client.list()).length, 1)
})
