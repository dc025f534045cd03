import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  errnoName,
  errnos,
  F_GETFD,
  F_GETFL,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
} from '../../../../daemon/linux/kernel.ts'
import { kernel } from '../../../support/daemon/linux.ts'

test('errnos have the names that manual pages use, given positive or negative', () => {
  assert.equal(errnoName(2), 'ENOENT')
  assert.equal(errnoName(-2), 'ENOENT')
  assert.equal(errnoName(-11), 'EAGAIN')
  assert.equal(errnoName(-95), 'EOPNOTSUPP')
  assert.equal(errnoName(-117), 'EUCLEAN')
  assert.equal(errnoName(-4000), 'errno 4000')
})

test('a call that fails returns its errno, negative', () => {
  assert.equal(kernel.open('/no/such/file', O_RDONLY), -errnos.ENOENT)
  assert.equal(kernel.open('/etc/passwd\0', O_RDONLY), -errnos.EINVAL)
  assert.equal(kernel.close(-1), -errnos.EBADF)
  assert.equal(kernel.write(-1, Buffer.from('x')), -errnos.EBADF)
  assert.equal(kernel.fcntl(-1, F_GETFD, 0), -errnos.EBADF)
  assert.equal(kernel.pipe2(-1), -errnos.EINVAL)
  assert.equal(kernel.kill(0x7ffffffe, 0), -errnos.ESRCH)
  assert.equal(kernel.prctl(-1, 0), -errnos.EINVAL)
  assert.equal(kernel.lockFile(-1), -errnos.EBADF)
})

test('without children there is none to reap', () => {
  assert.equal(kernel.peekEnded(), -errnos.ECHILD)
  assert.equal(kernel.reap(1), -errnos.ECHILD)
})

test('a pipe has the flags it was asked for, and takes just what fits', () => {
  const ends = kernel.pipe2(O_CLOEXEC | O_NONBLOCK)
  assert.ok(typeof ends !== 'number')
  const [read, write] = ends
  for (const fd of ends) {
    assert.equal(kernel.fcntl(fd, F_GETFD, 0), FD_CLOEXEC)
    assert.equal(kernel.fcntl(fd, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK)
  }
  const bytes = Buffer.alloc(1024 * 1024, 'x')
  const taken = kernel.write(write, bytes)
  assert.ok(taken > 0 && taken < bytes.length)
  assert.equal(kernel.write(write, bytes), -errnos.EAGAIN)
  assert.equal(kernel.close(read), 0)
  assert.equal(kernel.write(write, bytes), -errnos.EPIPE)
  assert.equal(kernel.close(write), 0)
})

test('what is written is the view that was given, not the memory around it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nd-'))
  const path = join(directory, 'file')
  const fd = kernel.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
  assert.ok(fd > 2)
  assert.equal(kernel.write(fd, Buffer.from('hello world').subarray(3, 8)), 5)
  assert.equal(readFileSync(path, 'utf8'), 'lo wo')
  assert.equal(kernel.close(fd), 0)
  rmSync(directory, { recursive: true })
})

test('a file lock is not shared, may be taken again, and goes with its fd', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nd-'))
  const path = join(directory, 'lock')
  const holder = openSync(path, 'w+')
  const other = openSync(path, 'r+')
  assert.equal(kernel.lockFile(holder), 0)
  assert.equal(kernel.lockFile(holder), 0)
  assert.equal(kernel.lockFile(other), -errnos.EAGAIN)
  closeSync(holder)
  assert.equal(kernel.lockFile(other), 0)
  closeSync(other)
  rmSync(directory, { recursive: true })
})
