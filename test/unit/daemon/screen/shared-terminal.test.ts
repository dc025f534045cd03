// What the daemon tells and does about terminals, with children that a test plays: nothing piles up for those who do not listen,
// and the terminal is answered for once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stopAll } from '../../../../daemon/supervisor/stop-all.ts'
import { STDOUT } from '../../../../proto/protocol.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { waitFor } from '../../../support/wait.ts'

const terminal = { columns: 80, rows: 24 }

test('a client that does not listen is told of many changes of size by one STATUS, of the last', async () => {
  await using daemon = new MemoryDaemon()
  const deaf = await daemon.client(2000)
  const { child, handle } = await daemon.start(deaf, { terminal })
  await deaf.request('ATTACH', { process: handle })
  deaf.connection.pause()
  for (let n = 0; n < 10; n++) {
    const before = daemon.processes.find(handle).log.end
    child.write(STDOUT, 'x'.repeat(500))
    await waitFor('it to be read', () => daemon.processes.find(handle).log.end > before)
  }
  const client = await daemon.client()
  await client.request('ATTACH', { process: handle, size: terminal })
  for (let n = 1; n <= 500; n++) {
    await client.request('RESIZE', { process: handle, size: { columns: n, rows: 24 } })
  }
  assert.equal(client.events('STATUS').length, 500)
  deaf.connection.resume()
  await waitFor('all to come', () => deaf.output(handle).length === 5000 && deaf.events('STATUS').length > 0)
  await deaf.request('INFO', {})
  const told = deaf.events('STATUS')
  assert.ok(told.length < 20, `${told.length} times`)
  assert.deepEqual(told.at(-1)?.terminal, { columns: 500, rows: 24 })
})

test('LIST, SHOW and STATUS tell the size that it has now, and who shows it', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { handle } = await daemon.start(client, { terminal })
  const listed = async () => (await client.request('LIST', {})).processes[0]?.terminal
  assert.deepEqual(await listed(), terminal)
  await client.request('ATTACH', { process: handle, size: { columns: 100, rows: 10 }, readOnly: true })
  assert.deepEqual(await listed(), terminal)
  const other = await daemon.client()
  await other.request('ATTACH', { process: handle, size: { columns: 90, rows: 30 } })
  assert.deepEqual(await listed(), { columns: 90, rows: 30 })
  const shown = (await client.request('SHOW', { process: handle })).process
  assert.deepEqual(shown.terminal, { columns: 90, rows: 30 })
  assert.deepEqual(
    shown.clients.map(({ readOnly, size }) => ({ readOnly, size })),
    [
      { readOnly: true, size: { columns: 100, rows: 10 } },
      { readOnly: false, size: { columns: 90, rows: 30 } },
    ],
  )
  await waitFor('the news', () => client.events('STATUS').length === 1)
  const { inputOpen, terminal: told } = client.events('STATUS')[0] ?? assert.fail()
  assert.deepEqual([inputOpen, told], [false, { columns: 90, rows: 30 }])
  // Of pipes, none of it.
  const { handle: piped } = await daemon.start(client)
  const { process } = await client.request('SHOW', { process: piped })
  assert.equal('terminal' in process, false)
})

test('the end of the daemon hangs terminals up as well, which shells heed', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { child: shell } = await daemon.start(client, { terminal })
  const { child: server } = await daemon.start(client)
  const stopping = stopAll(daemon.processes.all(), 1000, daemon.clock)
  assert.deepEqual([shell.signals, server.signals], [[15, 1], [15]])
  for (const child of [shell, server]) daemon.children.end(child)
  assert.deepEqual(await stopping.done, { ended: 2, killed: 0, left: 0 })
})

test('a terminal is answered for by the daemon, until a client shows it to somebody, and again after that', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { child, handle } = await daemon.start(client, { terminal })
  const { log } = daemon.processes.find(handle)
  // What is typed is echoed, with ^[ for ESC: so the test sees what was answered.
  const printed = async () => (await client.request('SHOW', { process: handle })).process.output.end
  const text = (from: number) => {
    let all = ''
    while (from + all.length < log.end) all += log.read(from + all.length, 1000).bytes.toString('latin1')
    return all
  }
  child.write(STDOUT, '\x1b[5n')
  await waitFor('the answer', () => text(0).includes('^[[0n'))
  const seen = await printed()
  const screen = await daemon.client()
  await screen.request('ATTACH', { process: handle, size: terminal, from: 'screen' })
  child.write(STDOUT, '\x1b[5n')
  await waitFor('it to come', () => screen.output(handle) === '\x1b[5n')
  // The emulator is brought up to date by whoever attaches, and would have answered by then.
  await (await daemon.client()).request('ATTACH', { process: handle, from: 'screen' })
  assert.equal(text(seen), '\x1b[5n')
  await screen.request('DETACH', { process: handle })
  child.write(STDOUT, '\x1b[6n')
  await waitFor('the answer', () => text(seen).includes('^[[1;'))
  assert.equal(text(seen).split('^[').length, 2, text(seen))
})

test('a process that asks and asks, and reads nothing, is not answered for ever', async () => {
  await using daemon = new MemoryDaemon()
  const client = await daemon.client()
  const { child, handle } = await daemon.start(client, { terminal })
  const process = daemon.processes.find(handle)
  for (let n = 0; n < 300; n++) {
    const before = process.log.end
    child.write(STDOUT, '\x1b[c'.repeat(60))
    await waitFor('it to be read', () => process.log.end > before)
  }
  const { input } = (await client.request('SHOW', { process: handle })).process
  assert.ok(input.queued < 8192, `${input.queued} bytes wait`)
})
