// What processes say of themselves: how it is read, and whom it is believed of.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Datagram, errnos, type Kernel } from '../../../../daemon/linux/kernel.ts'
import { ProcessTree } from '../../../../daemon/linux/tree/process-tree.ts'
import { Notifications } from '../../../../daemon/run/notifications.ts'
import { type NotifyMessage, parseNotifyMessage } from '../../../../daemon/run/notify-message.ts'
import { FakeProc } from '../../../support/daemon/fake-proc.ts'
import { kernelWith, openFdCount } from '../../../support/daemon/linux.ts'

describe('a notification', () => {
  test('says what it says, and nothing else', () => {
    const nothing = { ready: false, reloading: false, stopping: false, fdStore: false }
    const cases: readonly [string, Partial<NotifyMessage>][] = [
      ['READY=1', { ready: true }],
      ['READY=1\nSTATUS=a=b\nMAINPID=77\n', { ready: true, status: 'a=b', mainPid: 77 }],
      ['STATUS=', { status: '' }],
      ['STATUS=\x1b[31mred\u200e', { status: '[31mred' }],
      ['RELOADING=1', {}],
      ['RELOADING=1\nMONOTONIC_USEC=5', { reloading: true }],
      ['STOPPING=1', { stopping: true }],
      ['WATCHDOG=1', { watchdog: 'alive' }],
      ['WATCHDOG=trigger', { watchdog: 'trigger' }],
      ['WATCHDOG_USEC=1500', { watchdogMs: 2 }],
      ['EXTEND_TIMEOUT_USEC=99999999999999999', { extendMs: 7 * 24 * 3600 * 1000 }],
      ['ERRNO=2', { errno: 'ENOENT' }],
      ['FDSTORE=1\nFDNAME=x', { fdStore: true }],
      ['MAINPID=1', {}],
      ['MAINPID=-5\nERRNO=x\nWATCHDOG=maybe\nREADY=yes\n=\nfoo\n\0', {}],
      ['', {}],
    ]
    for (const [text, expected] of cases) assert.deepEqual(parseNotifyMessage(text), { ...nothing, ...expected }, text)
  })
})

/** A daemon (pid 2) of which these are told. */
class Rig implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'nd-'))
  readonly path = join(this.directory, 'notify')
  readonly proc = new FakeProc({
    10: { parent: 2, environment: ['NETDAEMON_RUN=ten'] },
    11: { parent: 10, group: 10, session: 10 },
    12: { parent: 11, group: 12, session: 12 },
    20: { parent: 2, environment: ['NETDAEMON_RUN=twenty'] },
    /** An orphan that has left its session, and one in it. */
    30: { parent: 2, group: 30, session: 30, environment: ['NETDAEMON_RUN=ten'] },
    31: { parent: 2, group: 31, session: 10 },
    40: { parent: 1, environment: ['NETDAEMON_RUN=ten'] },
    41: { parent: 99 },
  })
  readonly waiting: Partial<Datagram>[] = []
  readonly text: string
  readonly notifications: Notifications
  readonly refused: string[] = []
  readable = () => {}

  constructor(replaced: Partial<Kernel> = {}, text = 'READY=1') {
    this.text = text
    const kernel = kernelWith({
      receiveDatagram: (_fd, into) => {
        const next = this.waiting.shift()
        if (next === undefined) return -errnos.EAGAIN
        const length = Buffer.from(into.buffer, into.byteOffset, into.byteLength).write(this.text)
        return { length, truncated: false, pid: 0, fds: [], pidfd: -1, ...next }
      },
      watchReadable: (_fd, callback) => {
        this.readable = callback
        return () => {}
      },
      ...replaced,
    })
    const processes = new ProcessTree(2, this.proc.root)
    const onRefused = (sentence: string) => this.refused.push(sentence)
    this.notifications = new Notifications({ kernel, processes, onRefused }, this.path)
  }

  [Symbol.dispose](): void {
    this.notifications.dispose()
    this.proc[Symbol.dispose]()
    rmSync(this.directory, { recursive: true })
  }
}

describe('a sender', () => {
  test('is believed of the run that it belongs to, however it has left it, and of no other', () => {
    const told: string[] = []
    using rig = new Rig()
    const { notifications } = rig
    notifications.address()
    notifications.listen({ pid: 10, mark: 'ten' }, () => told.push('ten'))
    notifications.listen({ pid: 20, mark: 'twenty' }, () => told.push('twenty'))
    const said = (datagram: Partial<Datagram>) => {
      told.length = 0
      rig.waiting.push(datagram)
      rig.readable()
      return told.join()
    }
    for (const pid of [10, 11, 12, 30, 31]) assert.equal(said({ pid }), 'ten', String(pid))
    assert.equal(said({ pid: 20 }), 'twenty')
    // Another's, one whose parent has gone, one that is gone, and nobody that can be seen.
    for (const pid of [40, 41, 50, 0]) assert.equal(said({ pid }), '', String(pid))
    assert.equal(said({ pid: 10, truncated: true }), '')
    assert.ok(notifications.belongs(12, { pid: 10, mark: 'ten' }))
    assert.ok(!notifications.belongs(20, { pid: 10, mark: 'ten' }))
  })

  test('keeps no file descriptor open here, whoever it is', () => {
    const closed: number[] = []
    using rig = new Rig({ close: (fd) => closed.push(fd) })
    rig.notifications.address()
    rig.notifications.listen({ pid: 10, mark: 'ten' }, () => {})
    rig.waiting.push({ pid: 10, fds: [1001, 1002], pidfd: 1003 }, { pid: 50, fds: [1004], truncated: true })
    rig.readable()
    assert.deepEqual(closed, [1001, 1002, 1003, 1004])
  })
})

describe('the socket', () => {
  test('is there while a run is listened to, and made anew when its file has been removed', () => {
    using rig = new Rig()
    const { notifications, path } = rig
    notifications.address()
    const end = notifications.listen({ pid: 10, mark: 'ten' }, () => {})
    rmSync(path)
    notifications.address()
    assert.ok(existsSync(path))
    end()
    assert.ok(!existsSync(path))
  })

  test('fails with a sentence, and leaves nothing open', () => {
    const before = openFdCount()
    for (const name of ['datagramSocket', 'passCredentials', 'bindSocket', 'watchReadable'] as const) {
      using rig = new Rig({ [name]: () => -errnos.ENOMEM })
      assert.throws(() => rig.notifications.address(), { code: 'SYSTEM', errno: 'ENOMEM' }, name)
      rig.notifications.dispose()
    }
    assert.equal(openFdCount(), before)
  })

  test('takes no place that is not a socket', () => {
    using rig = new Rig()
    writeFileSync(rig.path, 'mine')
    assert.throws(() => rig.notifications.address(), {
      code: 'SYSTEM',
      message: /a file that is not a socket is there/,
    })
    assert.ok(existsSync(rig.path))
  })
})
