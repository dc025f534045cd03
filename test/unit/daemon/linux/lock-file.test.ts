import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, test } from 'node:test'
import { errnos, type Kernel } from '../../../../daemon/linux/kernel.ts'
import { acquireLock } from '../../../../daemon/linux/lock-file.ts'
import { spawnProcess } from '../../../../daemon/linux/spawn/spawn.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { kernel, kernelWith, openFdCount, shell, specOf } from '../../../support/daemon/linux.ts'
import { waitFor } from '../../../support/wait.ts'

const directory = mkdtempSync(join(tmpdir(), 'nd-'))
after(() => rmSync(directory, { recursive: true }))
let path: string
let fdsBefore: number
let count = 0
beforeEach(() => {
  path = join(directory, `lock-${count++}`)
  fdsBefore = openFdCount()
})
afterEach(() => assert.equal(openFdCount(), fdsBefore))

function failure(withKernel: Kernel = kernel): NetdaemonError {
  try {
    acquireLock(withKernel, path, '/run/nd.sock')
  } catch (error) {
    if (error instanceof NetdaemonError) return error
    throw error
  }
  assert.fail('locked')
}

/** Another process, in which `lock` is tried at once; it prints `held` or the code of the error, and then obeys stdin. */
function otherProcess(body: string): ChildProcess {
  const module = (name: string): string =>
    JSON.stringify(new URL(`../../../../daemon/linux/${name}.js`, import.meta.url).href)
  const script = `
    import { realKernel } from ${module('libc')}
    import { acquireLock } from ${module('lock-file')}
    const kernel = realKernel()
    const path = ${JSON.stringify(path)}
    ${body}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
}

test('the holder is named in the file, which is for its user alone', () => {
  const lock = acquireLock(kernel, path)
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  lock.release()
})

test('a second one is refused, with the pid of the first and the socket', () => {
  const lock = acquireLock(kernel, path)
  const error = failure()
  assert.deepEqual([error.code, error.detail?.pid], ['LIMIT', process.pid])
  assert.equal(error.message, `another netdaemon (pid ${process.pid}) owns /run/nd.sock`)
  lock.release()
})

test('a release removes the file and lets the next one in; releasing again does not harm that one', () => {
  const first = acquireLock(kernel, path)
  first.release()
  assert.equal(existsSync(path), false)
  const second = acquireLock(kernel, path)
  first.release()
  assert.equal(failure().detail?.pid, process.pid)
  second.release()
})

test('a file that was left behind is taken over, whatever is in it', () => {
  writeFileSync(path, '999999\nand a long rest')
  const lock = acquireLock(kernel, path)
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  writeFileSync(path, 'gibberish')
  assert.equal(failure().detail?.pid, undefined)
  assert.equal(failure().message, 'another netdaemon owns /run/nd.sock')
  lock.release()
})

test('a file that a predecessor removes between opening and locking is not kept', () => {
  let races = 3
  const racing = kernelWith({
    lockFile(fd) {
      if (races-- > 0) rmSync(path)
      return kernel.lockFile(fd)
    },
  })
  const lock = acquireLock(racing, path)
  assert.equal(races, -1)
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  assert.equal(failure().detail?.pid, process.pid)
  lock.release()
})

test('a file that was replaced by another one is not removed with the lock', () => {
  const lock = acquireLock(kernel, path)
  renameSync(path, `${path}.old`)
  writeFileSync(path, 'of somebody else')
  lock.release()
  assert.equal(readFileSync(path, 'utf8'), 'of somebody else')
})

test('a lock whose file was removed is renewed on a new one, and is as exclusive as before', () => {
  const lock = acquireLock(kernel, path, '/run/nd.sock')
  assert.equal(lock.renew(), false)
  rmSync(path)
  assert.equal(lock.renew(), true)
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  assert.equal(failure().message, `another netdaemon (pid ${process.pid}) owns /run/nd.sock`)
  assert.equal(lock.renew(), false)
  lock.release()
  assert.equal(existsSync(path), false)
  assert.equal(lock.renew(), false)
})

test('a lock is not renewed while another has it; once that one has ended, it is', () => {
  const lock = acquireLock(kernel, path, '/run/nd.sock')
  rmSync(path)
  const other = acquireLock(kernel, path)
  assert.throws(() => lock.renew(), { code: 'LIMIT' })
  other.release()
  assert.equal(lock.renew(), true)
  lock.release()
})

test('a symbolic link, a directory and a missing directory are refused', () => {
  symlinkSync('/etc/passwd', path)
  assert.deepEqual([failure().code, failure().errno], ['SYSTEM', 'ELOOP'])
  assert.equal(failure().message, `cannot use the lock file ${path}: it is a symbolic link; remove it`)
  assert.throws(() => acquireLock(kernel, directory), { code: 'SYSTEM', errno: 'EISDIR' })
  assert.throws(() => acquireLock(kernel, '/no/such/lock'), { code: 'SYSTEM', errno: 'ENOENT' })
  assert.throws(() => acquireLock(kernel, '/dev/null'), { code: 'SYSTEM', message: /not a regular file/ })
})

test('a hard link that somebody planted is refused, and its file stays as it is', () => {
  const precious = `${path}.precious`
  writeFileSync(precious, 'precious')
  linkSync(precious, path)
  assert.equal(failure().message, `cannot use the lock file ${path}: it has 2 names (hard links); remove it`)
  assert.equal(readFileSync(precious, 'utf8'), 'precious')
})

test('a pipe that somebody planted is refused at once', () => {
  execFileSync('mkfifo', [path])
  assert.equal(failure().message, `cannot use the lock file ${path}: it is not a regular file; remove it`)
})

test('a failing call is an error and leaves no fd', () => {
  assert.equal(failure(kernelWith({ open: () => -errnos.EMFILE })).errno, 'EMFILE')
  assert.equal(failure(kernelWith({ lockFile: () => -errnos.ENOLCK })).errno, 'ENOLCK')
})

test('a child does not inherit the lock', async () => {
  const lock = acquireLock(kernel, path)
  const child = spawnProcess(kernel, specOf({ ...shell('read -r _'), stdin: 'pipe' }))
  lock.release()
  acquireLock(kernel, path).release()
  for (const fd of [child.stdin, child.stdout, child.stderr]) if (fd !== null) kernel.close(fd)
  await waitFor('the child', () => typeof kernel.reap(child.pid) === 'object')
})

test('kill -9 of the holder frees the lock', async () => {
  const holder = otherProcess(`acquireLock(kernel, path); console.log('held'); setInterval(() => {}, 1000)`)
  assert.ok(holder.stdout)
  await once(holder.stdout, 'data')
  assert.equal(failure().detail?.pid, holder.pid)
  holder.kill('SIGKILL')
  await once(holder, 'close')
  acquireLock(kernel, path).release()
})

test('among processes that take and release it all the time, there is never more than one holder', async () => {
  // O_EXCL is the witness: making a file that exists fails.
  const witness = `${path}.witness`
  const contenders = Array.from({ length: 4 }, () =>
    otherProcess(`
      import { closeSync, openSync, unlinkSync } from 'node:fs'
      const witness = ${JSON.stringify(witness)}
      let held = 0
      while (held < 300) {
        let lock
        try { lock = acquireLock(kernel, path) } catch (error) { if (error.code === 'LIMIT') continue; throw error }
        closeSync(openSync(witness, 'wx'))
        unlinkSync(witness)
        lock.release()
        held++
      }
      console.log('held', held)`),
  )
  const outcomes = await Promise.all(
    contenders.map(async (contender) => {
      const [code] = await once(contender, 'close')
      return code
    }),
  )
  assert.deepEqual(outcomes, [0, 0, 0, 0])
  assert.equal(existsSync(path), false)
})

test('a lock whose file cannot be found any more is let go all the same', () => {
  path = join(directory, `lock-${count++}`, 'file')
  const parent = join(path, '..')
  mkdirSync(parent)
  const lock = acquireLock(kernel, path)
  renameSync(parent, `${parent}-moved`)
  symlinkSync(parent, parent)
  lock.release()
  rmSync(parent)
  acquireLock(kernel, join(`${parent}-moved`, 'file')).release()
})

test('a disk that takes no more bytes does not keep anybody from the lock', () => {
  const limitFiles = (bytes: string) => execFileSync('prlimit', [`--fsize=${bytes}:`, '--pid', `${process.pid}`])
  limitFiles('0')
  const lock = acquireLock(kernel, path)
  limitFiles('unlimited')
  assert.equal(readFileSync(path, 'utf8'), '')
  assert.equal(failure().detail?.pid, undefined)
  lock.release()
  assert.equal(existsSync(path), false)
})
