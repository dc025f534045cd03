// The ring of output against a plain model: an array of everything ever written.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Budget } from '../../../../daemon/memory/budget.ts'
import { RingMemory } from '../../../../daemon/memory/ring-memory.ts'
import { OutputLog } from '../../../../daemon/output/output-log.ts'
import type { OutputChannel } from '../../../../proto/protocol.ts'
import { budget } from '../../../support/fuzz.ts'

/** All that was written, and where each run of one channel began. */
class Model {
  bytes = Buffer.alloc(0)
  readonly channels: OutputChannel[] = []
  readonly runs: number[] = []
  start = 0

  get end(): number {
    return this.bytes.length
  }

  append(channel: OutputChannel, bytes: Buffer, limit: number, runsMax: number): void {
    if (this.channels.at(-1) !== channel) this.runs.push(this.end)
    this.bytes = Buffer.concat([this.bytes, bytes])
    for (let n = 0; n < bytes.length; n++) this.channels.push(channel)
    this.start = Math.max(this.start, this.end - limit, this.runs.at(-runsMax) ?? 0)
  }

  lastLines(count: number): number {
    if (count === 0) return this.end
    let left = count
    for (let at = this.end - 2; at >= this.start; at--) {
      if (this.bytes[at] === 10 && --left === 0) return at + 1
    }
    return this.start
  }
}

const runsMaxOf = (limit: number) => Math.max(16, Math.floor(limit / 64))

const channels = fc.constantFrom<OutputChannel>(1, 2)
// Few values and many newlines, so that lines of every length come up, empty ones too.
const chunk = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength, max: 3 }).map((bytes) => Buffer.from(bytes.map((b) => (b === 3 ? 10 : b))))

interface Append {
  readonly channel: OutputChannel
  readonly bytes: Buffer
}

function fill(limit: number, appends: readonly Append[]): [OutputLog, Model] {
  const log = new OutputLog(limit)
  const model = new Model()
  for (const { channel, bytes } of appends) {
    log.append(channel, bytes)
    model.append(channel, bytes, limit, runsMaxOf(limit))
  }
  return [log, model]
}

/** Small limits, and some for which the ring has to grow several times. */
const scenario = fc.oneof(
  fc.tuple(
    fc.integer({ min: 1, max: 300 }),
    fc.array(fc.record({ channel: channels, bytes: chunk(400) }), { maxLength: 40 }),
  ),
  fc.tuple(
    fc.integer({ min: 1, max: 3000 }),
    fc.array(fc.record({ channel: channels, bytes: chunk(3) }), { maxLength: 200 }),
  ),
  fc.tuple(
    fc.integer({ min: 5000, max: 40_000 }),
    fc.array(fc.record({ channel: channels, bytes: fc.nat(9000).map((n) => Buffer.alloc(n + 1, n)) }), {
      maxLength: 20,
    }),
  ),
)

describe('the output log', () => {
  test('keeps the newest bytes, as many as its limits allow', () => {
    fc.assert(
      fc.property(scenario, ([limit, appends]) => {
        const [log, model] = fill(limit, appends)
        assert.equal(log.end, model.end)
        assert.equal(log.start, model.start)
        assert.ok(log.end - log.start <= limit)
      }),
      { ...budget(300) },
    )
  })

  test('gives back every kept byte and its channel, from any offset and in pieces of any length', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), fc.integer({ min: 1, max: 10_000 }), ([limit, appends], from, max) => {
        const [log, model] = fill(limit, appends)
        const kept = log.end - log.start
        for (let at = kept === 0 ? log.end : log.start + (from % kept); at < log.end; ) {
          const { channel, bytes } = log.read(at, max)
          assert.ok(bytes.length > 0 && bytes.length <= max)
          assert.ok(bytes.equals(model.bytes.subarray(at, at + bytes.length)), `bytes from ${at}`)
          for (let n = 0; n < bytes.length; n++) assert.equal(model.channels[at + n], channel)
          at += bytes.length
        }
      }),
      { ...budget(300) },
    )
  })

  test('knows where the last lines begin', () => {
    fc.assert(
      fc.property(scenario, fc.nat(30), ([limit, appends], count) => {
        const [log, model] = fill(limit, appends)
        assert.equal(log.lastLines(count), model.lastLines(count))
      }),
      { ...budget(500) },
    )
  })

  test('finds them in pieces too, whatever is forgotten meanwhile', () => {
    fc.assert(
      fc.property(
        scenario,
        scenario,
        fc.nat(30),
        fc.integer({ min: 1, max: 40 }),
        ([limit, appends], [, more], count, piece) => {
          const [log, model] = fill(limit, appends)
          const expected = model.lastLines(count)
          const search = log.searchLines(count)
          for (const { channel, bytes } of more) {
            const found = search(piece)
            if (found !== undefined) assert.equal(Math.max(found, log.start), Math.max(expected, log.start))
            log.append(channel, bytes)
          }
          let found = search(piece)
          while (found === undefined) found = search(piece)
          assert.equal(Math.max(found, log.start), Math.max(expected, log.start))
        },
      ),
      { ...budget(500) },
    )
  })

  test('an append within the promised room forgets nothing from that offset on', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), channels, ([limit, appends], from, channel) => {
        const [log] = fill(limit, appends)
        const offset = log.start + (from % (log.end - log.start + 1))
        const room = log.roomFrom(offset)
        assert.ok(room >= 0 && room <= limit)
        if (room > 0) log.append(channel, Buffer.alloc(room))
        assert.ok(log.start <= offset)
      }),
      { ...budget(500) },
    )
  })

  test('there is room for a whole limit once nobody needs what is kept', () => {
    fc.assert(
      fc.property(scenario, ([limit, appends]) => {
        const [log] = fill(limit, appends)
        assert.equal(log.roomFrom(log.end), limit)
      }),
    )
  })

  test('output that changes channel with every byte does not make the index grow without end', () => {
    const limit = 64 * 1024
    const log = new OutputLog(limit)
    const byte = Buffer.from('x')
    for (let n = 0; n < 10_000; n++) log.append(n % 2 === 0 ? 1 : 2, byte)
    assert.equal(log.end, 10_000)
    assert.equal(log.end - log.start, limit / 64)
    // Then no more has room as long as somebody needs the oldest byte kept.
    assert.equal(log.roomFrom(log.start), 0)
    assert.ok(log.roomFrom(log.start + 1) > 0)
  })

  test('each channel ends once, where it ended first', () => {
    const log = new OutputLog(100)
    log.append(1, Buffer.from('ab'))
    assert.equal(log.endOf(1), undefined)
    log.endChannel(1)
    log.append(2, Buffer.from('c'))
    log.endChannel(1)
    assert.equal(log.endOf(1), 2)
    assert.equal(log.ended, false)
    log.endChannel(2)
    assert.equal(log.endOf(2), 3)
    assert.equal(log.ended, true)
  })

  test('reading what is not kept is a bug, and says so', () => {
    const log = new OutputLog(4)
    assert.throws(() => log.read(0, 1), /internal error/)
    log.append(1, Buffer.from('abcdefgh'))
    assert.throws(() => log.read(3, 1), /internal error/)
    assert.throws(() => log.read(8, 1), /internal error/)
    assert.equal(log.read(4, 100).bytes.toString(), 'efgh')
  })
})

describe('a ring that cannot grow', () => {
  /** Memory of which there is no more than so many bytes at a time. */
  const scarce = (most: { bytes: number }) =>
    new RingMemory(new Budget(Number.POSITIVE_INFINITY, 0).account(), (bytes) => {
      if (bytes > most.bytes) throw new RangeError('Array buffer allocation failed')
      return Buffer.alloc(bytes)
    })

  test('loses no byte without a word: all are counted, and start says which are not kept', () => {
    const most = { bytes: 0 }
    const log = new OutputLog(64 * 1024, scarce(most))
    log.append(1, Buffer.alloc(5000, 'a'))
    assert.deepEqual([log.start, log.end], [5000, 5000])
    most.bytes = 2048
    log.append(1, Buffer.alloc(1500, 'b'))
    assert.deepEqual([log.start, log.end], [5000, 6500])
    log.append(2, Buffer.alloc(1500, 'c'))
    assert.deepEqual([log.start, log.end], [8000 - 2048, 8000])
    assert.deepEqual(log.read(7999, 9).bytes, Buffer.from('c'))
    most.bytes = 64 * 1024
    log.append(1, Buffer.alloc(20_000, 'd'))
    assert.deepEqual([log.start, log.end], [8000 - 2048, 28_000])
  })

  test('makes lossless clients wait sooner, but never for what one read brings', () => {
    const most = { bytes: 128 * 1024 }
    const log = new OutputLog(1024 * 1024, scarce(most))
    for (let n = 0; n < 3; n++) log.append(1, Buffer.alloc(50_000))
    assert.equal(log.roomFrom(log.end), 128 * 1024)
    const none = new OutputLog(1024 * 1024, scarce({ bytes: 0 }))
    none.append(1, Buffer.alloc(50_000))
    assert.equal(none.roomFrom(none.end), 64 * 1024)
  })
})
