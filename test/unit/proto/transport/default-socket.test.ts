import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import { checkSocketDirectory, prepareSocketDirectory, socketPath } from '../../../../proto/transport/default-socket.ts'

const USER = 1000

describe('the default socket', () => {
  test('is root’s in /run, another user’s in the runtime directory, or else in a directory in /tmp', () => {
    const XDG_RUNTIME_DIR = '/run/user/1000'
    assert.equal(socketPath(undefined, { XDG_RUNTIME_DIR }, 0), '/run/netdaemon/netdaemon.sock')
    assert.equal(socketPath(undefined, { XDG_RUNTIME_DIR }, USER), '/run/user/1000/netdaemon/netdaemon.sock')
    assert.equal(socketPath(undefined, { XDG_RUNTIME_DIR: 'relative' }, USER), '/tmp/netdaemon-1000/netdaemon.sock')
    assert.equal(socketPath('', { NETDAEMON_SOCKET: '/else/where' }, USER), '/else/where')
    assert.equal(socketPath('/this/one', { NETDAEMON_SOCKET: '/else/where' }, USER), '/this/one')
  })
})

describe('the directory of a default socket', () => {
  /** Root has another default: as root it is somebody else's we look for. */
  const uid = process.getuid?.() || USER
  let directory: string
  let check: (user?: number) => void
  beforeEach((t) => {
    const runtime = mkdtempSync('/tmp/ndr-')
    directory = join(runtime, 'netdaemon')
    check = (user = uid) => checkSocketDirectory(join(directory, 'netdaemon.sock'), user, { XDG_RUNTIME_DIR: runtime })
    mkdirSync(directory)
    if (process.getuid?.() !== uid) chownSync(directory, uid, uid)
    ;(t as TestContext).after(() => rmSync(runtime, { recursive: true }))
  })
  const refusal = (what: string) => ({
    code: 'SYSTEM',
    message: `"${directory}" is not a directory of yours alone (${what}); remove it, or give another socket with --socket`,
  })

  test('must be the user’s own', () => {
    chmodSync(directory, 0o755)
    check()
    assert.throws(() => check(uid + 1), refusal(`owner ${uid}, mode 755`))
  })

  test('must be one that nobody else can write to', () => {
    for (const mode of [0o775, 0o757, 0o1777]) {
      chmodSync(directory, mode)
      assert.throws(check, refusal(`owner ${uid}, mode ${(mode & 0o777).toString(8)}`))
    }
  })

  test('must not be a link, or it would be a directory of somebody else’s choice', () => {
    rmSync(directory, { recursive: true })
    symlinkSync(mkdtempSync(`${directory}-`), directory)
    assert.throws(check, refusal('not a directory'))
  })

  test('may be missing, and is made for the user alone', () => {
    rmSync(directory, { recursive: true })
    check()
    prepareSocketDirectory(join(directory, 'netdaemon.sock'))
    assert.equal(statSync(directory).mode & 0o777, 0o700)
  })

  test('is looked at only where it is the default: one that was named is the choice of whoever named it', () => {
    chmodSync(directory, 0o777)
    checkSocketDirectory(join(directory, 'netdaemon.sock'), uid + 1, {})
  })
})
