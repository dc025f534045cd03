// The output queue alone: order, bounds and ACKs, for any sizes.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { OutputItem } from '../../../../client-lib/attachment/output-item.ts'
import { OutputQueue } from '../../../../client-lib/attachment/output-queue.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { DATA_MAX } from '../../../../proto/limits.ts'
import { ReceiveMemory } from '../../../../proto/transport/receive-memory.ts'
import { budget } from '../../../support/fuzz.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

function queueOf(more: { window?: number; from?: number; ackWhenEmpty?: boolean } = {}) {
  const acks: number[] = []
  const queue = new OutputQueue({
    from: 0,
    window: 1000,
    ackWhenEmpty: false,
    ...more,
    ack: (offset) => acks.push(offset),
    abandoned: async () => queue.discard(),
  })
  return { queue, acks, reader: queue[Symbol.asyncIterator]() }
}

/** A queue whose reader is lent what it reads. */
function lendingQueue() {
  const queue = new OutputQueue({
    from: 0,
    window: 2 * DATA_MAX,
    ackWhenEmpty: false,
    ack: () => {},
    abandoned: async () => {},
  })
  return { queue, reader: queue.lent[Symbol.asyncIterator]() }
}

async function take(reader: AsyncIterator<OutputItem, undefined>): Promise<OutputItem> {
  const result = await reader.next()
  if (result.done === true) throw new Error('it has ended')
  return result.value
}

const bytes = (text: string) => Buffer.from(text)

/** Bytes of a packet before what it carries. */
const HEADER = 26
const memory = new ReceiveMemory()

/** Hands bytes to the queue as a connection does: unless it keeps their memory, the next packet is received into it. */
function arrive(queue: OutputQueue, channel: 1 | 2, offset: number, payload: Buffer): void {
  const { buffer } = memory
  payload.copy(buffer, HEADER)
  queue.data(channel, offset, buffer.subarray(HEADER, HEADER + payload.length), memory)
  memory.buffer.fill('!')
}

describe('the output queue', () => {
  it('delivers items in order, those that wait and those that are waited for', async () => {
    const { queue, reader } = queueOf()
    arrive(queue, 1, 0, bytes('one'))
    arrive(queue, 2, 3, bytes('two'))
    assert.deepEqual(await take(reader), { kind: 'data', channel: 1, offset: 0, bytes: bytes('one') })
    assert.deepEqual(await take(reader), { kind: 'data', channel: 2, offset: 3, bytes: bytes('two') })
    const waiting = take(reader)
    queue.gap(6, 10)
    assert.deepEqual(await waiting, { kind: 'gap', from: 6, to: 10 })
    arrive(queue, 1, 10, bytes(''))
    queue.finish()
    assert.deepEqual(await take(reader), { kind: 'end', channel: 1, offset: 10 })
    assert.deepEqual(await reader.next(), { done: true, value: undefined })
  })

  it('counts an item as consumed when the next is asked for', async () => {
    const { queue, reader } = queueOf()
    arrive(queue, 1, 0, bytes('one'))
    await take(reader)
    assert.equal(queue.offset, 0)
    const waiting = reader.next()
    assert.equal(queue.offset, 3)
    queue.finish()
    await waiting
  })

  it('ACKs when a quarter of the window is due, and not before', async () => {
    const { queue, acks, reader } = queueOf({ window: 400 })
    for (let offset = 0; offset < 400; offset += 40) {
      arrive(queue, offset % 80 === 0 ? 1 : 2, offset, Buffer.alloc(40))
    }
    for (let count = 0; count < 10; count++) await take(reader)
    assert.deepEqual(acks, [120, 240, 360])
  })

  it('ACKs all when it has run empty, if a place is kept', async () => {
    const { queue, acks, reader } = queueOf({ window: 1_000_000, ackWhenEmpty: true })
    arrive(queue, 1, 0, bytes('a'))
    arrive(queue, 2, 1, bytes('b'))
    await take(reader)
    await take(reader)
    assert.deepEqual(acks, [])
    reader.next().catch(() => undefined)
    assert.deepEqual(acks, [2])
  })

  it('takes a window full and refuses one byte more', () => {
    const { queue } = queueOf({ window: 10 })
    arrive(queue, 1, 0, Buffer.alloc(10))
    assert.throws(() => arrive(queue, 1, 10, Buffer.alloc(1)), code('WINDOW'))
  })

  it('does not count gaps against the window', () => {
    const { queue } = queueOf({ window: 10 })
    queue.gap(0, 1_000_000)
    arrive(queue, 1, 1_000_000, Buffer.alloc(10))
  })

  it('refuses what does not follow on', () => {
    const { queue } = queueOf({ from: 5 })
    assert.throws(() => arrive(queue, 1, 4, bytes('x')), code('BAD_PACKET'))
    assert.throws(() => arrive(queue, 1, 6, bytes('x')), code('BAD_PACKET'))
    assert.throws(() => queue.gap(6, 8), code('BAD_PACKET'))
    assert.throws(() => queue.gap(5, 5), code('BAD_PACKET'))
    arrive(queue, 1, 5, bytes(''))
    assert.throws(() => arrive(queue, 1, 5, bytes('x')), code('BAD_PACKET'))
    assert.throws(() => arrive(queue, 1, 5, bytes('')), code('BAD_PACKET'))
  })

  it('delivers what has come before it throws', async () => {
    const { queue, reader } = queueOf()
    arrive(queue, 1, 0, bytes('x'))
    queue.finish(new NetdaemonError('DISCONNECTED', 'gone'))
    assert.equal((await take(reader)).kind, 'data')
    await assert.rejects(reader.next(), code('DISCONNECTED'))
  })

  it('has one reader', () => {
    const { queue } = queueOf()
    assert.throws(() => queue[Symbol.asyncIterator](), /reader already/)
  })

  it('ends, and drops what waits, when its reader leaves', async () => {
    const { queue, reader } = queueOf()
    arrive(queue, 1, 0, bytes('x'))
    await reader.return?.()
    assert.deepEqual(await reader.next(), { done: true, value: undefined })
  })

  it('joins gaps, and small chunks, that wait, so that they are few', async () => {
    const { queue, reader } = queueOf({ window: 100_000 })
    for (let at = 0; at < 1000; at++) queue.gap(at, at + 1)
    for (let at = 1000; at < 21_000; at++) arrive(queue, 1, at, Buffer.from([at % 251]))
    queue.finish()
    assert.deepEqual(await take(reader), { kind: 'gap', from: 0, to: 1000 })
    let items = 0
    let at = 1000
    for (let result = await reader.next(); result.done !== true; result = await reader.next()) {
      items++
      assert.ok(result.value.kind === 'data' && result.value.offset === at)
      for (const byte of result.value.bytes) assert.equal(byte, at++ % 251)
    }
    assert.equal(at, 21_000)
    assert.ok(items <= 2, `${items} items`)
  })

  it('lends memory that is used again when the next item has been asked for', async () => {
    const { queue, reader } = lendingQueue()
    const used = new Set<ArrayBufferLike>()
    for (let offset = 0; offset < 100 * DATA_MAX; offset += DATA_MAX) {
      const waiting = take(reader)
      arrive(queue, 1, offset, Buffer.alloc(DATA_MAX, offset / DATA_MAX))
      const item = await waiting
      assert.ok(item.kind === 'data' && item.bytes.equals(Buffer.alloc(DATA_MAX, offset / DATA_MAX)))
      used.add(item.bytes.buffer)
    }
    assert.ok(used.size <= 2, `${used.size} buffers`)
  })

  it('uses lent memory again only when all small chunks in it have been read', async () => {
    const { queue, reader } = lendingQueue()
    arrive(queue, 1, 0, bytes('one'))
    const one = await take(reader)
    arrive(queue, 2, 3, bytes('two'))
    arrive(queue, 1, 6, bytes('three'))
    const two = await take(reader)
    arrive(queue, 2, 11, Buffer.alloc(DATA_MAX, 'x'))
    assert.ok(two.kind === 'data' && two.bytes.equals(bytes('two')))
    const three = await take(reader)
    assert.ok(three.kind === 'data' && three.bytes.equals(bytes('three')))
    assert.ok(one.kind === 'data' && one.bytes.buffer === three.bytes.buffer)
    await take(reader)
    const waiting = take(reader)
    arrive(queue, 1, 11 + DATA_MAX, bytes('four'))
    const four = await waiting
    assert.ok(four.kind === 'data' && four.bytes.equals(bytes('four')))
  })

  it('gives bytes in little more memory than they need', async () => {
    for (const length of [1, 100, 16_000, 17_000, DATA_MAX]) {
      const { queue, reader } = queueOf({ window: DATA_MAX })
      arrive(queue, 1, 0, Buffer.alloc(length))
      const item = await take(reader)
      assert.ok(item.kind === 'data' && item.bytes.buffer.byteLength <= 4 * length)
    }
  })

  it('leaves bytes that the reader has been given as they were', async () => {
    const { queue, reader } = queueOf()
    const waiting = take(reader)
    arrive(queue, 1, 0, bytes('aa'))
    const first = await waiting
    arrive(queue, 1, 2, bytes('bb'))
    arrive(queue, 1, 4, bytes('cc'))
    const second = await take(reader)
    arrive(queue, 1, 6, bytes('dd'))
    assert.ok(first.kind === 'data' && first.bytes.equals(bytes('aa')))
    assert.ok(second.kind === 'data' && second.bytes.equals(bytes('bbcc')))
  })
})

// A daemon that sends what the window, and its ring, allow, in chunks of any size; a reader that reads as often as
// chance says. `ring` undefined: what is not ACKed holds nobody back but by the window.
const model = fc.record({
  window: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200_000 })),
  ring: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
  total: fc.integer({ min: 0, max: 300_000 }),
  chunks: fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 20 }),
  reads: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }),
  gapEvery: fc.integer({ min: 2, max: 9 }),
  endAt: fc.nat({ max: 300_000 }),
  lends: fc.boolean(),
})

describe('window and ACKs', () => {
  it('bound what is un-ACKed, and never make both sides wait, for any window, ring, chunks and reader', async () => {
    await fc.assert(
      fc.asyncProperty(model, async ({ window, ring, total: wished, chunks, reads, gapEvery, endAt, lends }) => {
        // Tiny windows make a packet of each byte: fewer bytes do for them.
        const total = Math.min(wished, Math.min(window, ring ?? window) * 500)
        const source = Buffer.alloc(total, 'netdaemon')
        let acked = 0
        let sent = 0
        let onTheWay = 0
        const payloads: { end: number; length: number }[] = []
        const queue = new OutputQueue({
          from: 0,
          window,
          ackWhenEmpty: ring !== undefined,
          ack: (offset) => {
            assert.ok(offset > acked && offset <= sent)
            acked = offset
            while ((payloads[0]?.end ?? total + 1) <= offset) onTheWay -= payloads.shift()?.length ?? 0
          },
          abandoned: async () => {},
        })
        let channel: 1 | 2 = 2
        const sendAll = (turn: number) => {
          for (let step = turn; sent < total; step++) {
            if (channel === 2 && sent >= endAt) {
              arrive(queue, 2, sent, Buffer.alloc(0))
              channel = 1
            }
            const room = Math.min(window - onTheWay, ring === undefined ? window : ring - (sent - acked))
            const length = Math.min(room, chunks[step % chunks.length] ?? 1, total - sent)
            if (length <= 0) return
            if (step % gapEvery === 0) {
              queue.gap(sent, sent + length)
            } else {
              arrive(queue, step % 2 === 0 ? 1 : channel, sent, source.subarray(sent, sent + length))
              onTheWay += length
              payloads.push({ end: sent + length, length })
            }
            sent += length
            assert.ok(onTheWay <= window)
          }
        }
        const reader = (lends ? queue.lent : queue)[Symbol.asyncIterator]()
        const kept: { at: number; bytes: Buffer }[] = []
        let at = 0
        let waiting: Promise<OutputItem> | undefined
        for (let turn = 0; at < total; turn++) {
          sendAll(turn)
          for (let count = (reads[turn % reads.length] ?? 0) + 1; count > 0 && at < total; count--) {
            waiting ??= take(reader)
            sendAll(turn)
            const item = await Promise.race([
              waiting,
              new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
            ])
            assert.ok(item !== undefined, `both sides wait: sent ${sent}, acked ${acked}, read ${at} of ${total}`)
            waiting = undefined
            if (item.kind === 'end') continue
            assert.equal(item.kind === 'gap' ? item.from : item.offset, at)
            if (item.kind === 'data') {
              assert.ok(item.bytes.equals(source.subarray(at, at + item.bytes.length)))
              if (!lends) kept.push({ at, bytes: item.bytes })
            }
            if (item.kind === 'gap') at = item.to
            else if (item.kind === 'data') at += item.bytes.length
          }
        }
        queue.finish()
        assert.equal((await reader.next()).done, true)
        assert.equal(queue.offset, total)
        for (const { at: from, bytes } of kept) assert.ok(bytes.equals(source.subarray(from, from + bytes.length)))
      }),
      { ...budget(300) },
    )
  })
})
