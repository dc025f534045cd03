// What is kept of processes is bounded by its bytes: of how they were started, and of their output.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const MIB = 2 ** 20
/** A spec of 1 MiB or so. */
const heavy = { command: '/bin/true', args: Array.from({ length: 30_000 }, () => 'xx') }

test('the specs of ended processes go, oldest first, before a START is refused; running ones keep theirs', async () => {
  await using daemon = new MemoryDaemon({}, { available: { memory: 1024 * MIB, heap: 8 * 3 * MIB } })
  const client = await daemon.client()
  const start = async (name: string) => {
    await client.request('START', { spec: { ...heavy, name } })
    return daemon.children.last
  }
  for (const name of ['a', 'b', 'c']) {
    const child = await start(name)
    if (name !== 'b') daemon.children.end(child)
  }
  await waitFor('the ends', () => [...daemon.processes.all()].filter(({ ended }) => ended).length === 2)
  const ids = () => Array.from(daemon.processes.all(), ({ id }) => id)
  assert.deepEqual(ids(), ['a', 'b', 'c'])
  await start('d')
  assert.deepEqual(ids(), ['b', 'c', 'd'])
  await start('e')
  assert.deepEqual(ids(), ['b', 'd', 'e'])
  await assert.rejects(start('f'), (error) => {
    assert.ok(error instanceof NetdaemonError && error.code === 'LIMIT', String(error))
    assert.match(error.message, /its arguments, variables and labels take \d+ bytes/)
    return true
  })
  // One as others are is started all the same.
  await client.request('START', { spec: { command: '/bin/true', name: 'small' } })
  const { kept } = await client.request('INFO', {})
  assert.ok(kept !== undefined && kept.specs.bytes <= kept.specs.limit && kept.specs.bytes > 2 * MIB)
})

test('when output finds no more room, ended processes go, and the newest output is kept', async () => {
  await using daemon = new MemoryDaemon({}, { available: { memory: 4 * MIB, heap: 1024 * MIB } })
  const client = await daemon.client()
  const print = async (bytes: number) => {
    const { child, id } = await daemon.start(client, { outputLimit: MIB })
    const process = daemon.processes.find(id)
    for (let sent = 0; sent < bytes; sent += 32 * 1024) {
      child.write(1, Buffer.alloc(32 * 1024, 'x'))
      await waitFor('it to be read', () => process.log.end === sent + 32 * 1024)
    }
    return { child, id, process }
  }
  const { output } = daemon.bounds
  assert.equal(output.limit, MIB)
  const ended = [await print(400_000), await print(400_000)]
  for (const { child } of ended) daemon.children.end(child)
  await waitFor('the ends', () => ended.every(({ process }) => process.ended))
  const running = await print(200_000)
  daemon.clock.advance(1)
  const ids = Array.from(daemon.processes.all(), ({ id }) => id)
  assert.deepEqual(ids, [ended[1]?.id, running.id])
  assert.ok(output.used <= output.limit)
})
