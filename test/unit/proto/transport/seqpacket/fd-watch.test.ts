// What the wrapper relies on in node-unix-socket and in the kernel. If a new version of either changes one of these, it
// fails here and not in production.

import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it, type TestContext } from 'node:test'
import { PACKET_MAX } from '../../../../../proto/limits.ts'
import { EAGAIN, ECONNRESET, EPIPE } from '../../../../../proto/transport/packet-socket.ts'
import { FdWatch } from '../../../../../proto/transport/seqpacket/fd-watch.ts'
import { realSocketCalls } from '../../../../../proto/transport/seqpacket/socket-calls.ts'
import {
  numbered,
  numberOf,
  range,
  receivePacket,
  settle,
  socketPath,
  until,
} from '../../../../support/transport/seqpacket-rig.ts'

const calls = realSocketCalls()

/** A watch that counts what it reports. */
function watched(t: TestContext, fd: number): { watch: FdWatch; seen: Record<'readable' | 'sent' | 'failed', number> } {
  const seen = { readable: 0, sent: 0, failed: 0 }
  const watch = new FdWatch(fd, {
    readable: () => void seen.readable++,
    sent: () => void seen.sent++,
    failed: () => void seen.failed++,
  })
  t.after(() => watch.destroy())
  return { watch, seen }
}

/** A connected pair of fds; the first is the caller's to close, the second is closed by whoever watches it. */
function socketPair(t: TestContext): [number, number] {
  const path = socketPath(t)
  const [listening, connecting] = [calls.socket(), calls.socket()]
  assert.equal(calls.bind(listening, path), 0)
  assert.equal(calls.listen(listening, 10), 0)
  assert.equal(calls.connect(connecting, path), 0)
  const accepted = calls.accept(listening)
  assert.ok(accepted > 0)
  calls.close(listening)
  return [connecting, accepted]
}

function fillUp(fd: number, length: number): number {
  let count = 0
  while (calls.send(fd, numbered(count, length)) > 0) count++
  return count
}

describe('watching an fd', () => {
  it('is done with the version of the library that was tried', () => {
    const manifest = createRequire(import.meta.url).resolve('node-unix-socket/package.json')
    assert.equal(JSON.parse(readFileSync(manifest, 'utf8')).version, '0.2.7')
  })

  it('reports readable once and takes no packet', async (t) => {
    const [peer, fd] = socketPair(t)
    const { watch, seen } = watched(t, fd)
    for (const number of range(100)) calls.send(peer, numbered(number))
    await until(() => seen.readable === 1)
    await settle()
    assert.equal(seen.readable, 1)
    for (const number of range(50)) assert.equal(numberOf(receivePacket(fd, PACKET_MAX) as Buffer), number)
    watch.awaitReadable()
    await until(() => seen.readable === 2)
    await settle()
    assert.equal(seen.readable, 2)
    for (const number of range(50)) assert.equal(numberOf(receivePacket(fd, PACKET_MAX) as Buffer), number + 50)
    assert.equal(receivePacket(fd, PACKET_MAX), -EAGAIN)
    watch.awaitReadable()
    await settle()
    assert.equal(seen.readable, 2)
    calls.close(peer)
  })

  it('reports a peer that closed as readable, and then the kernel says 0 for good', async (t) => {
    const [peer, fd] = socketPair(t)
    const { seen } = watched(t, fd)
    calls.send(peer, numbered(7))
    calls.close(peer)
    await until(() => seen.readable === 1)
    assert.equal(numberOf(receivePacket(fd, PACKET_MAX) as Buffer), 7)
    for (const _ of range(3)) assert.equal(receivePacket(fd, PACKET_MAX), 0)
    assert.equal(calls.send(fd, numbered(1)), -EPIPE)
    assert.equal(seen.failed, 0)
  })

  it('reports a peer that closed without reading as failed; its packets follow the ECONNRESET', async (t) => {
    const [peer, fd] = socketPair(t)
    const { seen } = watched(t, fd)
    calls.send(fd, numbered(1))
    for (const number of range(3)) calls.send(peer, numbered(number))
    calls.close(peer)
    await until(() => seen.failed > 0)
    assert.equal(receivePacket(fd, PACKET_MAX), -ECONNRESET)
    for (const number of range(3)) assert.equal(numberOf(receivePacket(fd, PACKET_MAX) as Buffer), number)
    assert.equal(receivePacket(fd, PACKET_MAX), 0)
  })

  it('sends a copy of a packet when there is room, and says so', async (t) => {
    const [peer, fd] = socketPair(t)
    const { watch, seen } = watched(t, fd)
    const sent = fillUp(fd, 30_000)
    const packet = numbered(sent, 30_000)
    watch.sendWhenWritable(packet)
    packet.fill(0)
    await settle()
    assert.equal(seen.sent, 0)
    for (const number of range(sent)) assert.equal(numberOf(receivePacket(peer, PACKET_MAX) as Buffer), number)
    await until(() => seen.sent === 1)
    assert.ok(numbered(sent, 30_000).equals(receivePacket(peer, PACKET_MAX) as Buffer))
    await settle()
    assert.deepEqual(seen, { readable: 0, sent: 1, failed: 0 })
    calls.close(peer)
  })

  it('sends at once when there is room, and still reports readable', async (t) => {
    const [peer, fd] = socketPair(t)
    const { watch, seen } = watched(t, fd)
    for (const number of range(5)) {
      watch.sendWhenWritable(numbered(number))
      assert.equal(seen.sent, number + 1)
    }
    await settle()
    for (const number of range(5)) assert.equal(numberOf(receivePacket(peer, PACKET_MAX) as Buffer), number)
    calls.send(peer, numbered(1))
    await until(() => seen.readable === 1)
    calls.close(peer)
  })

  it('reports failed when the peer goes while a packet waits', async (t) => {
    const [peer, fd] = socketPair(t)
    const { watch, seen } = watched(t, fd)
    const sent = fillUp(fd, 30_000)
    watch.sendWhenWritable(numbered(1, 30_000))
    calls.send(peer, numbered(7))
    for (const _ of range(sent)) receivePacket(peer, PACKET_MAX)
    await until(() => seen.sent === 1)
    fillUp(fd, 30_000)
    watch.sendWhenWritable(numbered(2, 30_000))
    calls.close(peer)
    await until(() => seen.failed > 0)
    let received = receivePacket(fd, PACKET_MAX)
    if (received === -ECONNRESET) received = receivePacket(fd, PACKET_MAX)
    assert.equal(numberOf(received as Buffer), 7)
  })

  it('reports a connection waiting on a listening socket', async (t) => {
    const path = socketPath(t)
    const [listening, connecting] = [calls.socket(), calls.socket()]
    calls.bind(listening, path)
    calls.listen(listening, 10)
    const { watch, seen } = watched(t, listening)
    await settle()
    assert.equal(seen.readable, 0)
    calls.connect(connecting, path)
    await until(() => seen.readable === 1)
    const accepted = calls.accept(listening)
    assert.ok(accepted > 0)
    assert.equal(calls.accept(listening), -EAGAIN)
    watch.awaitReadable()
    await settle()
    assert.deepEqual(seen, { readable: 1, sent: 0, failed: 0 })
    calls.close(accepted)
    calls.close(connecting)
  })

  it('owns the fd and closes it, once, and reports nothing afterwards', async (t) => {
    const [peer, fd] = socketPair(t)
    const { watch, seen } = watched(t, fd)
    calls.send(peer, numbered(1))
    watch.destroy()
    assert.throws(() => fstatSync(fd), { code: 'EBADF' })
    const reused = openSync('/dev/null', 'r')
    watch.destroy()
    watch.awaitReadable()
    watch.sendWhenWritable(numbered(1))
    await settle()
    fstatSync(reused)
    closeSync(reused)
    assert.deepEqual(seen, { readable: 0, sent: 0, failed: 0 })
    calls.close(peer)
  })

  it('leaves the fd close-on-exec and non-blocking', (t) => {
    const [peer, fd] = socketPair(t)
    watched(t, fd)
    for (const each of [peer, fd]) {
      const flags = Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${each}`, 'utf8'))![1]!, 8)
      assert.equal(flags & 0o2004000, 0o2004000)
    }
    calls.close(peer)
  })

  it('throws for an fd that cannot be watched, and leaves it to the caller', () => {
    const file = openSync('/proc/self/exe', 'r')
    assert.throws(() => new FdWatch(file, { readable() {}, sent() {}, failed() {} }))
    closeSync(file)
  })
})

describe('the socket calls', () => {
  it('tell the length of a packet that is over the limit', (t) => {
    const [peer, fd] = socketPair(t)
    calls.send(peer, Buffer.alloc(1001))
    calls.send(peer, Buffer.alloc(1000, 5))
    assert.equal(receivePacket(fd, 1000), 1001)
    assert.deepEqual(receivePacket(fd, 1000), Buffer.alloc(1000, 5))
    calls.close(peer)
    calls.close(fd)
  })

  it('tell who is at the other end', (t) => {
    const [peer, fd] = socketPair(t)
    const me = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() }
    assert.deepEqual(calls.peerCredentials(peer), me)
    assert.deepEqual(calls.peerCredentials(fd), me)
    calls.close(peer)
    calls.close(fd)
  })

  it('answer a negative errno for a bad fd', () => {
    for (const result of [
      calls.send(-1, numbered(1)),
      receivePacket(-1, 10),
      calls.accept(-1),
      calls.connect(-1, '/x'),
      calls.listen(-1, 1),
      calls.bind(-1, '/x'),
      calls.shutdownWrite(-1),
      calls.peerCredentials(-1),
      calls.close(-1),
    ]) {
      assert.equal(result, -9)
    }
  })
})
