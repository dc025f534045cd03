// A peer that goes away without having read everything leaves packets behind, which are still delivered. Until then they lie in the
// kernel, under another file descriptor: the number of the first one may be another client's.

import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { requests, STDOUT } from '../../../../proto/protocol.ts'
import type { Connection } from '../../../../proto/transport/connection.ts'
import { MemoryDaemon } from '../../../support/daemon/memory-daemon.ts'
import {
  numbered,
  openFds,
  Recorder,
  Rig,
  receivePacket,
  settle,
  until,
} from '../../../support/transport/seqpacket-rig.ts'
import { waitFor } from '../../../support/wait.ts'

const SENT = 100

/** A connection whose peer has gone, paused amid what it left; and clients who came after that. */
async function goneAndStrangers(
  t: TestContext,
): Promise<{ gone: Connection; recorder: Recorder; strangers: number[] }> {
  const rig = new Rig(t)
  const [peer, gone] = await rig.rawPeer()
  const recorder = new Recorder(gone)
  recorder.onPacket = () => gone.pause()
  gone.open(recorder)
  rig.calls.send(peer, numbered(0))
  await until(() => recorder.packets.length === 1)
  gone.send(numbered(0))
  for (let number = 1; number < SENT; number++) rig.calls.send(peer, numbered(number))
  rig.closeRaw(peer)
  gone.resume()
  await until(() => recorder.packets.length === 2)
  await settle()
  const strangers: number[] = []
  for (let count = 0; count < 4; count++) strangers.push((await rig.rawPeer())[0])
  t.after(() => assert.deepEqual(rig.errors, []))
  return { gone, recorder, strangers }
}

describe('what is sent to a peer that has gone', () => {
  test('reaches nobody else', async (t) => {
    const { gone, recorder, strangers } = await goneAndStrangers(t)
    assert.equal(gone.send(numbered(1)), false)
    assert.equal(gone.closed, true)
    recorder.onPacket = () => gone.send(numbered(2))
    gone.resume()
    assert.equal((await recorder.ended()).by, 'peer')
    assert.equal(recorder.packets.length, SENT)
    for (const fd of strangers) assert.equal(received(fd), -constants.errno.EAGAIN)
  })

  test('is not followed by an end for somebody else', async (t) => {
    const { gone, recorder, strangers } = await goneAndStrangers(t)
    gone.close()
    assert.equal((await recorder.ended()).by, 'local')
    for (const fd of strangers) assert.equal(received(fd), -constants.errno.EAGAIN)
  })
})

test('what peers that have gone left behind takes no memory while it is not read, and all of it is delivered', async (t) => {
  const rig = new Rig(t)
  const recorders: Recorder[] = []
  const fds = openFds()
  const packet = numbered(1, 40_000)
  const before = process.memoryUsage().arrayBuffers
  let sent = 0
  for (let n = 0; n < 50; n++) {
    const [peer, gone] = await rig.rawPeer()
    const recorder = new Recorder(gone)
    recorders.push(recorder)
    gone.pause()
    gone.open(recorder)
    // It goes with something unread: a reset.
    gone.send(numbered(0))
    while (rig.calls.send(peer, packet) > 0) sent += 1
    rig.closeRaw(peer)
    assert.equal(gone.send(numbered(1)), false)
  }
  await settle()
  assert.ok(sent >= 100)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  assert.ok(openFds() <= fds + 50, 'one for each')
  for (const { connection } of recorders) connection.resume()
  for (const recorder of recorders) assert.equal((await recorder.ended()).by, 'peer')
  const received = recorders.reduce((sum, { packets }) => sum + packets.length, 0)
  assert.equal(received, sent)
  await settle()
  assert.equal(openFds(), fds)
})

test('a client that goes while its requests are not read holds no process back', async () => {
  await using daemon = new MemoryDaemon()
  const other = await daemon.client()
  const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`label-${n}`, 'x'.repeat(255)]))
  for (let count = 0; count < 40; count++) await other.request('START', { spec: { command: '/bin/true', labels } })
  const { child, handle } = await daemon.start(other)
  const client = await daemon.client()
  await client.request('ATTACH', { process: handle, lossless: true })
  client.connection.pause()
  for (let count = 0; count < 10; count++) client.post(requests.LIST.code, {})
  await settle()
  const process = daemon.processes.find(handle)
  for (let chunk = 1; chunk <= 4; chunk++) {
    child.write(STDOUT, 'x'.repeat(60_000))
    await waitFor('it to be read', () => process.log.end === chunk * 60_000)
  }
  assert.equal(process.detail(false).held, true)
  client.connection.destroy()
  await waitFor('the session to end', () => daemon.openSessions === 1)
  assert.equal(process.detail(false).held, false)
})

const received = (fd: number) => receivePacket(fd, 1024)
