// The daemon's own life: how it begins, that there is one for each socket, how it ends, and what its death leaves.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Client, connect, NetdaemonError } from '../../client-lib/index.ts'
import type { ProcessSummary } from '../../proto/protocol.ts'
import { DaemonHarness, daemonProgram, statOf } from '../support/daemon/daemon-harness.ts'
import { eventually, waitFor } from '../support/wait.ts'

/** Says "ready", ignores TERM, and stays. */
const stubborn = { command: 'sh', args: ['-c', 'trap "" TERM; echo ready; while :; do sleep 1000; done'] }

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs netdaemon to its end, or to its going into the background. */
async function netdaemon(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [daemonProgram, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text: Buffer) => {
    stdout += text
  })
  child.stderr.on('data', (text: Buffer) => {
    stderr += text
  })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

const pidOf = ({ state }: ProcessSummary): number =>
  'pid' in state && state.pid !== null ? state.pid : assert.fail('it has ended')
const alive = (pid: number): boolean => statOf(pid) !== undefined && statOf(pid)?.state !== 'Z'

describe('one daemon for each socket', () => {
  test('a second one says who has it, and ends with 1', async () => {
    await using daemon = await DaemonHarness.start()
    const second = await netdaemon('--socket', daemon.socket)
    assert.equal(second.code, 1)
    assert.equal(second.stderr, `netdaemon: another netdaemon (pid ${daemon.pid}) owns ${daemon.socket}\n`)
    assert.equal((await (await daemon.connect()).info()).pid, daemon.pid)
  })

  test('of many that start at once, one wins, and the others name it', async () => {
    await using daemon = await DaemonHarness.start()
    daemon.signal('SIGTERM')
    await daemon.exited()
    const racers = Array.from({ length: 4 }, () => netdaemon('--background', '--socket', daemon.socket))
    const ended = await Promise.all(racers)
    const [winner, ...others] = ended.filter(({ code }) => code === 0)
    const pid = /running as pid (\d+)/.exec(winner?.stderr ?? '')?.[1]
    assert.ok(pid !== undefined && others.length === 0, JSON.stringify(ended))
    for (const { code, stderr } of ended) {
      if (code === 0) continue
      assert.equal(code, 1)
      // One that looks before the winner has written its pid can't name it.
      assert.match(stderr, /^netdaemon: another netdaemon( \(pid \d+\))? owns /)
    }
    await (await daemon.connect()).shutdown()
    await waitFor('it to end', () => !existsSync(`/proc/${pid}`))
  })

  test('after kill -9 the next one takes the socket over without a word', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    await daemon.killed()
    const error = (await client.closed) ?? assert.fail('the client was not told')
    assert.equal(error.code, 'DISCONNECTED')
    assert.match(error.message, /the daemon closed the connection: it has ended, or was killed; connect again/)
    assert.ok(existsSync(daemon.socket), 'the stale socket is there')
    await assert.rejects(
      connect({ socket: daemon.socket }),
      (failure) =>
        failure instanceof NetdaemonError && failure.code === 'NO_DAEMON' && failure.errno === 'ECONNREFUSED',
    )
    daemon.log = ''
    await daemon.launch()
    assert.doesNotMatch(daemon.log, /error|warning|stale/i)
    assert.deepEqual(await (await daemon.connect()).list(), [])
  })

  test('a socket named from here is found from everywhere', async () => {
    await using daemon = await DaemonHarness.start()
    const socket = join(daemon.directory, 'r')
    const child = spawn(process.execPath, [daemonProgram, '--socket', './r', '--ready-fd', '3'], {
      cwd: daemon.directory,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    // Its file is there a moment before it listens.
    let ready = ''
    child.stdio[3]?.on('data', (text: Buffer) => {
      ready += text
    })
    await waitFor('it to be ready', () => ready.endsWith('\n'))
    await using client = await connect({ socket })
    assert.equal((await client.info()).address, socket)
    const spec = { command: 'sh', args: ['-c', 'test "$NETDAEMON_SOCKET" = "$0"', socket], cwd: '/' }
    const { id } = await client.start(spec)
    const { state } = await client.wait(id)
    assert.ok(state.kind === 'exited' && state.code === 0)
    await client.shutdown()
    if (child.exitCode === null) await once(child, 'exit')
  })

  test('what is not a socket is not removed', async () => {
    await using daemon = await DaemonHarness.start()
    const path = join(daemon.directory, 'file')
    writeFileSync(path, 'precious')
    const { code, stderr } = await netdaemon('--socket', path)
    assert.equal(code, 1)
    assert.match(stderr, /cannot listen on .*: it exists and is not a socket/)
    assert.equal(readFileSync(path, 'utf8'), 'precious')
    assert.equal(existsSync(`${path}.lock`), false)
  })

  test('its socket and its lock are its user’s alone', async () => {
    await using daemon = await DaemonHarness.start()
    assert.equal(statSync(daemon.socket).mode & 0o777, 0o600)
    assert.equal(statSync(`${daemon.socket}.lock`).mode & 0o777, 0o600)
    assert.equal(readFileSync(`${daemon.socket}.lock`, 'utf8'), `${daemon.pid}\n`)
  })
})

describe('ending', () => {
  test('TERM first, KILL after the deadline; the answer counts, and then nothing is left', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const willing = await client.start({ command: 'sleep', args: ['1000'] })
    const attachment = await client.startAttached(stubborn)
    for await (const item of attachment.output) if (item.kind === 'data') break
    const pids = [pidOf(willing), pidOf(attachment.process)]
    const { pid } = daemon
    // The deadline is a day, and is cut short once the willing one has ended: no machine is too slow for that.
    let counts: object | undefined
    const stopped = client.shutdown({ timeoutMs: 86_400_000 }).then((answer) => {
      counts = answer
    })
    await client.wait(willing.id)
    assert.deepEqual(pids.map(alive), [false, true])
    // The second signal is heeded, and two that come at once may be one.
    await waitFor('the answer', () => {
      if (counts === undefined) daemon.signal('SIGTERM')
      return counts !== undefined
    })
    await stopped
    assert.deepEqual(counts, { ended: 1, killed: 1, left: 0 })
    for (const ended of pids) assert.equal(alive(ended), false)
    assert.equal(await daemon.exited(), 0)
    assert.equal(existsSync(`/proc/${pid}`), false)
    assert.equal(await client.closed.then((error) => error?.code), 'DISCONNECTED')
  })

  test('when it answers, the next daemon can begin, although another client does not close', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const stuck = await daemon.raw()
    await stuck.hello()
    stuck.connection.pause()
    await client.shutdown()
    const next = await netdaemon('--background', '--socket', daemon.socket)
    assert.equal(next.code, 0, next.stderr)
    const pid = Number(/running as pid (\d+)/.exec(next.stderr)?.[1])
    assert.equal(await daemon.exited(), 0)
    await using other = await connect({ socket: daemon.socket })
    assert.equal((await other.info()).pid, pid)
    await other.shutdown()
    await waitFor('it to end', () => !existsSync(`/proc/${pid}`))
    stuck.connection.resume()
  })

  test('a descendant that outlives its process is ended too, and counted', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    // The descendant says its pid once it ignores TERM; the process itself dies of it.
    const script = '(trap "" TERM; echo $BASHPID; while :; do sleep 1000; done) & exec sleep 1000'
    const attachment = await client.startAttached({ command: 'bash', args: ['-c', script] })
    let descendant = 0
    for await (const item of attachment.output) {
      if (item.kind !== 'data') continue
      descendant = Number(item.bytes.toString())
      break
    }
    assert.equal(alive(descendant), true)
    assert.deepEqual(await client.shutdown({ timeoutMs: 100 }), { ended: 0, killed: 1, left: 0 })
    assert.equal(alive(descendant), false)
    assert.equal(await daemon.exited(), 0)
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const) {
    test(`${signal} ends the processes and then the daemon, with exit code 0`, async () => {
      await using daemon = await DaemonHarness.start({ args: ['--stop-timeout', '100ms'] })
      const client = await daemon.connect()
      const attachment = await client.startAttached(stubborn)
      for await (const item of attachment.output) if (item.kind === 'data') break
      daemon.signal(signal)
      assert.equal(await daemon.exited(), 0)
      assert.equal(alive(pidOf(attachment.process)), false)
    })
  }

  test('a second signal does not wait for the deadline', async () => {
    await using daemon = await DaemonHarness.start({ args: ['--stop-timeout', '1d'] })
    const client = await daemon.connect()
    const attachment = await client.startAttached(stubborn)
    for await (const item of attachment.output) if (item.kind === 'data') break
    daemon.signal('SIGTERM')
    await eventually(
      'it to be stopping',
      () => client.show(attachment.handle),
      ({ state }) => state.kind === 'stopping',
    )
    await assert.rejects(client.start({ command: 'true' }), /the daemon is ending/)
    daemon.signal('SIGTERM')
    assert.equal(await daemon.exited(), 0)
    assert.equal(alive(pidOf(attachment.process)), false)
  })

  for (const how of ['SHUTDOWN', 'SIGTERM']) {
    test(`with leave, by ${how}, the processes run on and can write`, async () => {
      await using daemon = await DaemonHarness.start({ args: how === 'SIGTERM' ? ['--leave'] : [] })
      const client = await daemon.connect()
      const go = join(daemon.directory, 'go')
      const result = join(daemon.directory, 'result')
      execFileSync('mkfifo', [go])
      const { state } = await client.start({
        command: 'sh',
        args: ['-c', `read go < ${go}; echo after; echo "wrote $?" > ${result}; exec sleep 1000`],
      })
      const { pid } = state as { pid: number }
      if (how === 'SHUTDOWN') assert.deepEqual(await client.shutdown({ leave: true }), { ended: 0, killed: 0, left: 1 })
      else daemon.signal('SIGTERM')
      assert.equal(await daemon.exited(), 0)
      execFileSync('sh', ['-c', `echo go > ${go}`])
      await waitFor('its word', () => existsSync(result) && readFileSync(result, 'utf8') === 'wrote 0\n')
      assert.ok(alive(pid))
      await daemon.killDescendants()
    })
  }

  test('with leave, what runs on a terminal is ended all the same', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const left = await client.start({ command: 'sleep', args: ['1000'] })
    const ended = await client.start({ command: 'cat', terminal: { columns: 80, rows: 24 } })
    assert.deepEqual(await client.shutdown({ leave: true }), { ended: 1, killed: 0, left: 1 })
    assert.equal(await daemon.exited(), 0)
    assert.deepEqual([alive(pidOf(left)), alive(pidOf(ended))], [true, false])
    await daemon.killDescendants()
  })

  test('kill -9 of the daemon leaves the processes running and writing', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const go = join(daemon.directory, 'go')
    const result = join(daemon.directory, 'result')
    execFileSync('mkfifo', [go])
    const attachment = await client.startAttached({
      command: 'sh',
      args: [
        '-c',
        `echo before; read go < ${go}; echo out && echo err >&2; echo "wrote $?" > ${result}; exec sleep 1000`,
      ],
    })
    for await (const item of attachment.output) if (item.kind === 'data') break
    await daemon.killed()
    execFileSync('sh', ['-c', `echo go > ${go}`])
    await waitFor('its word', () => existsSync(result) && readFileSync(result, 'utf8') === 'wrote 0\n')
    assert.ok(alive(pidOf(attachment.process)))
    await daemon.launch()
    await daemon.killDescendants()
  })
})

describe('in the background', () => {
  test('it returns when connections are accepted, and tells the pid', async () => {
    await using daemon = await DaemonHarness.start()
    const socket = join(daemon.directory, 'b')
    const started = await netdaemon('--background', '--socket', socket)
    assert.equal(started.code, 0, started.stderr)
    const pid = Number(/^netdaemon: running as pid (\d+), on (.*)\n$/.exec(started.stderr)?.[1])
    await using client = await connect({ socket })
    assert.equal((await client.info()).pid, pid)
    assert.equal(statOf(pid)?.session, pid, 'it has a session of its own')
    assert.match(readFileSync(`${socket}.log`, 'utf8'), /listens on/)
    await client.shutdown()
    await waitFor('it to end', () => !existsSync(`/proc/${pid}`))
    assert.equal(existsSync(socket), false)
  })

  test('it fails with the real reason', async () => {
    await using daemon = await DaemonHarness.start()
    const taken = await netdaemon('--background', '--socket', daemon.socket)
    assert.equal(taken.code, 1)
    assert.equal(taken.stderr, `netdaemon: another netdaemon (pid ${daemon.pid}) owns ${daemon.socket}\n`)

    const noLog = await netdaemon('--background', '--socket', join(daemon.directory, 'b'), '--log-file', '/no/such/log')
    assert.equal(noLog.code, 1)
    assert.match(
      noLog.stderr,
      /^netdaemon: cannot open the log "\/no\/such\/log": its directory does not exist \(ENOENT\)/,
    )

    const long = await netdaemon('--background', '--socket', join(daemon.directory, 'x'.repeat(120)))
    assert.equal(long.code, 1)
    assert.match(long.stderr, /^netdaemon: the socket path .* bytes long, and at most 107 are possible/)

    const file = join(daemon.directory, 'file')
    writeFileSync(file, '')
    const noDirectory = await netdaemon('--background', '--socket', join(file, 's'))
    assert.equal(noDirectory.code, 1)
    assert.match(noDirectory.stderr, /^netdaemon: cannot make the directory .* \((EEXIST|ENOTDIR)\)/)
  })

  test('a pipe at the place of its log does not make it wait', async () => {
    await using daemon = await DaemonHarness.start()
    const socket = join(daemon.directory, 'b')
    execFileSync('mkfifo', [`${socket}.log`])
    const { code, stderr } = await netdaemon('--background', '--socket', socket)
    assert.equal(code, 1)
    assert.match(stderr, /^netdaemon: cannot open the log ".*\/b\.log": it is a pipe that nobody reads \(ENXIO\)/)
  })

  test('the reason is told although a running daemon writes to the same log', async () => {
    await using daemon = await DaemonHarness.start()
    const log = `${daemon.socket}.log`
    writeFileSync(log, 'netdaemon: an old reason\n')
    const noise = spawn('sh', ['-c', `while :; do echo "2026-01-01 info noise" >> ${log}; done`])
    const taken = await netdaemon('--background', '--socket', daemon.socket)
    noise.kill('SIGKILL')
    await once(noise, 'close')
    assert.match(taken.stderr, /another netdaemon/)
  })
})

describe('flags', () => {
  test('bad ones are explained, with exit code 2', async () => {
    for (const [args, expected] of [
      [
        ['--retain-count', 'many'],
        /^netdaemon: --retain-count takes a whole number, not "many"; see "netdaemon --help"/,
      ],
      [['--stop-timeout', 'soon'], /--stop-timeout takes a time such as 10s or 5m, not "soon"/],
      [['--no-such'], /no-such/],
      [['surplus'], /surplus/],
    ] as const) {
      const { code, stderr } = await netdaemon(...args)
      assert.equal(code, 2)
      assert.match(stderr, expected)
      assert.doesNotMatch(stderr, /\n {4}at /)
    }
  })

  test('--help and --version answer on stdout', async () => {
    const help = await netdaemon('--help')
    assert.equal(help.code, 0)
    assert.match(help.stdout, /--retain-count N/)
    assert.match((await netdaemon('--version')).stdout, /^netdaemon \d+\.\d+\.\d+\n$/)
  })

  test('--retain-count and --retain-age limit the ended processes that are kept', async () => {
    await using daemon = await DaemonHarness.start({ args: ['--retain-count', '2'] })
    const client = await daemon.connect()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      const { id } = await client.start({ command: 'true' })
      ids.push(id)
      await client.wait(id).catch(() => undefined)
    }
    assert.deepEqual(
      (await client.list()).map(({ id }) => id),
      ids.slice(3),
    )
    await using brief = await DaemonHarness.start({ args: ['--retain-age', '1ms'] })
    const other = await brief.connect()
    await other.start({ command: 'true' })
    await eventually(
      'it to be forgotten',
      () => other.list(),
      (processes) => processes.length === 0,
    )
  })

  test('--max-connections refuses one more with a reason', async () => {
    await using daemon = await DaemonHarness.start({ args: ['--max-connections', '3'] })
    const clients = [await daemon.connect(), await daemon.connect(), await daemon.connect()]
    await assert.rejects(
      connect({ socket: daemon.socket }),
      (error) => error instanceof NetdaemonError && error.code === 'LIMIT' && /3 clients already/.test(error.message),
    )
    await clients[0]?.close()
    await eventually(
      'room for one',
      () =>
        daemon.connect().then(
          () => true,
          () => false,
        ),
      (connected) => connected,
    )
  })
})

describe('at the limit of open files', () => {
  test('a client is told so, and is let in when there is room', async () => {
    await using daemon = await DaemonHarness.start({ openFiles: 64 })
    const clients: Client[] = []
    const refused = await connectUntilRefused(daemon, clients)
    assert.equal(refused.code, 'LIMIT')
    assert.equal(refused.errno, 'EMFILE')
    assert.match(
      refused.message,
      /^the daemon has too many open files \(EMFILE\); try again later, or start the daemon/,
    )
    await clients[0]?.close()
    await eventually(
      'room for one',
      () =>
        daemon.connect().then(
          () => true,
          () => false,
        ),
      (connected) => connected,
    )
  })

  async function connectUntilRefused(daemon: DaemonHarness, clients: Client[]): Promise<NetdaemonError> {
    for (;;) {
      try {
        clients.push(await daemon.connect())
      } catch (error) {
        if (error instanceof NetdaemonError) return error
        throw error
      }
    }
  }
})

describe('the daemon’s log', () => {
  test('tells of each start and each end of a process', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const started = await client.start({ command: 'sh', args: ['-c', 'exit 3'], name: 'web' })
    await client.wait('web')
    const { id } = await client.start(stubborn)
    await client.kill(id, 'KILL')
    await client.wait(id)
    await waitFor('the last entry', () => daemon.log.includes(`"${id}" was killed by SIGKILL`))
    assert.match(
      daemon.log,
      new RegExp(` info "web" has started as pid ${pidOf(started)}\n.* info "web" has exited with 3\n`),
    )
  })
})

describe('signals to the daemon', () => {
  test('USR1 does not open the debugger, and HUP opens the log anew', async () => {
    await using daemon = await DaemonHarness.start({ args: ['--verbose'] })
    daemon.signal('SIGUSR1')
    await waitFor('the signal to be seen', () => daemon.log.includes('SIGUSR1'))
    daemon.signal('SIGHUP')
    const client = await daemon.connect()
    await client.info()
    assert.doesNotMatch(daemon.log, /Debugger/)
  })

  test('signals that mean nothing to it change nothing, and its programs do not inherit that', async () => {
    await using daemon = await DaemonHarness.start()
    const client = await daemon.connect()
    const { SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, ...others } = constants.signals
    const { SIGCHLD, SIGURG, SIGWINCH, SIGCONT, SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1 } = others
    const realTime = Array.from({ length: 31 }, (_, index) => 34 + index)
    const numbers = [
      ...[SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT],
      ...[SIGCHLD, SIGURG, SIGWINCH, SIGCONT, SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, ...realTime],
    ]
    // By a shell: Node cannot name them all. One by one, so that a failure names the one that did it.
    for (const number of numbers) {
      execFileSync('sh', ['-c', `kill -${number} ${daemon.pid}`])
      const { pid } = await client.info().catch((error) => assert.fail(`signal ${number}: ${error}`))
      assert.equal(pid, daemon.pid)
    }
    const attachment = await client.startAttached({ command: 'grep', args: ['^SigIgn:', '/proc/self/status'] })
    let said = ''
    for await (const item of attachment.output) if (item.kind === 'data') said += item.bytes
    assert.equal(said, 'SigIgn:\t0000000000000000\n')
    assert.equal((await client.info()).pid, daemon.pid)
  })

  test('a profiler of Node’s gets its signal', async () => {
    const directory = mkdtempSync('/tmp/ndd-')
    try {
      const args = ['--cpu-prof', '--cpu-prof-dir', directory, daemonProgram, '--socket', join(directory, 's')]
      const child = spawn(process.execPath, [...args, '--ready-fd', '3'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      })
      const ready = child.stdio[3] ?? assert.fail()
      await once(ready, 'data')
      // SigIgn is a mask in hexadecimal; PROF is the 27th.
      const mask =
        /^SigIgn:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? assert.fail()
      assert.equal((BigInt(`0x${mask}`) >> 26n) & 1n, 0n)
      child.kill('SIGTERM')
      await once(child, 'exit')
      assert.equal(child.exitCode, 0)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('after HUP a log that was moved away is written anew', async () => {
    const directory = `/tmp/ndd-log-${process.pid}`
    mkdirSync(directory)
    try {
      const file = join(directory, 'log')
      await using daemon = await DaemonHarness.start({ args: ['--verbose', '--log-file', file] })
      renameSync(file, `${file}.1`)
      daemon.signal('SIGHUP')
      await waitFor('the new log', () => existsSync(file))
      daemon.signal('SIGUSR1')
      await waitFor('an entry', () => readFileSync(file, 'utf8').includes('SIGUSR1'))
      await (await daemon.connect()).info()
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
