// Processes on terminals, in a real daemon: what they find there, their output to the last byte, input with back-pressure, job
// control, sizes, and what is left of them.

import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Attachment, type Client, connect, followProcess, NetdaemonError } from '../../client-lib/index.ts'
import { encodeData } from '../../proto/codec/codec.ts'
import type { AttachOptionsInput, TerminalSize } from '../../proto/protocol.ts'
import { DaemonHarness, readAll, statOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

const size: TerminalSize = { columns: 80, rows: 24 }
const lossless: AttachOptionsInput = { from: 'start', lossless: true }
const script = (text: string, terminal = size) => ({ command: 'sh', args: ['-c', text], terminal })

/** What somebody in front of the terminal sees. */
class Watcher {
  readonly attachment: Attachment
  seen = ''
  readonly done: Promise<void>

  constructor(attachment: Attachment) {
    this.attachment = attachment
    this.done = this.#watch()
    this.done.catch(() => {})
  }

  static async start(client: Client, text: string, attach: AttachOptionsInput = lossless): Promise<Watcher> {
    return new Watcher(await client.startAttached(script(text), attach))
  }

  /** Waits for a text, and forgets what came up to it. */
  async until(text: string): Promise<void> {
    await waitFor(`"${text}" after ${JSON.stringify(this.seen.slice(-200))}`, () => this.seen.includes(text))
    this.seen = this.seen.slice(this.seen.indexOf(text) + text.length)
  }

  type(text: string): Promise<void> {
    return this.attachment.write(text)
  }

  async #watch(): Promise<void> {
    for await (const item of this.attachment.output) {
      assert.notEqual(item.kind, 'gap')
      if (item.kind === 'data') this.seen += item.bytes.toString('latin1')
    }
  }
}

describe('a program on a terminal', () => {
  test('has it as its controlling terminal, in the size asked for, and nothing else open', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached(script('stty size; tty; cat /dev/tty'))
    const watcher = new Watcher(attachment)
    await watcher.until('24 80\r\n/dev/pts/')
    await watcher.type('typed at /dev/tty\n')
    await watcher.until('typed at /dev/tty\r\n')
    await watcher.until('typed at /dev/tty\r\n')
    const { state, terminal } = attachment.process
    assert.deepEqual(terminal, size)
    assert.ok(state.kind === 'running')
    assert.deepEqual(readdirSync(`/proc/${state.pid}/fd`).sort(), ['0', '1', '2'])
    assert.deepEqual(
      { ...statOf(state.pid), state: '' },
      { state: '', parent: daemon.pid, group: state.pid, session: state.pid },
    )
    assert.deepEqual(
      (await client.list()).map((process) => process.terminal),
      [size],
    )
  })

  test('erases whole characters, and its output is all of channel 1', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const attachment = await client.startAttached(
      script('echo to stderr >&2; stty -echo; echo ready; read x; echo "[$x]"'),
    )
    const watcher = new Watcher(attachment)
    await watcher.until('to stderr\r\nready\r\n')
    await watcher.type('aé\x7fb\n')
    await watcher.until('[ab]\r\n')
    await watcher.done
  })

  for (const [how, text] of [
    ['', 'seq 1 20000; exit 3'],
    [', though a descendant holds the terminal', 'trap "" HUP; sleep 1000 & seq 1 20000; exit 3'],
  ] as const) {
    test(`has its output complete to the last byte before its exit${how}`, async () => {
      await using daemon = await DaemonHarness.start()
      const client = await daemon.connect()
      const wanted = Array.from({ length: 20_000 }, (_, n) => `${n + 1}\r\n`).join('')
      for (let run = 0; run < 30; run++) {
        const attachment = await client.startAttached({ ...script(text), autoRemove: true })
        assert.equal((await readAll(attachment.output, 1)).toString('latin1'), wanted)
        const state = await attachment.exited
        assert.ok(state.kind === 'exited' && state.code === 3, JSON.stringify(state))
      }
      await daemon.killDescendants()
    })
  }

  test('may be written on by descendants after its end', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const go = join(daemon.directory, 'go')
    const waits = `while [ ! -e ${go} ]; do sleep 0.02; done`
    const { id } = await client.start(script(`trap "" HUP; (${waits}; seq 1 50000) & echo first`))
    await client.wait(id)
    const { output } = await client.show(id)
    assert.deepEqual(output, { start: 0, end: 7, ended: false })
    writeFileSync(go, '')
    const { end } = (
      await eventually(
        'the rest',
        () => client.show(id),
        (process) => process.output.ended,
      )
    ).output
    assert.equal(end, 7 + Array.from({ length: 50_000 }, (_, n) => `${n + 1}\r\n`).join('').length)
  })

  test('that a lossless client does not read waits', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const window = 100_000
    const attachment = await client.startAttached(script('yes | head -c 2000000; sleep 1000'), { ...lossless, window })
    await eventually(
      'it to be held',
      () => client.show(attachment.handle),
      ({ held }) => held,
    )
    const { output } = await client.show(attachment.handle)
    assert.ok(output.end < 1_000_000)
    let read = 0
    for await (const item of attachment.output) {
      assert.notEqual(item.kind, 'gap')
      if (item.kind === 'data') read += item.bytes.length
      if (read === 3_000_000) break
    }
  })

  test('gets SIGHUP when the daemon is killed', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { state } = await client.start(script('trap "exit 0" HUP; while :; do sleep 0.02; done'))
    const pid = 'pid' in state ? state.pid : null
    assert.ok(pid !== null)
    await daemon.killed()
    await waitFor('it to end', () => statOf(pid) === undefined)
    await daemon.launch()
  })

  test('is ended by the daemon though it is a shell, which ignores SIGTERM', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const shell = new Watcher(
      await client.startAttached({
        command: 'bash',
        args: ['--norc', '-i'],
        terminal: size,
        env: { set: { PS1: 'ready>' } },
      }),
    )
    await shell.until('ready>')
    assert.deepEqual(await client.shutdown({ timeoutMs: 60_000 }), { ended: 1, killed: 0, left: 0 })
    assert.equal(await daemon.exited(), 0)
    await daemon.launch()
  })
})

test('the output of a terminal is followed across a lost connection, and goes on at the next byte', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const { id } = await client.start(script('read x; seq 1 30000'))
  const lost: string[] = []
  let connection: Client | undefined
  const followed = followProcess({
    process: id,
    socket: daemon.socket,
    lossless: true,
    keep: { as: 'follower', ms: 60_000 },
    window: 20_000,
    delayMs: () => 1,
    onReconnect: ({ error }) => lost.push(error.code),
    connect: async (options) => {
      connection = await connect(options)
      return connection
    },
  })
  const parts: Buffer[] = []
  const typist = await daemon.connect().then((more) => more.attach(id))
  await typist.write('\n')
  for await (const item of followed) {
    assert.notEqual(item.kind, 'gap')
    if (item.kind !== 'data') continue
    parts.push(item.bytes)
    // The first connection breaks in the middle.
    if (lost.length === 0 && item.offset > 30_000) await connection?.close()
  }
  assert.ok(lost.length > 0)
  const wanted = ['\r\n', ...Array.from({ length: 30_000 }, (_, n) => `${n + 1}\r\n`)].join('')
  assert.equal(Buffer.concat(parts).toString(), wanted)
  assert.equal((await followed.exited).kind, 'exited')
})

describe('what is typed', () => {
  test('controls jobs: Ctrl-Z, fg, Ctrl-C', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const shell = new Watcher(
      await client.startAttached({
        command: 'bash',
        args: ['--norc', '--noprofile', '--noediting', '-i'],
        terminal: size,
        env: { set: { PS1: 'ready>' } },
      }),
    )
    assert.doesNotMatch(shell.seen, /no job control/)
    await shell.until('ready>')
    // Not "echo; cat": a shell that has just vforked when the signal comes waits for a child that is stopped.
    await shell.type('sh -c "echo a job; exec cat"\n')
    await shell.until('a job\r\n')
    await shell.type('\x1a')
    await shell.until('Stopped')
    await shell.until('ready>')
    await shell.type('fg\n')
    await shell.until('cat"\r\n')
    await shell.type('answer me\n')
    await shell.until('answer me\r\nanswer me\r\n')
    await shell.type('\x03')
    await shell.until('ready>')
    await shell.type('echo $?; exit 5\n')
    await shell.until('130\r\n')
    await shell.done
    const state = await shell.attachment.exited
    assert.ok(state.kind === 'exited' && state.code === 5, JSON.stringify(state))
  })

  test('ends with Ctrl-D, at the beginning of a line and in mid-line, and goes on after it', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const watcher = await Watcher.start(client, 'stty -echo; echo ready; for n in 1 2 3; do cat | sed "s/^/$n:/"; done')
    const attach = async () => (await daemon.connect()).attach(watcher.attachment.handle)
    const other = await attach()
    await watcher.until('ready\r\n')
    await other.write('mid-line')
    await other.end()
    await watcher.until('1:mid-line')
    const third = await attach()
    await third.write('a line\n')
    await third.end()
    await watcher.until('2:a line\r\n')
    assert.equal(third.inputOpen, false)
    await watcher.type('raw\n\x04')
    await watcher.until('3:raw\r\n')
    await watcher.done
  })

  test('is what the program has made the end of input', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const watcher = await Watcher.start(
      client,
      'stty -echo eof ^B; echo ready; cat | wc -c; stty raw; echo ready; head -c 1 | od -c',
    )
    await watcher.until('ready\r\n')
    await watcher.type('\x04\n')
    const attach = async () => (await daemon.connect()).attach(watcher.attachment.handle)
    await (await attach()).end()
    await watcher.until('2\r\n')
    await watcher.until('ready\n')
    await (await attach()).end()
    await watcher.until('002')
    await watcher.done
  })

  test('waits while the program does not read, and arrives whole', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const watcher = await Watcher.start(
      client,
      'stty raw -echo; echo ready; sh -c "kill -STOP \\$\\$"; head -c 300000 | cksum',
    )
    await watcher.until('ready\n')
    const bytes = Buffer.alloc(300_000, 'abcdefghijklmnopqrstuvwxyz\r\n\x03\x04')
    let taken = false
    const writing = watcher.attachment.write(bytes).then(() => {
      taken = true
    })
    await eventually(
      'the terminal to be full',
      () => client.show(watcher.attachment.handle),
      ({ input }) => input.queued > 0,
    )
    assert.equal(taken, false)
    // Only now does it read.
    for (const pid of daemon.descendants()) process.kill(pid, 'SIGCONT')
    await writing
    await watcher.done
    assert.match(watcher.seen, /^\d+ 300000\n$/)
  })

  test('is refused of an attachment that is read-only', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { handle } = await client.start(script('read x; echo "[$x]"'))
    const looking = await client.attach(handle, { readOnly: true })
    assert.equal(looking.stream.inputOpen, false)
    assert.equal(looking.inputOpen, false)
    await assert.rejects(
      looking.write('x'),
      (error) => error instanceof NetdaemonError && error.code === 'INPUT_CLOSED',
    )
    const raw = await daemon.raw()
    await raw.hello()
    await raw.request('ATTACH', { process: handle, readOnly: true })
    raw.send(encodeData(handle, 0, 0, Buffer.from('x\n')))
    const abort = await raw.aborted()
    assert.equal(abort.code, 'BAD_PACKET')
    assert.match(abort.message, /read-only/)
    daemon.forget(raw)
    assert.equal((await client.show(handle)).state.kind, 'running')
  })
})

describe('the size of a terminal', () => {
  test('is the smallest of those that look at it and may type, and each is told of a change', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const watcher = await Watcher.start(client, 'trap "stty size" WINCH; echo ready; while :; do sleep 0.02; done', {
      ...lossless,
      size: { columns: 200, rows: 50 },
    })
    await watcher.until('ready')
    const { handle } = watcher.attachment
    const changes: TerminalSize[] = []
    watcher.attachment.onResized((changed) => changes.push(changed))
    assert.deepEqual(watcher.attachment.terminal, { columns: 200, rows: 50 })
    const attach = async (options: AttachOptionsInput) => (await daemon.connect()).attach(handle, options)
    const narrow = await attach({ size: { columns: 40, rows: 60 } })
    assert.deepEqual(narrow.terminal, { columns: 40, rows: 50 })
    await watcher.until('50 40\r\n')
    await attach({ size: { columns: 10, rows: 10 }, readOnly: true })
    await attach({})
    assert.deepEqual(await narrow.resize({ columns: 41, rows: 30 }), { columns: 41, rows: 30 })
    await watcher.until('30 41\r\n')
    assert.deepEqual((await client.show(handle)).terminal, { columns: 41, rows: 30 })
    assert.deepEqual((await client.list())[0]?.terminal, { columns: 41, rows: 30 })
    // One that gives its part up, and one that leaves.
    assert.deepEqual(await narrow.resize(null), { columns: 200, rows: 50 })
    await watcher.until('50 200\r\n')
    await narrow.resize({ columns: 42, rows: 42 })
    await watcher.until('42 42\r\n')
    await narrow.detach()
    await watcher.until('50 200\r\n')
    const lost = await daemon.connect()
    await lost.attach(handle, { size: { columns: 7, rows: 7 } })
    await watcher.until('7 7\r\n')
    await lost.close()
    await watcher.until('50 200\r\n')
    // Nobody takes part any more: it stays.
    assert.deepEqual(await watcher.attachment.resize(null), { columns: 200, rows: 50 })
    assert.deepEqual(changes, [
      { columns: 40, rows: 50 },
      { columns: 41, rows: 30 },
      { columns: 200, rows: 50 },
      { columns: 42, rows: 42 },
      { columns: 200, rows: 50 },
      { columns: 7, rows: 7 },
      { columns: 200, rows: 50 },
    ])
  })

  test('can be stated only of what has a terminal, by who is attached', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const piped = await client.startAttached({ command: 'cat' })
    const fails = (code: string) => (error: unknown) => error instanceof NetdaemonError && error.code === code
    await assert.rejects(piped.resize(size), fails('NO_TERMINAL'))
    const { handle } = await client.start(script('cat'))
    await assert.rejects(client.call('RESIZE', { attachment: handle, size }), fails('NOT_ATTACHED'))
    await piped.detach()
    await assert.rejects(client.attach(piped.handle, { from: 'screen' }), fails('NO_TERMINAL'))
  })
})

test('terminals are gone with their processes', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const terminals = () => daemon.openFiles().filter((path) => /ptmx|pts/.test(path)).length
  const { id } = await client.start(script('read x'))
  assert.equal(terminals(), 3)
  const { id: other } = await client.start(script('read x'))
  assert.equal(terminals(), 6)
  await client.kill(id, 'KILL')
  await client.wait(id)
  await waitFor('the first to be closed', () => terminals() === 3)
  await client.remove(other, { force: true })
  await waitFor('the second to be closed', () => terminals() === 0)
})
