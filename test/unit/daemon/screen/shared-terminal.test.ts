// Terminals that several clients share: the size rule, what is told of it, and who answers what the terminal is asked. First
// by itself, then in a daemon with children that a test plays.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Slices } from '../../../../daemon/loop/slices.ts'
import { Budget } from '../../../../daemon/memory/budget.ts'
import { OutputLog } from '../../../../daemon/output/output-log.ts'
import { EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'
import { SharedTerminal, type TerminalViewer } from '../../../../daemon/screen/shared-terminal.ts'
import { stopAll } from '../../../../daemon/supervisor/stop-all.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { STDOUT, type TerminalSize } from '../../../../proto/protocol.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import { PlayedStreams } from '../../../support/daemon/played-streams.ts'
import { waitFor } from '../../../support/wait.ts'

const terminal = { columns: 80, rows: 24 }
const library = await EmulatorLibrary.load()

/** A client at the terminal, and how often it was told of something. */
class Viewer implements TerminalViewer {
  countedSize: TerminalSize | undefined
  readonly from: number
  cursor: number
  informed = 0

  constructor(columns?: number, rows?: number, from = 0) {
    this.countedSize = columns === undefined || rows === undefined ? undefined : { columns, rows }
    this.from = from
    this.cursor = from
  }

  inform(): void {
    this.informed += 1
  }
}

class Rig {
  readonly log = new OutputLog(64 * 1024)
  readonly viewers = new Set<Viewer>()
  readonly device = new PlayedStreams()
  readonly terminal: SharedTerminal

  constructor() {
    this.terminal = new SharedTerminal(
      terminal,
      { log: this.log, viewers: this.viewers, onProgress: () => {} },
      {
        slices: new Slices(),
        memory: new Budget(2 ** 30, 0),
        now: () => 0,
        library: () => Promise.resolve(library),
        failed: (error) => assert.fail(String(error)),
      },
    )
    this.terminal.connect(this.device)
  }

  join(viewer: Viewer): Viewer {
    this.viewers.add(viewer)
    this.terminal.joined(viewer)
    return viewer
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer)
    this.terminal.left(viewer)
  }

  print(text: string): void {
    const bytes = Buffer.from(text)
    this.log.append(STDOUT, bytes)
    this.terminal.arrived(bytes)
  }
}

describe('the size of a terminal', () => {
  test('is that of the smallest client that states one, and stays when nobody does', () => {
    const rig = new Rig()
    const { terminal: shared, device } = rig
    const wide = rig.join(new Viewer(100, 20))
    assert.deepEqual(shared.size, { columns: 100, rows: 20 })
    const high = rig.join(new Viewer(60, 50))
    assert.deepEqual(shared.size, { columns: 60, rows: 20 })
    rig.join(new Viewer())
    rig.leave(wide)
    assert.deepEqual(shared.size, { columns: 60, rows: 50 })
    rig.leave(high)
    assert.deepEqual(shared.size, { columns: 60, rows: 50 })
    assert.deepEqual(
      device.sizes.map(({ columns, rows }) => [columns, rows]),
      [
        [100, 20],
        [60, 20],
        [60, 50],
      ],
    )
  })

  test('is another object when it has changed, the same when it has not, and only a change is told', () => {
    const rig = new Rig()
    const viewer = rig.join(new Viewer(90, 30))
    const { size } = rig.terminal
    assert.equal(viewer.informed, 1)
    const other = rig.join(new Viewer(90, 30))
    assert.equal(rig.terminal.size, size)
    viewer.countedSize = { columns: 89, rows: 30 }
    assert.notEqual(rig.terminal.fit(), size)
    assert.deepEqual([viewer.informed, other.informed], [2, 1])
  })

  test('stays when it cannot be set: whoever asks is told so, whoever comes is not refused', () => {
    const rig = new Rig()
    const failure = new NetdaemonError('SYSTEM', 'no', { errno: 'EIO' })
    rig.device.failure = failure
    const viewer = rig.join(new Viewer(90, 30))
    assert.deepEqual(rig.terminal.size, terminal)
    rig.device.failure = failure
    assert.throws(() => rig.terminal.fit(), failure)
    assert.equal(viewer.informed, 0)
    assert.deepEqual(rig.terminal.fit(), { columns: 90, rows: 30 })
    assert.equal(viewer.informed, 1)
  })

  test('stays from when nothing runs in it any more', () => {
    const rig = new Rig()
    rig.terminal.connect(undefined)
    rig.join(new Viewer(90, 30))
    assert.deepEqual([rig.terminal.size, rig.device.sizes], [terminal, []])
  })
})

describe('a question of the process', () => {
  const answers = async (rig: Rig): Promise<string[]> => {
    // The emulator is brought up to date by whoever looks; the first look may load it.
    await rig.terminal.show()
    await rig.terminal.show()
    return rig.device.written
  }

  test('is answered by the daemon when no client shows the terminal', async () => {
    const rig = new Rig()
    rig.join(new Viewer())
    rig.print('\x1b[5n')
    assert.deepEqual(await answers(rig), ['\x1b[0n'])
  })

  test('is answered by the daemon when the client that shows it came later', async () => {
    const rig = new Rig()
    rig.print('\x1b[5n')
    rig.join(new Viewer(80, 24, rig.log.end))
    assert.deepEqual(await answers(rig), ['\x1b[0n'])
  })

  test('is not when a client that shows it has seen it, or will', async () => {
    const rig = new Rig()
    const viewer = rig.join(new Viewer(80, 24))
    rig.print('\x1b[5n')
    assert.deepEqual(await answers(rig), [])
    rig.print('\x1b[5n')
    viewer.cursor = rig.log.end
    rig.leave(viewer)
    assert.deepEqual(await answers(rig), [])
    rig.print('\x1b[5n')
    assert.deepEqual(await answers(rig), ['\x1b[0n'])
  })

  test('is not while too much input waits, or nothing runs in the terminal any more', async () => {
    const rig = new Rig()
    rig.device.queuedBytes = 4097
    rig.print('\x1b[5n')
    assert.deepEqual(await answers(rig), [])
    rig.device.queuedBytes = 4096
    rig.print('\x1b[5n')
    assert.deepEqual(await answers(rig), ['\x1b[0n'])
    rig.print('\x1b[5n')
    rig.terminal.connect(undefined)
    assert.deepEqual(await answers(rig), ['\x1b[0n'])
  })
})

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
    await client.request('RESIZE', { attachment: handle, size: { columns: n, rows: 24 } })
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
  const stopping = stopAll(daemon.processes.all(), 1000, daemon.clock, [], daemon.stopPorts)
  assert.deepEqual(
    [shell.signals, server.signals],
    [
      [15, 1, 18],
      [15, 18],
    ],
  )
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
  await screen.request('DETACH', { attachment: handle })
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
