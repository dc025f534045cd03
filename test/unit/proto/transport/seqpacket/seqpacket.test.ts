// SEQPACKET connections beyond the contract: connecting, peers that break the rules or die, and failing system calls.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { NetdaemonError } from '../../../../../proto/errors.ts'
import { PACKET_MAX } from '../../../../../proto/limits.ts'
import { EAGAIN } from '../../../../../proto/transport/packet-socket.ts'
import { connectSeqpacket } from '../../../../../proto/transport/seqpacket/seqpacket.ts'
import { realSocketCalls, type SocketCalls } from '../../../../../proto/transport/seqpacket/socket-calls.ts'
import {
  numbered,
  openFds,
  Recorder,
  Rig,
  range,
  receivePacket,
  settle,
  socketPath,
  until,
} from '../../../../support/transport/seqpacket-rig.ts'

const calls = realSocketCalls()

function hasErrno(code: string, errno: string | undefined, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NetdaemonError, String(error))
    assert.deepEqual([error.code, error.errno], [code, errno])
    assert.match(error.message, words)
    return true
  }
}

describe('connecting', () => {
  it('fails with ENOENT where there is nothing', async (t) => {
    const path = socketPath(t)
    await assert.rejects(connectSeqpacket(path), hasErrno('NO_DAEMON', 'ENOENT', /Start a daemon/))
  })

  it('fails with ECONNREFUSED on the file of a daemon that has ended', async (t) => {
    const path = socketPath(t)
    const fd = calls.socket()
    calls.bind(fd, path)
    calls.close(fd)
    await assert.rejects(
      connectSeqpacket(path),
      hasErrno('NO_DAEMON', 'ECONNREFUSED', /no daemon listens on it\. Start one with "ndctl daemon start"/),
    )
  })

  it('says so when the path is not a socket', async (t) => {
    const path = socketPath(t)
    writeFileSync(path, '')
    await assert.rejects(connectSeqpacket(path), hasErrno('NO_DAEMON', 'ECONNREFUSED', /not a socket/))
  })

  it('fails with EPROTOTYPE on a socket of another kind', async (t) => {
    const path = socketPath(t)
    const server = createServer().listen(path)
    t.after(() => server.close())
    await until(() => server.listening)
    await assert.rejects(connectSeqpacket(path), hasErrno('NO_DAEMON', 'EPROTOTYPE', /another program/))
  })

  it('fails with EACCES, and names the owner, where it may not', { skip: process.getuid?.() !== 0 }, async (t) => {
    const rig = new Rig(t)
    chmodSync(dirname(rig.path), 0o755)
    process.seteuid?.(65_534)
    t.after(() => process.seteuid?.(0))
    const refused = connectSeqpacket(rig.path)
    await assert.rejects(refused, hasErrno('NO_DAEMON', 'EACCES', /permission denied \(it belongs to user 0\)/))
    process.seteuid?.(0)
  })

  it('fails with ENOTDIR and ELOOP as the kernel does', async (t) => {
    const path = socketPath(t)
    writeFileSync(path, '')
    await assert.rejects(connectSeqpacket(`${path}/s`), hasErrno('NO_DAEMON', 'ENOTDIR', /ENOTDIR/))
    symlinkSync('loop', `${dirname(path)}/loop`)
    await assert.rejects(connectSeqpacket(`${dirname(path)}/loop`), hasErrno('NO_DAEMON', 'ELOOP', /ELOOP/))
  })

  it('refuses a path that is too long, and takes one of 107 bytes', async (t) => {
    const directory = dirname(socketPath(t))
    const path = `${directory}/${'x'.repeat(106 - directory.length)}`
    assert.equal(path.length, 107)
    await assert.rejects(connectSeqpacket(path), hasErrno('NO_DAEMON', 'ENOENT', /no such socket/))
    await assert.rejects(connectSeqpacket(`${path}x`), hasErrno('NO_DAEMON', 'ENAMETOOLONG', /108 bytes.*at most 107/))
    await assert.rejects(connectSeqpacket(''), hasErrno('NO_DAEMON', 'EINVAL', /cannot be the path/))
    await assert.rejects(connectSeqpacket('a\0b'), hasErrno('NO_DAEMON', 'EINVAL', /cannot be the path/))
  })

  it('waits while the daemon’s queue is full, until it accepts', async (t) => {
    const path = socketPath(t)
    const listening = calls.socket()
    calls.bind(listening, path)
    calls.listen(listening, 0)
    const first = await connectSeqpacket(path)
    let second = 0
    const connecting = connectSeqpacket(path).then((connection) => {
      second++
      return connection
    })
    await settle()
    assert.equal(second, 0)
    const accepted = [calls.accept(listening)]
    const connection = await connecting
    accepted.push(calls.accept(listening))
    connection.destroy()
    first.destroy()
    await settle()
    for (const fd of [listening, ...accepted]) calls.close(fd)
  })

  it('gives up on a full queue at the deadline, or when told to', async (t) => {
    const path = socketPath(t)
    const listening = calls.socket()
    calls.bind(listening, path)
    calls.listen(listening, 0)
    const first = await connectSeqpacket(path)
    const fds = openFds()
    await assert.rejects(
      connectSeqpacket(path, { deadlineMs: 20 }),
      hasErrno('TIMEOUT', 'EAGAIN', /queue has been full/),
    )
    const abort = new AbortController()
    const refused = connectSeqpacket(path, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(refused, hasErrno('CANCELLED', undefined, /cancelled/))
    await assert.rejects(
      connectSeqpacket(path, { signal: abort.signal }),
      hasErrno('CANCELLED', undefined, /cancelled/),
    )
    assert.equal(openFds(), fds)
    first.destroy()
    await settle()
    calls.close(listening)
  })

  it('leaves nothing open when a call fails', async (t) => {
    await settle()
    const rig = new Rig(t)
    const fds = openFds()
    const broken: Partial<SocketCalls>[] = [
      { socket: () => -24 },
      { connect: () => -12 },
      { peerCredentials: () => -92 },
    ]
    for (const part of broken) {
      await assert.rejects(connectSeqpacket(rig.path, { calls: { ...calls, ...part } }), NetdaemonError)
    }
    const accepted = Recorder.open(await rig.nextAccepted())
    assert.deepEqual(await accepted.ended(), { by: 'peer' })
    assert.equal(openFds(), fds)
  })

  it('tells who the peer is', async (t) => {
    const rig = new Rig(t)
    const [client, server] = await rig.pair(t)
    const me = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() }
    assert.deepEqual(client.peer, me)
    assert.deepEqual(server.peer, me)
  })
})

describe('a SEQPACKET peer', () => {
  it('that sends a packet over the limit is closed, after its good packets', async (t) => {
    const [fd, connection] = await new Rig(t).rawPeer()
    calls.send(fd, numbered(1))
    calls.send(fd, Buffer.alloc(PACKET_MAX + 1))
    calls.send(fd, numbered(2))
    const recorder = Recorder.open(connection)
    const reason = await recorder.ended()
    assert.ok(reason.by === 'error' && reason.error instanceof NetdaemonError)
    assert.deepEqual([reason.error.code, recorder.numbers], ['BAD_PACKET', [1]])
    assert.match(reason.error.message, /66561 bytes/)
  })

  it('that sends an empty packet is closed', async (t) => {
    for (const followed of [false, true]) {
      const [fd, connection] = await new Rig(t).rawPeer()
      calls.send(fd, numbered(1))
      assert.equal(calls.send(fd, Buffer.alloc(0)), 0)
      if (followed) calls.send(fd, numbered(2))
      const recorder = Recorder.open(connection)
      const reason = await recorder.ended()
      assert.ok(reason.by === 'error' && reason.error instanceof NetdaemonError)
      assert.deepEqual([reason.error.code, recorder.numbers], ['BAD_PACKET', [1]])
    }
  })

  it('that ends its direction only is a peer that has closed', async (t) => {
    const [fd, connection] = await new Rig(t).rawPeer()
    calls.send(fd, numbered(1))
    calls.shutdownWrite(fd)
    const recorder = Recorder.open(connection)
    assert.deepEqual(await recorder.ended(), { by: 'peer' })
    assert.deepEqual(recorder.numbers, [1])
  })

  it('that ends its direction while we close still gets what was queued', async (t) => {
    const [fd, connection] = await new Rig(t).rawPeer()
    const recorder = new Recorder(connection)
    let sent = 0
    while (connection.send(numbered(sent++, 30_000)));
    for (const _ of range(20)) connection.send(numbered(sent++, 30_000))
    connection.close()
    connection.open(recorder)
    calls.shutdownWrite(fd)
    const received: number[] = []
    await until(() => {
      for (;;) {
        const packet = receivePacket(fd, PACKET_MAX)
        if (typeof packet === 'number') return packet === 0
        received.push(packet.readUInt32LE())
      }
    })
    assert.deepEqual(received, range(sent))
    assert.deepEqual(await recorder.ended(), { by: 'local' })
  })

  it('that goes on sending while we close is cut off', async (t) => {
    const [fd, connection] = await new Rig(t).rawPeer()
    const recorder = Recorder.open(connection)
    connection.close()
    await until(() => {
      while (calls.send(fd, numbered(1, 10_000)) > 0);
      return recorder.reasons.length > 0
    })
    assert.deepEqual(await recorder.ended(), { by: 'local' })
    assert.equal(recorder.packets.length, 0)
  })

  it('that is killed in the midst of it all is a peer that has closed', async (t) => {
    const rig = new Rig(t)
    const module = new URL('../../../../../proto/transport/seqpacket/seqpacket.js', import.meta.url).href
    const program = `
      const { connectSeqpacket } = await import(${JSON.stringify(module)})
      const connection = await connectSeqpacket(${JSON.stringify(rig.path)})
      connection.open({ packet() { connection.pause() }, drain() {}, closed() {} })
      connection.send(Buffer.from('here'))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const connection = await rig.nextAccepted()
    assert.equal(connection.peer?.pid, child.pid)
    const recorder = Recorder.open(connection)
    await until(() => recorder.packets.length === 1)
    while (connection.send(Buffer.alloc(30_000)));
    child.kill('SIGKILL')
    assert.deepEqual(await recorder.ended(), { by: 'peer' })
    assert.equal(connection.queuedBytes, 0)
  })
})

describe('a SEQPACKET connection whose system calls fail', () => {
  /** A connection whose own calls are the given ones, and the fd at its other end. */
  async function faulty(t: Parameters<typeof socketPath>[0], broken: Partial<SocketCalls>) {
    const rig = new Rig(t, { calls: { ...calls, ...broken } })
    const [fd, connection] = await rig.rawPeer()
    return { rig, fd, recorder: Recorder.open(connection), connection }
  }

  it('ends with the error of a receive', async (t) => {
    const { fd, recorder } = await faulty(t, { receive: () => -5 })
    calls.send(fd, numbered(1))
    const reason = await recorder.ended()
    assert.ok(reason.by === 'error' && hasErrno('SYSTEM', 'EIO', /cannot receive/)(reason.error))
  })

  it('ends with the error of a send', async (t) => {
    const { connection, recorder } = await faulty(t, { send: () => -90 })
    assert.equal(connection.send(numbered(1)), false)
    assert.equal(connection.closed, true)
    const reason = await recorder.ended()
    assert.ok(reason.by === 'error' && hasErrno('SYSTEM', 'EMSGSIZE', /cannot send/)(reason.error))
  })

  it('waits and goes on when a send is short of memory, or interrupted', async (t) => {
    const answers = [-105, -12, -4, -EAGAIN]
    const { fd, connection, recorder } = await faulty(t, {
      send: (to, packet) => answers.shift() ?? calls.send(to, packet),
    })
    for (const number of range(20)) connection.send(numbered(number))
    const received: number[] = []
    await until(() => {
      const packet = receivePacket(fd, PACKET_MAX)
      if (typeof packet !== 'number') received.push(packet.readUInt32LE())
      return received.length === 20
    })
    assert.deepEqual(received, range(20))
    await until(() => recorder.drains > 0)
    assert.equal(connection.queuedBytes, 0)
  })

  it('tries an interrupted receive again', async (t) => {
    const answers = [-4, -4]
    const { fd, recorder } = await faulty(t, { receive: (from, max) => answers.shift() ?? calls.receive(from, max) })
    calls.send(fd, numbered(5))
    await until(() => recorder.packets.length === 1)
    assert.deepEqual(recorder.numbers, [5])
  })
})
