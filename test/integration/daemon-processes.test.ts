// The processes themselves: what they inherit, where they live, what is left of those that can't start, and what the
// daemon does when it runs out of file descriptors.

import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, NetdaemonError } from '../../client-lib/index.ts'
import { inheritedSoftFiles } from '../../daemon/linux/spawn/soft-files.ts'
import type { ProcessSummary } from '../../proto/protocol.ts'
import { DaemonHarness, readAll, statOf, zombiesOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

const pidOf = ({ state }: ProcessSummary): number =>
  'pid' in state && state.pid !== null ? state.pid : assert.fail('it has ended')
const sleeper = { command: 'sleep', args: ['1000'] }

describe('a started process', () => {
  test('has its three standard streams open and nothing else, whatever the daemon has open or inherited', async () => {
    const inherited = openSync('/dev/null', 'r')
    try {
      await using daemon = await DaemonHarness.start({ inherited: [inherited, inherited] })
      const client = await daemon.connect()
      await daemon.connect()
      await client.startAttached({ command: 'cat' })
      for (const stdin of ['pipe', 'null'] as const) {
        // Stopped by itself, it is not in the middle of loading anything.
        const { process } = await client.startAttached({ command: 'sh', args: ['-c', 'kill -STOP $$'], stdin })
        const pid = pidOf(process)
        await waitFor('it to stop', () => statOf(pid)?.state === 'T')
        assert.deepEqual(readdirSync(`/proc/${pid}/fd`).sort(), ['0', '1', '2'])
      }
    } finally {
      closeSync(inherited)
    }
  })

  test('leads a session and a process group of its own', async () => {
    await using daemon = await DaemonHarness.start()
    const pid = pidOf(await (await daemon.connect()).start(sleeper))
    assert.deepEqual({ ...statOf(pid), state: '' }, { state: '', parent: daemon.pid, group: pid, session: pid })
  })

  test('has no signal blocked or ignored', async () => {
    await using daemon = await DaemonHarness.start()
    const pid = pidOf(await (await daemon.connect()).start(sleeper))
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    for (const set of ['SigBlk', 'SigIgn']) assert.match(status, new RegExp(`${set}:\\t0{16}\\n`))
  })

  test('is not told the terminal and the directory of whoever started the daemon', async () => {
    const theirs = { COLUMNS: '7', LINES: '3', PWD: '/theirs', OLDPWD: '/before', KEPT: 'yes' }
    await using daemon = await DaemonHarness.start({ env: theirs })
    const client = await daemon.connect()
    const variables = async (spec: { cwd: string; terminal?: { columns: number; rows: number } }) => {
      const { output } = await client.startAttached({ command: '/usr/bin/env', ...spec })
      const lines = (await readAll(output)).toString().split(/\r?\n/)
      return lines.filter((line) => /^(COLUMNS|LINES|PWD|OLDPWD|KEPT)=/.test(line)).sort()
    }
    assert.deepEqual(await variables({ cwd: '/etc' }), ['KEPT=yes', 'PWD=/etc'])
    const terminal = { columns: 80, rows: 24 }
    assert.deepEqual(await variables({ cwd: '/etc', terminal }), ['KEPT=yes', 'PWD=/etc'])
  })

  test('has the umask, the soft limit of open files and the nice value that it is to have, whatever the daemon has', async () => {
    const before = process.umask(0o077)
    try {
      await using daemon = await DaemonHarness.start({ args: ['--umask', '027', '--nofile', '777'] })
      const client = await daemon.connect()
      // START is answered when all is set; a program that is faster than that may still see another nice value.
      const script = 'stty -echo 2>/dev/null; read go; umask; ulimit -Sn; nice'
      const print = async (spec: { umask?: number; nice?: number; terminal?: { columns: number; rows: number } }) => {
        const attachment = await client.startAttached({ command: 'bash', args: ['-c', script], ...spec })
        await attachment.write('go\n')
        return (await readAll(attachment.output)).toString().replace('go', '').trim().split(/\s+/)
      }
      const own = String(getPriority())
      assert.deepEqual(await print({}), ['0027', '777', own])
      assert.deepEqual(await print({ umask: 0o002, nice: 13 }), ['0002', '777', '13'])
      const terminal = { columns: 80, rows: 24 }
      assert.deepEqual(await print({ umask: 0o007, nice: 14, terminal }), ['0007', '777', '14'])
      const { children } = await client.info()
      assert.deepEqual(children, { umask: 0o027, softFiles: 777, nice: Number(own) })
    } finally {
      process.umask(before)
    }
  })

  test('has the soft limit of open files that the daemon was started with', async () => {
    await using daemon = await DaemonHarness.start()
    const { output } = await (await daemon.connect()).startAttached({ command: 'sh', args: ['-c', 'ulimit -Sn'] })
    // The first ancestor that is not Node is what started the tests.
    const limit = inheritedSoftFiles()
    if (limit !== undefined) assert.equal((await readAll(output)).toString(), `${limit}\n`)
  })

  test('gets the arguments, environment and directory that it was given, and is told who started it', async () => {
    await using daemon = await DaemonHarness.start({ env: { FROM_DAEMON: 'yes' } })
    const client = await daemon.connect()
    const print = async (env?: { inherit: boolean; set?: Record<string, string> }) => {
      const attachment = await client.startAttached({
        command: '/bin/sh',
        args: ['-c', 'echo "$0|$1|$MINE|$FROM_DAEMON|$NETDAEMON_ID|$NETDAEMON_SOCKET"; pwd', 'zero', 'o\nn e'],
        cwd: '/usr',
        ...(env === undefined ? {} : { env }),
      })
      return [(await readAll(attachment.output)).toString(), attachment.process.id] as const
    }
    const [inheriting, id] = await print({ inherit: true, set: { MINE: 'ä=b' } })
    assert.equal(inheriting, `zero|o\nn e|ä=b|yes|${id}|${daemon.socket}\n/usr\n`)
    const [clean, other] = await print({ inherit: false })
    assert.equal(clean, `zero|o\nn e|||${other}|${daemon.socket}\n/usr\n`)
  })

  test('is mirrored: its exit code, or the signal it died of', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const end = async (script: string) => {
      const { handle } = await client.start({ command: 'sh', args: ['-c', `ulimit -c 0; ${script}`] })
      const { at: _, ...state } = (await client.wait(handle)).state as { at: number }
      return state
    }
    assert.deepEqual(await end('exit 0'), { kind: 'exited', code: 0 })
    assert.deepEqual(await end('exit 255'), { kind: 'exited', code: 255 })
    assert.deepEqual(await end('kill -9 $$'), { kind: 'killed', signal: 'SIGKILL', coreDumped: false })
    assert.deepEqual(await end('kill -TERM $$'), { kind: 'killed', signal: 'SIGTERM', coreDumped: false })
  })

  test('is signalled with its whole group, or alone', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const start = async () => {
      const attachment = await client.startAttached({
        command: 'sh',
        args: ['-c', 'sleep 1000 & echo $!; wait'],
      })
      for await (const item of attachment.output) {
        if (item.kind === 'data') return [attachment.process, Number(item.bytes.toString())] as const
      }
      return assert.fail('it said nothing')
    }
    const [group, child] = await start()
    assert.equal(await client.kill(group.id, 'TERM'), 'SIGTERM')
    await client.wait(group.id)
    await waitFor('its child to be gone', () => statOf(child) === undefined)
    const [alone, survivor] = await start()
    await client.kill(alone.id, 'KILL', { scope: 'process' })
    await client.wait(alone.id)
    assert.ok(statOf(survivor) !== undefined)
    process.kill(survivor, 'SIGKILL')
  })

  test('that leaves orphans behind leaves no zombies', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { orphansReaped } = await client.info()
    // In a session of its own, as daemons do it; what it leaves behind is an orphan as well.
    const script = 'for n in 1 2 3 4 5; do (setsid sh -c "(exit 3) & exit 0" > /dev/null 2>&1 &); done'
    const attachment = await client.startAttached({ command: 'sh', args: ['-c', script] })
    await readAll(attachment.output)
    await attachment.exited
    await eventually(
      'the orphans to be reaped',
      () => client.info(),
      (info) => info.orphansReaped === orphansReaped + 10,
    )
    await waitFor('no zombies', () => zombiesOf(daemon.pid).length === 0)
  })
})

describe('a program that cannot be started', () => {
  test('is an error with its errno and what was tried, and leaves no process behind', async () => {
    await using daemon = await DaemonHarness.start({ env: { PATH: '/usr/bin:/bin' } })
    const client = await daemon.connect()
    const { directory } = daemon
    const plain = join(directory, 'plain')
    const script = join(directory, 'script')
    const text = join(directory, 'text')
    writeFileSync(plain, 'x', { mode: 0o644 })
    writeFileSync(script, '#!/no/interpreter\n', { mode: 0o755 })
    writeFileSync(text, 'no program\n', { mode: 0o755 })
    mkdirSync(join(directory, 'sub'))
    const cases: [spec: object, code: string, errno: string | undefined, message: string][] = [
      [{ command: '/no/such' }, 'CANNOT_START', 'ENOENT', 'cannot start "/no/such": no such file (ENOENT)'],
      [
        { command: 'no-such-program' },
        'CANNOT_START',
        'ENOENT',
        'cannot start "no-such-program": no such program in PATH (/usr/bin:/bin) (ENOENT)',
      ],
      [
        { command: plain },
        'CANNOT_START',
        'EACCES',
        `cannot start "${plain}": it is not executable (EACCES); chmod +x makes it so`,
      ],
      [
        { command: join(directory, 'sub') },
        'CANNOT_START',
        'EACCES',
        `cannot start "${directory}/sub": it is a directory (EACCES)`,
      ],
      [
        { command: script },
        'CANNOT_START',
        'ENOENT',
        `cannot start "${script}": its interpreter "/no/interpreter" does not exist (ENOENT)`,
      ],
      [
        { command: text },
        'CANNOT_START',
        'ENOEXEC',
        `cannot start "${text}": it is no program for this system; a script must begin with a line like #!/bin/sh (ENOEXEC)`,
      ],
      [
        { command: '/bin/true', cwd: '/no/such/directory' },
        'CANNOT_START',
        'ENOENT',
        'cannot start "/bin/true": the working directory "/no/such/directory" does not exist (ENOENT)',
      ],
      [
        { command: '/bin/true', cwd: plain },
        'CANNOT_START',
        'ENOTDIR',
        `cannot start "/bin/true": the working directory "${plain}" is not a directory (ENOTDIR)`,
      ],
      [
        { command: '/bin/true', args: ['x'.repeat(200_000)] },
        'CANNOT_START',
        'E2BIG',
        'cannot start "/bin/true": the arguments and the environment are too long (E2BIG); pass large data in a file or through stdin',
      ],
      [
        { command: '/bin/true', args: ['a\0b'] },
        'BAD_REQUEST',
        undefined,
        'START: "spec.args.0" must not contain a NUL byte',
      ],
    ]
    const { started } = await client.info()
    for (const [spec, code, errno, message] of cases) {
      await assert.rejects(client.start({ ...spec, name: 'it' } as Parameters<typeof client.start>[0]), (error) => {
        assert.ok(error instanceof NetdaemonError)
        assert.deepEqual({ code: error.code, errno: error.errno, message: error.message }, { code, errno, message })
        return true
      })
    }
    assert.deepEqual(await client.list(), [])
    assert.equal((await client.info()).started, started)
    // Whoever asked to be attached is not.
    await assert.rejects(client.startAttached({ command: '/no/such' }))
    assert.equal((await client.info()).attachments, 0)
  })

  test('for want of file descriptors is an error, and so is what else needs one; the daemon goes on', async () => {
    await using daemon = await DaemonHarness.start({ openFiles: 48 })
    const client = await daemon.connect()
    const ids: string[] = []
    let refused: unknown
    while (refused === undefined) {
      assert.ok(ids.length < 48)
      await client.start(sleeper).then(
        ({ id }) => ids.push(id),
        (error: unknown) => {
          refused = error
        },
      )
    }
    assert.ok(refused instanceof NetdaemonError)
    assert.equal(refused.code, 'CANNOT_START')
    assert.equal(refused.errno, 'EMFILE')
    assert.match(refused.message, /the daemon has too many files open \(EMFILE\); raise its limit/)
    assert.equal((await client.list()).length, ids.length)
    // Use up what START had no use for, too; then a connection is refused at once and not left waiting.
    const connections = []
    for (;;) {
      const next = await daemon.connect().catch((error: unknown) => error)
      if (next instanceof Error) break
      connections.push(next)
    }
    await assert.rejects(connect({ socket: daemon.socket }), (error) => {
      return error instanceof NetdaemonError && ['LIMIT', 'DISCONNECTED'].includes(error.code)
    })
    // INFO counts its open files, for which it needs one: an ERROR or an answer, and not the end of the connection.
    await client.info().catch((error: unknown) => {
      assert.ok(error instanceof NetdaemonError)
      assert.equal(error.errno, 'EMFILE')
    })
    for (const id of ids) await client.remove(id, { force: true })
    const attachment = await client.startAttached({ command: 'echo', args: ['alive'] })
    assert.equal((await readAll(attachment.output)).toString(), 'alive\n')
  })

  test('leaves the files of the daemon as they were', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const before = daemon.openFiles().length
    for (let n = 0; n < 50; n++)
      await client.start({ command: n % 2 === 0 ? '/no/such' : '/etc/passwd' }).catch(() => undefined)
    assert.equal(daemon.openFiles().length, before)
  })
})

describe('many starts', () => {
  /** By hand: 10000. */
  const STARTS = Number(process.env.NETDAEMON_STARTS ?? 300)

  test(`${STARTS} of /bin/true in a row leave files and memory level, and no zombies`, async (t) => {
    await using daemon = await DaemonHarness.start({ args: ['--retain-count', '100'] })
    const client = await daemon.connect()
    const round = async (count: number) => {
      let left = count
      const worker = async () => {
        while (left-- > 0) {
          const attachment = await client.startAttached({ command: '/bin/true' })
          await readAll(attachment.output)
          assert.deepEqual((await attachment.exited).kind, 'exited')
        }
      }
      await Promise.all([worker(), worker(), worker(), worker()])
    }
    await round(Math.min(STARTS, 1000))
    const files = daemon.openFiles().length
    const memory = daemon.memory()
    await round(STARTS)
    await waitFor('the files to be closed', () => daemon.openFiles().length <= files)
    assert.deepEqual(zombiesOf(daemon.pid), [])
    const grown = daemon.memory() - memory
    t.diagnostic(`memory ${memory} and ${grown} more after ${STARTS} starts; ${files} files`)
    assert.ok(grown < 60_000_000, `memory has grown by ${grown}`)
    assert.equal((await client.list()).length, 100)
    assert.equal((await client.info()).started, 1 + Math.min(STARTS, 1000) + STARTS)
  })
})

test('a name is free again as soon as its process has been removed, and its socket file is where it was', async () => {
  await using daemon = await DaemonHarness.start()
  const client = await daemon.connect()
  for (let n = 0; n < 5; n++) {
    await client.start({ ...sleeper, name: 'web' })
    await client.remove('web', { force: true })
  }
  assert.deepEqual(await client.list(), [])
  assert.ok(existsSync(daemon.socket))
})
