// What every Connection promises, whatever carries it: the same tests over kernel sockets and in memory.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { PACKET_MAX } from '../../../../proto/limits.ts'
import type { Connection, KeptMemory } from '../../../../proto/transport/connection.ts'
import { memoryPair } from '../../../support/transport/memory-pair.ts'
import { numbered, numberOf, Recorder, Rig, range, settle, until } from '../../../support/transport/seqpacket-rig.ts'

type MakePair = (t: TestContext) => Promise<[Connection, Connection]>

const transports: [string, MakePair][] = [
  ['in memory', () => Promise.resolve(memoryPair())],
  ['SEQPACKET', (t) => new Rig(t).pair(t)],
]

/** Sends numbered packets until the connection has some queued; answers how many were sent. */
function congest(connection: Connection, length = 32 * 1024): number {
  let sent = 0
  while (connection.send(numbered(sent++, length)));
  for (const more of range(5)) connection.send(numbered(sent + more, length))
  return sent + 5
}

for (const [name, makePair] of transports) {
  describe(`a connection ${name}`, () => {
    it('delivers packets whole and in order, both ways', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      const lengths = [1, 2, 100, 4095, 4096, 16 * 1024, 16 * 1024 + 1, 64 * 1024, PACKET_MAX]
      for (const length of lengths) {
        left.send(Buffer.alloc(length, length))
        right.send(Buffer.alloc(length, length + 1))
      }
      await until(() => atLeft.packets.length === lengths.length && atRight.packets.length === lengths.length)
      for (const [index, length] of lengths.entries()) {
        assert.deepEqual(atRight.packets[index], Buffer.alloc(length, length))
        assert.deepEqual(atLeft.packets[index], Buffer.alloc(length, length + 1))
      }
    })

    it('receives into the same memory again, except where it is kept, until it is given back', async (t) => {
      const [left, right] = await makePair(t)
      Recorder.open(left)
      const kept: { packet: Buffer; memory: KeptMemory }[] = []
      const used = new Set<ArrayBufferLike>()
      let received = 0
      right.open({
        packet(packet, memory) {
          used.add(packet.buffer)
          if (received++ % 100 === 0) kept.push({ packet, memory: memory.keep() })
          // At most three at a time.
          if (kept.length > 3) kept.shift()?.memory.release()
          for (const { packet: earlier } of kept) {
            const number = numberOf(earlier)
            assert.ok(earlier.equals(numbered(number, 4 + ((number * 37) % 20_000))))
          }
        },
        drain() {},
        closed() {},
      })
      for (const number of range(2000)) left.send(numbered(number, 4 + ((number * 37) % 20_000)))
      await until(() => received === 2000)
      assert.ok(used.size <= 5, `${used.size} buffers`)
      for (const { memory } of kept) {
        memory.release()
        assert.throws(() => memory.release(), /given back twice/)
      }
    })

    it('delivers what a peer left behind in memory of its own', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = new Recorder(left)
      right.send(numbered(7, 100))
      for (const number of range(5)) left.send(numbered(number, 10 + number))
      left.destroy()
      const packets: Buffer[] = []
      let ended = false
      right.open({
        packet: (packet, memory) => packets.push(memory.keep().bytes.subarray(0, packet.length)),
        drain() {},
        closed() {
          ended = true
        },
      })
      await until(() => ended)
      assert.deepEqual(
        packets,
        range(5).map((number) => numbered(number, 10 + number)),
      )
      assert.equal(atLeft.packets.length, 0)
    })

    it('calls no handler from inside a call', async (t) => {
      const [left, right] = await makePair(t)
      let inside = false
      const guard = (): void => assert.equal(inside, false)
      const outside = (action: () => void): void => {
        inside = true
        action()
        inside = false
      }
      let ended = 0
      const closed = (): void => {
        guard()
        ended++
      }
      const handlers = { packet: guard, drain: guard, closed }
      left.send(numbered(1))
      outside(() => right.open(handlers))
      outside(() => left.open(handlers))
      outside(() => left.send(numbered(2)))
      outside(() => right.pause())
      await settle()
      outside(() => right.resume())
      await settle()
      outside(() => left.close())
      outside(() => right.destroy())
      await until(() => ended === 2)
    })

    it('keeps what was sent before the peer opened', async (t) => {
      const [left, right] = await makePair(t)
      Recorder.open(left)
      for (const number of range(10)) left.send(numbered(number))
      await settle()
      const atRight = Recorder.open(right)
      await until(() => atRight.packets.length === 10)
      assert.deepEqual(atRight.numbers, range(10))
    })

    it('answers false when the peer does not read, and drains when it does', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      right.pause()
      await settle()
      const sent = congest(left)
      assert.ok(left.queuedBytes >= 5 * 32 * 1024)
      await settle()
      assert.equal(atLeft.drains, 0)
      right.resume()
      await until(() => atRight.packets.length === sent && atLeft.drains === 1)
      assert.deepEqual(atRight.numbers, range(sent))
      assert.equal(left.queuedBytes, 0)
    })

    it('can be congested and drained again and again', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      let next = 0
      const pump = (): void => {
        while (next < 3000 && left.send(numbered(next++, 30_000)));
      }
      atLeft.onDrain = pump
      pump()
      await until(() => atRight.packets.length === 3000)
      assert.deepEqual(atRight.numbers, range(3000))
      await until(() => left.queuedBytes === 0)
    })

    it('lets the sender reuse its bytes at once', async (t) => {
      const [left, right] = await makePair(t)
      const atRight = Recorder.open(right)
      Recorder.open(left)
      const bytes = Buffer.alloc(32 * 1024)
      for (const number of range(50)) {
        bytes.fill(number)
        left.send(bytes)
      }
      bytes.fill(255)
      await until(() => atRight.packets.length === 50)
      for (const number of range(50)) assert.deepEqual(atRight.packets[number], Buffer.alloc(32 * 1024, number))
    })

    it('takes a plain Uint8Array, and a view into a larger one', async (t) => {
      const [left, right] = await makePair(t)
      const atRight = Recorder.open(right)
      Recorder.open(left)
      right.pause()
      await settle()
      const sent = congest(left)
      const large = Uint8Array.from(range(200))
      left.send(large.subarray(50, 60))
      right.resume()
      await until(() => atRight.packets.length === sent + 1)
      left.send(large.subarray(60, 70))
      await until(() => atRight.packets.length === sent + 2)
      assert.deepEqual([...atRight.packets[sent]!], range(60).slice(50))
      assert.deepEqual([...atRight.packets[sent + 1]!], range(70).slice(60))
    })

    it('delivers nothing while paused, not even after pausing inside the handler', async (t) => {
      const [left, right] = await makePair(t)
      Recorder.open(left)
      const atRight = new Recorder(right)
      atRight.onPacket = () => right.pause()
      right.open(atRight)
      for (const number of range(20)) left.send(numbered(number))
      for (const number of range(20)) {
        await until(() => atRight.packets.length > number)
        await settle()
        assert.equal(atRight.packets.length, number + 1)
        right.resume()
      }
      assert.deepEqual(atRight.numbers, range(20))
    })

    it('finds out on resume that the peer closed while it was paused, after the last packet', async (t) => {
      const [left, right] = await makePair(t)
      Recorder.open(left)
      const atRight = Recorder.open(right)
      right.pause()
      await settle()
      for (const number of range(5)) left.send(numbered(number))
      left.destroy()
      await settle()
      assert.deepEqual([atRight.packets.length, atRight.reasons.length], [0, 0])
      right.resume()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.deepEqual(atRight.numbers, range(5))
    })

    it('keeps what the peer had sent when a send finds it gone during a pause', async (t) => {
      const [left, right] = await makePair(t)
      Recorder.open(left)
      const atRight = Recorder.open(right)
      right.pause()
      await settle()
      for (const number of range(5)) left.send(numbered(number))
      left.destroy()
      await settle()
      assert.equal(right.send(numbered(1)), false)
      assert.equal(right.closed, true)
      assert.equal(right.queuedBytes, 0)
      await settle()
      assert.deepEqual([atRight.packets.length, atRight.reasons.length], [0, 0])
      right.resume()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.deepEqual(atRight.numbers, range(5))
    })

    it('delivers what the peer had sent before it closed without reading', async (t) => {
      const [left, right] = await makePair(t)
      const atRight = Recorder.open(right)
      for (const number of range(3)) right.send(numbered(number))
      for (const number of range(5)) left.send(numbered(number))
      left.destroy()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.deepEqual(atRight.numbers, range(5))
    })

    it('notices that the peer has gone while packets wait to be sent, and loses none of the peer’s', async (t) => {
      const [left, right] = await makePair(t)
      const atRight = Recorder.open(right)
      right.pause()
      await settle()
      congest(right)
      for (const number of range(5)) left.send(numbered(number))
      left.destroy()
      await until(() => right.closed)
      assert.equal(right.queuedBytes, 0)
      assert.equal(atRight.packets.length, 0)
      right.resume()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.deepEqual(atRight.numbers, range(5))
      // Who paused because of what waited would never resume otherwise, and so never be told of the end.
      assert.equal(atRight.drains, 1)
    })

    it('sends what is queued before it closes', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      right.pause()
      await settle()
      const sent = congest(left)
      left.close()
      assert.equal(left.closed, true)
      assert.equal(left.send(numbered(99)), false)
      right.resume()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.deepEqual(atRight.numbers, range(sent))
      assert.equal(atLeft.drains, 0)
    })

    it('delivers nothing once close was called', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = new Recorder(left)
      atLeft.onPacket = () => left.close()
      left.open(atLeft)
      const atRight = Recorder.open(right)
      for (const number of range(100)) right.send(numbered(number))
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
      assert.equal(atLeft.packets.length, 1)
    })

    it('closes by force when the peer takes nothing', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = Recorder.open(left)
      right.pause()
      congest(left)
      left.close()
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.equal(left.queuedBytes, 0)
    })

    it('closes on both sides at once', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      congest(left)
      congest(right)
      left.close()
      right.close()
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.deepEqual(await atRight.ended(), { by: 'local' })
    })

    it('is destroyed at once, and the peer learns of it', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      left.destroy()
      assert.equal(left.closed, true)
      assert.equal(left.queuedBytes, 0)
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
    })

    it('bears every call in every order after its end', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      const everything = (): void => {
        left.destroy()
        left.close()
        left.pause()
        left.resume()
        assert.equal(left.send(numbered(1)), false)
        left.destroy()
      }
      everything()
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      everything()
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
    })

    it('can be destroyed from inside the packet handler', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = Recorder.open(left)
      const atRight = new Recorder(right)
      atRight.onPacket = () => {
        right.destroy()
        right.destroy()
      }
      right.open(atRight)
      for (const number of range(100)) left.send(numbered(number))
      assert.deepEqual(await atRight.ended(), { by: 'local' })
      assert.equal(atRight.packets.length, 1)
      assert.deepEqual(await atLeft.ended(), { by: 'peer' })
    })

    it('can be destroyed from inside the drain handler', async (t) => {
      const [left, right] = await makePair(t)
      const [atLeft, atRight] = [Recorder.open(left), Recorder.open(right)]
      atLeft.onDrain = () => left.destroy()
      congest(left)
      assert.deepEqual(await atLeft.ended(), { by: 'local' })
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
    })

    it('closes with the error that the packet handler throws', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = Recorder.open(left)
      const atRight = new Recorder(right)
      const error = new Error('thrown by the handler')
      atRight.onPacket = () => {
        throw error
      }
      right.open(atRight)
      left.send(numbered(1))
      left.send(numbered(2))
      assert.deepEqual(await atRight.ended(), { by: 'error', error })
      assert.equal(atRight.packets.length, 1)
      assert.deepEqual(await atLeft.ended(), { by: 'peer' })
    })

    it('closes with the error that the drain handler throws', async (t) => {
      const [left, right] = await makePair(t)
      const atLeft = Recorder.open(left)
      const atRight = Recorder.open(right)
      const error = new Error('thrown by the handler')
      atLeft.onDrain = () => {
        throw error
      }
      congest(left)
      assert.deepEqual(await atLeft.ended(), { by: 'error', error })
      assert.deepEqual(await atRight.ended(), { by: 'peer' })
    })

    it('tells one who opens it after its end', async (t) => {
      const [left, right] = await makePair(t)
      left.destroy()
      const early = Recorder.open(left)
      assert.deepEqual(await early.ended(), { by: 'local' })
      right.close()
      await settle()
      const late = Recorder.open(right)
      assert.deepEqual(await late.ended(), { by: 'local' })
    })

    it('refuses to send what would not be a packet', async (t) => {
      const [left] = await makePair(t)
      assert.throws(() => left.send(Buffer.alloc(0)), RangeError)
      assert.throws(() => left.send(Buffer.alloc(PACKET_MAX + 1)), RangeError)
      left.destroy()
    })

    it('ends its turn early when its packets take long to deal with', async (t) => {
      const [left, right] = await makePair(t)
      for (const number of range(32)) left.send(numbered(number))
      await settle()
      let inOneTurn = 0
      let most = 0
      const atRight = new Recorder(right)
      atRight.onPacket = () => {
        if (inOneTurn++ === 0) {
          setImmediate(() => {
            inOneTurn = 0
          })
        }
        most = Math.max(most, inOneTurn)
        for (const end = performance.now() + 10; performance.now() < end; );
      }
      right.open(atRight)
      await until(() => atRight.packets.length === 32)
      assert.equal(most, 1)
    })

    it('does not let one that floods keep the others waiting', async (t) => {
      const [flooder, flooded] = await makePair(t)
      const [asker, answerer] = await makePair(t)
      const atFlooder = Recorder.open(flooder)
      let flooding = true
      const flood = (): void => {
        while (flooding && flooder.send(Buffer.alloc(1000)));
      }
      atFlooder.onDrain = flood
      flooded.open({ packet() {}, drain() {}, closed() {} })
      answerer.open({ packet: (packet) => answerer.send(packet), drain() {}, closed() {} })
      const atAsker = Recorder.open(asker)
      atAsker.onPacket = () => asker.send(numbered(1))
      flood()
      asker.send(numbered(0))
      await until(() => atAsker.packets.length > 500)
      flooding = false
      atAsker.onPacket = () => {}
      for (const connection of [flooder, flooded, asker, answerer]) connection.destroy()
    })
  })
}
