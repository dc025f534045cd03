// What a daemon holds for a while it gives back to the system, also when it has nothing to do afterwards.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { waitFor } from '../support/wait.ts'

const MIB = 1024 * 1024

test('the output of processes that are removed takes no memory any more', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const spec = { command: 'head', args: ['-c', String(32 * MIB), '/dev/zero'], outputLimit: 32 * MIB }
  const ids: string[] = []
  for (let n = 0; n < 4; n++) {
    const { id } = await client.start(spec)
    ids.push(id)
    await client.wait(id)
  }
  const held = daemon.memory()
  assert.ok(held > 128 * MIB)
  for (const id of ids) await client.remove(id)
  await waitFor('the memory to be given back', () => held - daemon.memory() > 100 * MIB)
})
