import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { checkDaemonUser } from '../../../client-lib/daemon-user.ts'
import { connect, NetdaemonError } from '../../../client-lib/index.ts'
import { listenSeqpacket } from '../../../proto/transport/seqpacket/seqpacket-listener.ts'
import { Recorder, socketPath, until } from '../../support/transport/seqpacket-rig.ts'

const [OWN, OTHER] = [1000, 1001]
const peer = (uid: number) => ({ pid: 7, uid, gid: uid })
const check = (uid: number, expected?: number) => checkDaemonUser(peer(uid), '/run/s', expected, OWN)

describe('a client talks to', () => {
  test('the daemon of its own user, and root’s', () => {
    check(OWN)
    check(0)
  })

  test('no other user’s, unless it was told to expect that one, and then only to that one', () => {
    assert.throws(() => check(OTHER), {
      code: 'UNTRUSTED',
      message:
        'the daemon at /run/s is user 1001’s (pid 7), and neither yours nor root’s, so nothing was sent to it; if you mean that one, name its user id with daemonUid (ndctl: --daemon-uid 1001)',
    })
    check(OTHER, OTHER)
    assert.throws(() => check(OWN, OTHER), { code: 'UNTRUSTED', message: /, and not user 1001’s, so/ })
  })

  test('an impostor’s socket not at all: it is closed before anything is sent', {
    skip: process.getuid?.() !== 0 && 'needs root, to listen as somebody else',
  }, async (t) => {
    const path = socketPath(t)
    chmodSync(dirname(path), 0o777)
    const seen: Recorder[] = []
    process.seteuid?.(OTHER)
    const listener = listenSeqpacket({
      path,
      maxConnections: 1,
      onConnection: (connection) => seen.push(Recorder.open(connection)),
      onError: assert.fail,
    })
    process.seteuid?.(0)
    t.after(() => listener.close())
    await assert.rejects(
      connect({ socket: path }),
      (error) => error instanceof NetdaemonError && error.code === 'UNTRUSTED',
    )
    await until(() => seen[0]?.reasons.length === 1)
    assert.deepEqual(seen[0]?.packets, [])
    // Told whose it is, it says HELLO.
    const told = connect({ socket: path, daemonUid: OTHER, signal: AbortSignal.timeout(60_000) }).catch(() => {})
    await until(() => seen[1]?.packets.length === 1)
    seen[1]?.connection.destroy()
    await told
  })
})
