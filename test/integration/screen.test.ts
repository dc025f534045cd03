// The screen of a process in a real daemon: whoever attaches to it sees what somebody sees who was there from the beginning;
// and the daemon answers for the terminal while nobody else does.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Attachment, NetdaemonError } from '../../client-lib/index.ts'
import { type Emulator, EmulatorLibrary } from '../../daemon/screen/emulator.ts'
import type { TerminalSize } from '../../proto/protocol.ts'
import { repository } from '../../scripts/repository.ts'
import { DaemonHarness, daemonProgram, readAll } from '../support/daemon/daemon-harness.ts'
import { stateOf } from '../support/terminal/terminal-output.ts'
import { eventually } from '../support/wait.ts'

const library = await EmulatorLibrary.load()
const size: TerminalSize = { columns: 40, rows: 10 }
const script = (text: string) => ({ command: 'sh', args: ['-c', text], terminal: size })

/** A terminal that was sent the screen of an attachment, and all its output to the end. */
async function terminalOf(attachment: Attachment, shown: TerminalSize = size): Promise<Emulator> {
  const emulator = library.create(shown, () => {})
  emulator.print(Buffer.concat([Buffer.from(attachment.stream.screen ?? ''), await readAll(attachment.output)]))
  return emulator
}

function assertSame(actual: Emulator, expected: Emulator): void {
  assert.deepEqual(stateOf(actual.terminal), stateOf(expected.terminal))
}

test('whoever attaches during a flood of output sees, at its end, what somebody sees who was there from the beginning', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const flood =
    "for n in $(seq 1 3000); do printf '\\033[%dm\\033[%d;%dHline %d\\n漢\\033[K' $((n%8+30)) $((n%9+1)) $((n%30+1)) $n; done"
  const first = await client.startAttached(script(`${flood}; read x; ${flood}`))
  const reference = terminalOf(first)
  const others: Promise<Emulator>[] = []
  for (let n = 0; n < 10; n++) {
    const attachment = await (await daemon.connect()).attach(first.handle, { from: 'screen', lossless: true })
    assert.equal(typeof attachment.stream.screen, 'string')
    others.push(terminalOf(attachment))
  }
  await first.write('\n')
  for (let n = 0; n < 10; n++) {
    const attachment = await (await daemon.connect()).attach(first.handle, { from: 'screen', lossless: true })
    others.push(terminalOf(attachment))
  }
  for (const other of others) assertSame(await other, await reference)
  // Its end is kept, too.
  const late = await client.attach(first.handle, { from: 'screen' })
  assertSame(await terminalOf(late), await reference)
  assert.equal(late.stream.from, (await client.show(first.handle)).output.end)
})

test('the screen of a full-screen program comes with its modes, and in the size that it has', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const started = await client.startAttached(
    script(
      "printf 'shell$ vi\\r\\n\\033[?1049h\\033[?2004h\\033[?25l\\033[?1h\\033[2;9r\\033[5;5Htext'; read x; printf '\\033[?1049l'",
    ),
    { from: 'screen', lossless: true, size: { columns: 30, rows: 8 } },
  )
  assert.equal(started.stream.screen, '')
  const reference = terminalOf(started, { columns: 30, rows: 8 })
  await eventually(
    'the text',
    () => client.show(started.handle),
    ({ output }) => output.end > 50,
  )
  const other = await (await daemon.connect()).attach(started.handle, { from: 'screen', lossless: true })
  for (const text of ['\x1b[?2004h', '\x1b[?25l', '\x1b[?1h', '\x1b[2;8r', '\x1b[?1049h', 'shell$']) {
    assert.ok(other.stream.screen?.includes(text), JSON.stringify([text, other.stream.screen]))
  }
  await other.write('\n')
  const shown = await terminalOf(other, { columns: 30, rows: 8 })
  assertSame(shown, await reference)
  assert.match(shown.terminal.buffer.active.getLine(0)?.translateToString(true) ?? '', /^shell\$ vi/)
})

test('a program that asks its terminal gets one answer, whoever looks on', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const ask =
    "stty raw -echo; printf '\\033[6n'; head -c 6 | od -An -c; echo; sleep 0.05; printf 'rest: '; stty min 0 time 1; cat | od -An -c"
  const { handle } = await client.start(script(ask))
  await client.wait(handle)
  const text = (await readAll((await client.attach(handle, { from: 'start' })).output)).toString()
  assert.match(text, /033 {3}\[ {3}1 {3}; {3}1 {3}R/)
  // A client that shows the terminal to somebody answers; the daemon does not.
  const shown = await client.startAttached(script(ask), { from: 'start', lossless: true, size })
  const items: Buffer[] = []
  let answered = false
  for await (const item of shown.output) {
    if (item.kind !== 'data') continue
    items.push(item.bytes)
    if (!answered && Buffer.concat(items).includes('\x1b[6n')) {
      answered = true
      await shown.write('\x1b[7;7R')
    }
  }
  const seen = Buffer.concat(items).toString()
  assert.match(seen, /033 {3}\[ {3}7 {3}; {3}7 {3}R/)
  assert.match(seen, /rest: $/)
})

test('there is no screen where there is no terminal', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const noTerminal = (error: unknown) => error instanceof NetdaemonError && error.code === 'NO_TERMINAL'
  const { handle } = await client.start({ command: 'cat' })
  await assert.rejects(client.attach(handle, { from: 'screen' }), noTerminal)
  await assert.rejects(client.startAttached({ command: 'cat' }, { from: 'screen' }), noTerminal)
  assert.equal((await client.list()).length, 1)
})

test('a screen that is too large is refused, and its process runs on', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  const { handle } = await client.start({ ...script('echo text; cat'), terminal: { columns: 1000, rows: 1000 } })
  await assert.rejects(
    client.attach(handle, { from: 'screen' }),
    (error) => error instanceof NetdaemonError && error.code === 'LIMIT',
  )
  assert.equal((await client.show(handle)).state.kind, 'running')
})

test('a daemon whose package is removed while it runs still keeps screens', async () => {
  const directory = mkdtempSync('/tmp/ndp-')
  const program = join(directory, 'dist/bin/netdaemon.mjs')
  cpSync(dirname(daemonProgram), dirname(program), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'))
  await using daemon = await DaemonHarness.start({ program })
  rmSync(directory, { recursive: true })
  const client = await daemon.connect()
  const { handle } = await client.start(script("printf 'still here'; read x"))
  await eventually(
    'the text',
    () => client.show(handle),
    ({ output }) => output.end > 0,
  )
  const attachment = await client.attach(handle, { from: 'screen' })
  assert.match(attachment.stream.screen ?? '', /still here/)
})
