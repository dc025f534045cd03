import assert from 'node:assert/strict'
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type ChildFd,
  errnos,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  FD_CLOEXEC,
  type Kernel,
  O_NONBLOCK,
} from '../../../../../daemon/linux/kernel.ts'
import { closeOnExecEverything, spawnProcess } from '../../../../../daemon/linux/spawn/spawn.ts'
import type { Reaper } from '../../../../../daemon/linux/tree/reaper.ts'
import { NetdaemonError } from '../../../../../proto/errors.ts'
import {
  kernel,
  kernelWith,
  openFdCount,
  readAll,
  runToEnd,
  type Started,
  shell,
  specOf,
  startReaper,
} from '../../../../support/daemon/linux.ts'
import { waitFor } from '../../../../support/wait.ts'

let reaper: Reaper
let directory: string
before(() => {
  reaper = startReaper()
  directory = mkdtempSync(join(tmpdir(), 'nd-'))
})
after(() => {
  reaper.stop()
  rmSync(directory, { recursive: true })
})

const exited = (code: number): unknown => ({ kind: 'exited', code })

/** The error with which a start fails. */
function failure(started: Started, withKernel: Kernel = kernel): NetdaemonError {
  try {
    spawnProcess(withKernel, specOf(started))
  } catch (error) {
    if (error instanceof NetdaemonError) return error
    throw error
  }
  assert.fail(`${started.file} was started`)
}

function file(name: string, content: string | Uint8Array, mode = 0o755): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

describe('a child', () => {
  test('gets its arguments, its environment and its working directory, and nothing else', async () => {
    const { stdout } = await runToEnd(reaper, {
      file: '/bin/sh',
      argv: ['another name', '-c', 'printf "%s\\n" "$0" "$@"; pwd; env', 'zeroth', 'first one', '', 'ünï'],
      env: { A: 'b=c', EMPTY: '', PATH: '/usr/bin:/bin' },
      cwd: '/usr',
    })
    const lines = stdout.split('\n').filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))
    assert.deepEqual(lines.slice(0, 5), ['zeroth', 'first one', '', 'ünï', '/usr'])
    assert.deepEqual(lines.slice(5).filter(Boolean).sort(), ['A=b=c', 'EMPTY=', 'PATH=/usr/bin:/bin'])
  })

  test('inherits the fds 0 to 2 only, even when the daemon has others that are not CLOEXEC', async () => {
    const fd = openSync('/dev/null', 'r')
    assert.equal(kernel.fcntl(fd, F_SETFD, 0), 0)
    // One far up, where a loop over the first few would not reach it.
    const far = kernel.fcntl(fd, 0 /* F_DUPFD */, 900)
    assert.ok(far >= 900)
    const { stdout } = await runToEnd(reaper, { file: '/bin/ls', argv: ['ls', '/proc/self/fd'] })
    closeSync(fd)
    kernel.close(far)
    // 3 is the directory that ls itself reads.
    assert.deepEqual(stdout.split('\n').filter(Boolean), ['0', '1', '2', '3'])
  })

  test('has every signal at its default and none blocked', async () => {
    const { stdout } = await runToEnd(reaper, { file: '/bin/grep', argv: ['grep', '^Sig', '/proc/self/status'] })
    const mask = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(stdout)?.[1]
    assert.equal(mask('SigIgn'), '0'.repeat(16))
    assert.equal(mask('SigBlk'), '0'.repeat(16))
  })

  test('leads a session and a process group of its own, with no terminal', async () => {
    const { stdout, pid } = await runToEnd(reaper, { file: '/bin/cat', argv: ['cat', '/proc/self/stat'] })
    const [, , group, session, terminal] = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ')
    assert.deepEqual([group, session, terminal], [String(pid), String(pid), '0'])
  })

  test('can open /dev/stdout and /dev/stderr anew', async () => {
    const { stdout, stderr } = await runToEnd(reaper, shell('echo out > /dev/stdout; echo err > /dev/stderr'))
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n'])
  })

  test('finds its ends blocking, while the ends of the daemon are not', async () => {
    const child = spawnProcess(kernel, specOf({ ...shell('cat /proc/$$/fdinfo/*'), stdin: 'pipe' }))
    const ended = new Promise((resolve) => reaper.watch(child.pid, resolve))
    for (const fd of [child.stdin, child.stdout, child.stderr]) {
      assert.ok(fd !== null)
      assert.equal(kernel.fcntl(fd, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK)
      assert.equal(kernel.fcntl(fd, F_GETFD, 0), FD_CLOEXEC)
    }
    const flags = (await readAll(child.stdout)).match(/^flags:\s*(\d+)/gm)?.slice(0, 3)
    assert.equal(flags?.length, 3)
    for (const line of flags) assert.equal(Number.parseInt(line.slice(6).trim(), 8) & O_NONBLOCK, 0)
    assert.ok(child.stdin !== null)
    kernel.close(child.stdin)
    kernel.close(child.stderr ?? -1)
    await ended
  })

  test('writes on, unharmed, when every end of the daemon has been closed', async () => {
    const child = spawnProcess(kernel, {
      ...specOf(shell('read -r line; echo out; echo err >&2; exit 9')),
      stdin: 'pipe',
    })
    const ended = new Promise((resolve) => reaper.watch(child.pid, resolve))
    kernel.close(child.stdout)
    kernel.close(child.stderr ?? -1)
    assert.ok(child.stdin !== null)
    kernel.write(child.stdin, Buffer.from('go\n'))
    kernel.close(child.stdin)
    assert.deepEqual(await ended, exited(9))
  })

  test('with a null stdin reads end of file', async () => {
    const { stdout, status } = await runToEnd(reaper, { file: '/bin/cat', stdin: 'null' })
    assert.deepEqual([stdout, status], ['', exited(0)])
  })

  test('with a piped stdin reads what is written, and end of file when it is closed', async () => {
    const child = spawnProcess(kernel, specOf({ file: '/bin/cat', stdin: 'pipe' }))
    const ended = new Promise((resolve) => reaper.watch(child.pid, resolve))
    assert.ok(child.stdin !== null)
    assert.equal(kernel.write(child.stdin, Buffer.from('hello')), 5)
    kernel.close(child.stdin)
    kernel.close(child.stderr ?? -1)
    assert.equal(await readAll(child.stdout), 'hello')
    assert.deepEqual(await ended, exited(0))
  })

  test('does not keep the end of output from coming while its descendants are gone too', async () => {
    const { stdout } = await runToEnd(reaper, shell('(echo late) & wait; echo last'))
    assert.equal(stdout, 'late\nlast\n')
  })
})

describe('a start that fails', () => {
  test('because there is no such file says so', () => {
    const error = failure({ file: '/opt/no-such-thing' })
    assert.equal(error.code, 'CANNOT_START')
    assert.equal(error.errno, 'ENOENT')
    assert.equal(error.message, 'cannot start "/opt/no-such-thing": no such file (ENOENT)')
    assert.deepEqual(error.detail, { path: '/opt/no-such-thing' })
  })

  test('because the working directory is missing, or none, names the directory', () => {
    const missing = failure({ file: '/bin/true', cwd: '/no/such' })
    assert.equal(missing.errno, 'ENOENT')
    assert.match(missing.message, /the working directory "\/no\/such" does not exist \(ENOENT\)$/)
    const none = failure({ file: '/bin/true', cwd: '/etc/passwd' })
    assert.equal(none.errno, 'ENOTDIR')
    assert.match(none.message, /the working directory "\/etc\/passwd" is not a directory \(ENOTDIR\)$/)
  })

  test('because a part of the path is no directory is not blamed on the working directory', () => {
    const error = failure({ file: '/etc/passwd/x' })
    assert.equal(error.errno, 'ENOTDIR')
    assert.match(error.message, /a part of its path is not a directory/)
  })

  test('because the file is not executable, or a directory, says which', () => {
    const plain = failure({ file: file('plain', 'text', 0o644) })
    assert.equal(plain.errno, 'EACCES')
    assert.match(plain.message, /not executable \(EACCES\); chmod \+x/)
    const folder = failure({ file: directory })
    assert.equal(folder.errno, 'EACCES')
    assert.match(folder.message, /it is a directory \(EACCES\)$/)
  })

  test('because the interpreter is missing names the interpreter', () => {
    const error = failure({ file: file('script', '#! /no/such/python3 -u\n') })
    assert.equal(error.errno, 'ENOENT')
    assert.match(error.message, /its interpreter "\/no\/such\/python3" does not exist \(ENOENT\)$/)
    assert.equal(error.detail?.interpreter, '/no/such/python3')
  })

  test('because of Windows line ends says how to remove them', () => {
    const error = failure({ file: file('dos', '#!/bin/sh\r\necho hi\r\n') })
    assert.equal(error.errno, 'ENOENT')
    assert.match(error.message, /its interpreter "\/bin\/sh\\r" does not exist \(ENOENT\); the script has Windows line/)
  })

  test('because the loader of the program is missing names the loader', () => {
    const elf = readFileSync('/bin/true')
    const loader = elf.indexOf('/lib64/ld-')
    if (loader < 0) return
    elf.write('/lib99/ld-', loader, 'latin1')
    const error = failure({ file: file('elf', elf) })
    assert.equal(error.errno, 'ENOENT')
    assert.match(error.message, /its loader "\/lib99\/ld-[^"]*" does not exist \(ENOENT\)$/)
  })

  test('because the file is no program says how a script begins', () => {
    const error = failure({ file: file('no-program', 'echo hi\n') })
    assert.equal(error.errno, 'ENOEXEC')
    assert.match(error.message, /a script must begin with a line like #!\/bin\/sh \(ENOEXEC\)$/)
    assert.equal(failure({ file: file('empty', '') }).errno, 'ENOEXEC')
  })

  test('because the arguments are too long says so', () => {
    for (const argv of [['true', 'x'.repeat(200_000)], Array.from({ length: 300_000 }, () => 'argument')]) {
      const error = failure({ file: '/bin/true', argv })
      assert.equal(error.errno, 'E2BIG')
      assert.match(error.message, /the arguments and the environment are too long \(E2BIG\)/)
    }
  })

  test('because a path leads round in a circle, or is too long, says so', () => {
    assert.equal(failure({ file: `/${'x'.repeat(300)}` }).errno, 'ENAMETOOLONG')
    const script = file('circle', `#!${join(directory, 'circle')}\n`)
    assert.equal(failure({ file: script }).errno, 'ELOOP')
  })

  test('because something is scarce says what to do', () => {
    const hints = { EMFILE: /ulimit -n/, ENFILE: /fs\.file-max/, ENOMEM: /memory limit/, EAGAIN: /ulimit -u/ }
    for (const [name, hint] of Object.entries(hints)) {
      const errno = errnos[name as 'EMFILE']
      for (const broken of [{ pipe2: () => -errno }, { spawn: () => -errno }]) {
        const error = failure({ file: '/bin/true' }, kernelWith(broken))
        assert.equal(error.code, 'CANNOT_START')
        assert.equal(error.errno, name)
        assert.match(error.message, hint)
      }
    }
  })

  test('because /dev or /proc is missing says so', () => {
    const error = failure({ file: '/bin/true' }, kernelWith({ open: () => -errnos.ENOENT }))
    assert.match(error.message, /could not open \/dev\/null: it does not exist \(ENOENT\); is \/proc mounted\?$/)
  })

  test('because of a NUL byte, an odd variable or no argv[0] is a bad request', () => {
    const bad: Started[] = [
      { file: '/bin/true\0' },
      { file: '' },
      { file: '/bin/true', argv: [] },
      { file: '/bin/true', argv: ['true', 'a\0b'] },
      { file: '/bin/true', cwd: '/\0' },
      { file: '/bin/true', env: { A: 'a\0b' } },
      { file: '/bin/true', env: { 'A\0': 'b' } },
      { file: '/bin/true', env: { 'A=B': 'c' } },
      { file: '/bin/true', env: { '': 'c' } },
    ]
    for (const started of bad) assert.equal(failure(started).code, 'BAD_REQUEST')
  })

  test('does not say what is in the environment', () => {
    const { message } = failure({ file: '/bin/true', env: { TOKEN: 'secret\0' } })
    assert.match(message, /"TOKEN"/)
    assert.doesNotMatch(message, /secret/)
  })
})

describe('file descriptors', () => {
  test('are all given back, whichever call fails', () => {
    const before = openFdCount()
    let steps = 0
    for (let failing = 0; ; failing++) {
      let call = 0
      const turn = <A extends readonly unknown[], R>(real: (...args: A) => R) => {
        return (...args: A): R | number => (call++ === failing ? -errnos.EMFILE : real(...args))
      }
      const broken = kernelWith({
        pipe2: turn(kernel.pipe2) as Kernel['pipe2'],
        open: turn(kernel.open) as Kernel['open'],
        fcntl: turn(kernel.fcntl) as Kernel['fcntl'],
        spawn: turn(() => -errnos.ENOMEM),
      })
      const { errno } = failure({ file: '/bin/true', stdin: 'pipe' }, broken)
      assert.equal(openFdCount(), before)
      if (errno === 'ENOMEM') break
      steps++
    }
    assert.ok(steps >= 6, `${steps} calls that can fail`)
  })

  test('do not leak over 200 starts and 50 failed ones', async () => {
    const before = openFdCount()
    for (let n = 0; n < 50; n++) failure({ file: '/no/such', stdin: n % 2 ? 'pipe' : 'null' })
    assert.equal(openFdCount(), before)
    for (let n = 0; n < 200; n += 20) {
      await Promise.all(Array.from({ length: 20 }, () => runToEnd(reaper, { file: '/bin/true', stdin: 'pipe' })))
    }
    await waitFor('every fd to be closed', () => openFdCount() === before)
  })

  test('below 3 are moved up, so that none replaces another in the child', () => {
    const open = new Set<number>()
    let next = 0
    let childFds: readonly ChildFd[] = []
    const take = (lowest = 0): number => {
      for (next = lowest; open.has(next); next++);
      open.add(next)
      return next
    }
    const fake = kernelWith({
      pipe2: () => [take(), take()],
      open: () => take(),
      close: (fd) => (open.delete(fd) ? 0 : -errnos.EBADF),
      fcntl: (_fd, command, argument) => (command === F_DUPFD_CLOEXEC ? take(argument) : 0),
      spawn: (call) => {
        childFds = call.fds.filter((fd) => fd !== undefined)
        return 4711
      },
    })
    const child = spawnProcess(fake, specOf({ file: '/bin/true', stdin: 'pipe' }))
    const daemonFds = [child.stdin, child.stdout, child.stderr]
    assert.equal(new Set([...childFds, ...daemonFds]).size, 6)
    for (const fd of [...childFds, ...daemonFds]) assert.ok(typeof fd === 'number' && fd > 2)
    assert.deepEqual([...open].sort(), daemonFds.sort())
  })

  test('that were inherited are CLOEXEC after closeOnExecEverything', () => {
    const fd = openSync('/dev/null', 'r')
    kernel.fcntl(fd, F_SETFD, 0)
    closeOnExecEverything(kernel)
    assert.equal(kernel.fcntl(fd, F_GETFD, 0), FD_CLOEXEC)
    closeSync(fd)
  })
})

test('a program named relative to its working directory is found there', async () => {
  mkdirSync(join(directory, 'sub'))
  file('sub/tool', '#!/bin/sh\necho "$0"\n')
  const { stdout } = await runToEnd(reaper, { file: './tool', cwd: join(directory, 'sub') })
  assert.equal(stdout, './tool\n')
})
