// What waits to be sent, over a socket that a test opens and closes packet by packet.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EAGAIN, type PacketSocket } from '../../../../proto/transport/packet-socket.ts'
import { SendQueue } from '../../../../proto/transport/send-queue.ts'
import { bytesHeld, useUpPool } from '../../../support/memory.ts'

test('a queue that never runs empty keeps nothing of what it has sent', () => {
  const offered: number[] = []
  const socket = {
    send: () => -EAGAIN,
    sendWhenWritable: (packet: Uint8Array) => offered.push(packet[0] ?? -1),
  } as Partial<PacketSocket> as PacketSocket
  const queue = new SendQueue(socket)
  const packet = Buffer.alloc(60_000)
  const before = process.memoryUsage().arrayBuffers
  for (let number = 0; number < 5000; number++) {
    packet[0] = number % 256
    queue.send(packet)
    if (number < 3) continue
    queue.noteSent()
    queue.flush()
    assert.equal(queue.bytes, 3 * packet.length)
  }
  assert.deepEqual(
    offered,
    [...Array(4998).keys()].map((number) => number % 256),
  )
  // What was let go of and not collected yet counts as well: 300 MB have been sent.
  assert.ok(process.memoryUsage().arrayBuffers - before < 200_000_000)
})

test('small packets that wait hold on to little more than their bytes', () => {
  const socket = { send: () => -EAGAIN, sendWhenWritable: () => {} } as Partial<PacketSocket> as PacketSocket
  const queue = new SendQueue(socket)
  const before = bytesHeld()
  for (let number = 0; number < 50_000; number++) {
    useUpPool()
    queue.send(Buffer.from('0123456789'))
  }
  assert.equal(queue.bytes, 500_000)
  assert.ok(bytesHeld() - before < 2 * queue.bytes)
})
