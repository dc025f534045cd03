// When a process counts as ready, with a real daemon: by its output, by a port, by HTTP, by a command, by a file descriptor, and by
// what it says of itself (sd_notify).

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Attachment, Client, ProcessSpecInput } from '../../client-lib/index.ts'
import { DaemonHarness, zombiesOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

type Ready = NonNullable<NonNullable<ProcessSpecInput['start']>['ready']>

const sh = (script: string, ready: Ready, more: Partial<ProcessSpecInput> = {}): ProcessSpecInput => ({
  command: 'sh',
  args: ['-c', script],
  name: 'it',
  ...more,
  start: { ready, timeoutMs: 60_000, ...more.start },
})

/** Runs Python with a function `say` that sends a datagram to the daemon. */
const python = (script: string, ready: Ready, more: Partial<ProcessSpecInput> = {}): ProcessSpecInput => ({
  ...sh('', ready, more),
  command: 'python3',
  args: [
    '-c',
    `import os,socket,sys,time,array
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)
def say(text, fds=[]):
    s.sendmsg([text.encode()],[(socket.SOL_SOCKET,socket.SCM_RIGHTS,array.array("i",fds))] if fds else [],0,os.environ["NOTIFY_SOCKET"])
${script}`,
  ],
})

const stateOf = async (client: Client) => (await client.show('it')).state
const isRunning = ({ kind }: { kind: string }) => kind === 'running'

/** The text of its output, line by line. */
async function* textOf(attachment: Attachment): AsyncIterable<string> {
  for await (const item of attachment.lines()) if ('text' in item) yield item.text
}

/** Starts it, looks that it is not ready, lets it become so, and waits for that. */
async function becomesReady(client: Client, spec: ProcessSpecInput, let_: () => unknown): Promise<void> {
  const { state } = await client.start(spec)
  assert.equal(state.kind, 'starting')
  const up = client.up('it')
  up.catch(() => {})
  assert.equal((await stateOf(client)).kind, 'starting')
  await let_()
  assert.equal((await up).state.kind, 'running')
}

function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 })
    })
  })
}

describe('a process is ready', () => {
  test('when a line of its output matches, on either channel, however it is cut', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    for (const channel of [1, 2]) {
      const script = `echo Done soon; read a; printf Do >&${channel}; read b; echo 'ne (3 s)!' >&${channel}; cat`
      const attachment = await client.startAttached(sh(script, { kind: 'log', match: '\\bDone \\(' }), {
        from: 'start',
      })
      assert.equal((await stateOf(client)).kind, 'starting')
      await attachment.write('go\n')
      await attachment.write('go\n')
      await client.up('it')
      assert.equal((await stateOf(client)).kind, 'running')
      await client.remove('it', { force: true })
    }
  })

  test('when its port takes connections', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { server, port } = await listening()
    await new Promise((resolve) => server.close(resolve))
    await becomesReady(client, sh('exec sleep 1000', { kind: 'tcp', port, intervalMs: 20 }), () =>
      server.listen(port, '127.0.0.1'),
    )
    await new Promise((resolve) => server.close(resolve))
  })

  test('when its server answers as it should', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    let answer = 'HTTP/1.1 503 no\r\n\r\nready'
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const ready = {
      kind: 'http',
      url: `http://127.0.0.1:${port}/health`,
      match: '"ok"\\s*:\\s*true',
      intervalMs: 20,
    } as const
    await becomesReady(client, sh('exec sleep 1000', ready), () => {
      answer = 'HTTP/1.1 200 OK\r\n\r\n{"ok": true}'
    })
    await new Promise((resolve) => server.close(resolve))
  })

  test('when a command succeeds, of which nothing is left each time', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const file = join(daemon.directory, 'ready')
    const command = ['sh', '-c', `sleep 1000 & setsid sleep 1000 & test "$WORD" = here -a -e ${file}`]
    const spec = sh('exec sleep 1000', { kind: 'exec', command, intervalMs: 20 }, { env: { set: { WORD: 'here' } } })
    await becomesReady(client, spec, () => writeFileSync(file, ''))
    await waitFor('the commands to be gone', () => daemon.descendants().length === 1)
    assert.deepEqual(zombiesOf(daemon.pid), [])
  })

  test('when it writes a newline to its file descriptor, whichever it is', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    for (const fd of [3, 7]) {
      const script = `ls /proc/self/fd | tr '\\n' ' '; echo; read a; echo ready >&${fd}; cat`
      const attachment = await client.startAttached(sh(script, { kind: 'fd', fd }), { from: 'start' })
      for await (const line of textOf(attachment)) {
        assert.deepEqual(
          line
            .trim()
            .split(' ')
            .filter((n) => Number(n) > 2 && Number(n) !== fd).length,
          1,
        )
        break
      }
      const again = await client.attach('it')
      assert.equal((await stateOf(client)).kind, 'starting')
      await again.write('go\n')
      await client.up('it')
      await client.remove('it', { force: true })
    }
  })

  test('not when its time is up: it is stopped, and what was wrong is told', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const command = ['sh', '-c', 'echo the disk is on fire; exit 3']
    await client.start(sh('exec sleep 1000', { kind: 'exec', command }, { start: { timeoutMs: 300 } }))
    await assert.rejects(client.up('it'), { code: 'NOT_UP', message: /"sh" exited with 3: the disk is on fire/ })
    assert.equal((await stateOf(client)).kind, 'failed')
  })

  test('and a pattern that RE2 does not take is refused before anything is started', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await assert.rejects(client.start(sh('exit 0', { kind: 'log', match: '(?=x)' })), { code: 'BAD_REQUEST' })
    assert.deepEqual(await client.list(), [])
  })
})

describe('a process that says how it is', () => {
  const notify = { kind: 'notify' } as const

  test('is ready when it says so; what else it says is in its state', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = `say("STATUS=loading\\x1b[31m worlds"); sys.stdin.readline(); say("READY=1\\nSTATUS=12 players")
sys.stdin.readline(); say("RELOADING=1\\nMONOTONIC_USEC=1"); sys.stdin.readline(); say("READY=1\\nERRNO=2\\nSTATUS="); time.sleep(1000)`
    const it = await client.startAttached(python(script, notify))
    await it.write('go\n')
    const text = (state: Awaited<ReturnType<typeof stateOf>>) => (state.kind === 'running' ? state.text : undefined)
    await client.up('it')
    assert.equal(text(await stateOf(client)), '12 players')
    await it.write('go\n')
    await eventually(
      'it to reload',
      () => stateOf(client),
      (state) => text(state) === 'reloading; 12 players',
    )
    await it.write('go\n')
    await eventually(
      'it to have reloaded',
      () => stateOf(client),
      (state) => text(state) === 'ENOENT',
    )
  })

  test('is believed through a helper of its own, and through systemd-notify', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const helper = `if os.fork() == 0:
    os.setsid(); say("READY=1"); os._exit(0)
time.sleep(1000)`
    await client.start(python(helper, notify))
    await client.up('it')
    await client.remove('it', { force: true })
    if (!existsSync('/usr/bin/systemd-notify')) return
    await client.start(sh('systemd-notify --ready --status=here; exec sleep 1000', notify))
    await client.up('it')
  })

  test('is not when another says so of it', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start(python('sys.stdin.readline(); say("READY=1"); time.sleep(1000)', notify))
    const { log } = daemon
    const liar = await client.startAttached({
      ...python('say("READY=1"); print("said")', { kind: 'after', ms: 0 }),
      name: 'liar',
      env: { set: { NOTIFY_SOCKET: `${daemon.socket}.notify` } },
    })
    await liar.exited
    assert.ok(log.length >= 0)
    assert.equal((await stateOf(client)).kind, 'starting')
    await (await client.attach('it')).write('go\n')
    await client.up('it')
  })

  test('is restarted when its watchdog is not heard of', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = `print(os.environ["WATCHDOG_USEC"], flush=True); say("READY=1")
for n in range(5): say("WATCHDOG=1"); time.sleep(0.02)
say("WATCHDOG=trigger"); time.sleep(1000)`
    const restart = { policy: 'always', delayMs: 10 } as const
    const it = await client.startAttached(python(script, { ...notify, watchdogMs: 60_000 }, { restart }), {
      until: 'removed',
    })
    const lines: string[] = []
    for await (const text of textOf(it)) {
      lines.push(text)
      if (lines.length === 2) break
    }
    assert.deepEqual(lines, ['60000000', '60000000'])
    const { runsKept = [] } = await client.show('it')
    assert.equal(runsKept[0]?.kind, 'killed')
  })

  test('gets the time that it asks for', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script =
      'say("EXTEND_TIMEOUT_USEC=600000000"); print("asked", flush=True); sys.stdin.readline(); say("READY=1"); time.sleep(1000)'
    const it = await client.startAttached(python(script, notify))
    for await (const _line of it.lines()) break
    await eventually(
      'its time to be longer',
      () => stateOf(client),
      (state) => state.kind === 'starting' && state.readyBy > Date.now() + 300_000,
    )
    await (await client.attach('it')).write('go\n')
    await client.up('it')
  })

  test('may hand itself over to a child, and lives as long as that', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = `pid = os.fork()
if pid == 0:
    os.setsid(); sys.stdin.readline(); os._exit(7)
say("MAINPID=%d\\nREADY=1" % pid); print(pid, flush=True); sys.exit(0)`
    const it = await client.startAttached(python(script, notify), { from: 'start' })
    let pid = 0
    for await (const text of textOf(it)) {
      pid = Number(text)
      break
    }
    await eventually(
      'it to be handed over',
      () => stateOf(client),
      (state) => state.kind === 'running' && state.pid === pid,
    )
    await waitFor('the first to be gone', () => daemon.descendants().length === 1)
    const again = await client.attach('it')
    await again.write('go\n')
    const ended = await client.wait('it')
    assert.ok(ended.state.kind === 'exited' && ended.state.code === 7)
  })

  test('has its barrier at once, and no file descriptor is kept for it', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const script = `r,w=os.pipe()
say("FDSTORE=1\\nFDNAME=x",[r]); say("BARRIER=1",[w]); os.close(w); os.read(r,1); say("READY=1"); time.sleep(1000)`
    await client.start(python(script, notify))
    await client.up('it')
    assert.ok(isRunning(await stateOf(client)))
  })

  test('is heard after the socket has been removed, by the next run', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await client.start(python('say("READY=1"); time.sleep(1000)', notify))
    await client.up('it')
    const { rmSync } = await import('node:fs')
    rmSync(`${daemon.socket}.notify`)
    await client.restart('it')
    assert.ok(isRunning(await stateOf(client)))
  })
})
