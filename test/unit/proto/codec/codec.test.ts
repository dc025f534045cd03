// Packets to messages and back: whatever is sent arrives the same, and whatever else comes is BAD_PACKET.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import type * as v from 'valibot'
import { check, UnreadableBody } from '../../../../proto/codec/check.ts'
import {
  Decoder,
  EncodedList,
  elementsOf,
  encodeAck,
  encodeData,
  encodeGap,
  encodeMessage,
  encodeValue,
  type Message,
} from '../../../../proto/codec/codec.ts'
import { ACK_LENGTH, DATA_HEADER, decodeStream, writeDataHeader } from '../../../../proto/codec/stream-codec.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { DATA_MAX, ELEMENTS_MAX, MESSAGE_MAX, PACKET_MAX } from '../../../../proto/limits.ts'
import { errorBody, events, frames, requests, streamMessages } from '../../../../proto/protocol.ts'
import { budget } from '../../../support/fuzz.ts'
import { arbitraryOf } from '../../../support/schema-arbitrary.ts'

const attachments = fc.integer({ min: 1, max: 0xffff_ffff })
const channels = fc.constantFrom(0, 1, 2)
const offsets = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER))
const payloads = fc.uint8Array({ maxLength: 300 })

const pack = (value: unknown): Buffer => {
  const bytes = encode(value)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A decoder as it is after HELLO. */
function decoder(): Decoder {
  const made = new Decoder()
  made.allowParts()
  return made
}

/** The one message that the packets make. */
function decodeAll(packets: readonly Buffer[], into = decoder()): Message {
  const messages = packets.map((packet) => into.decode(packet))
  const last = messages.pop()
  assert.deepEqual(
    messages,
    messages.map(() => undefined),
  )
  return last ?? assert.fail('the last packet did not complete the message')
}

function refused(packet: Buffer, into = decoder(), reason?: RegExp): void {
  assert.throws(
    () => into.decode(packet),
    (error) => {
      assert.ok(error instanceof NetdaemonError)
      assert.equal(error.code, 'BAD_PACKET')
      if (reason !== undefined) assert.match(error.message, reason)
      return true
    },
  )
}

test('what a message holds is its own, whatever becomes of the packet; the payload of DATA is a view', () => {
  const body = { spec: { args: ['a', Buffer.from('\xff\xfe', 'latin1')], env: { A: Buffer.from('b') } } }
  const [packet = assert.fail()] = encodeMessage(requests.START.code, 1, body)
  const message = decoder().decode(packet)
  packet.fill(0)
  assert.deepEqual(message?.cmd === 'GENERAL' && message.body, {
    spec: { args: ['a', Buffer.from([0xff, 0xfe])], env: { A: Buffer.from('b') } },
  })
  const data = encodeData(1, 1, 0, Buffer.from('x'))
  const general = pack([streamMessages.DATA.code, 0, [1, 1, 0, Buffer.from('x')]])
  for (const sent of [data, general]) {
    const decoded = decoder().decode(sent)
    assert.ok(decoded?.cmd === 'DATA' && decoded.bytes.buffer === sent.buffer)
  }
})

test('a value that is kept encoded has memory of its own size', () => {
  for (const value of [1, 'short', { labels: 'x'.repeat(5000) }]) {
    const encoded = encodeValue(value)
    assert.equal(encoded.buffer.byteLength, encoded.length)
    assert.deepEqual(decode(encoded), value)
  }
})

describe('general messages', () => {
  const schemas: [name: string, code: number, schema: v.GenericSchema][] = [
    ...Object.entries(requests).flatMap(([name, { code, params, result }]): [string, number, v.GenericSchema][] => [
      [`the parameters of ${name}`, code, params],
      [`the result of ${name}`, frames.OK.code, result],
    ]),
    ...Object.entries(events).map(([name, { code, body }]): [string, number, v.GenericSchema] => [name, code, body]),
    ['ERROR', frames.ERROR.code, errorBody],
    ['ABORT', frames.ABORT.code, errorBody],
  ]

  for (const [name, code, schema] of schemas) {
    test(`${name} arrives as it was sent`, () => {
      fc.assert(
        fc.property(fc.nat(0xffff_ffff), arbitraryOf(schema), (id, body) => {
          const message = decodeAll(encodeMessage(code, id, body))
          assert.ok(message.cmd === 'GENERAL')
          assert.equal(message.code, code)
          assert.equal(message.id, id)
          assert.deepEqual(check(schema, message.body, name), check(schema, body, name))
        }),
        { ...budget(40) },
      )
    })
  }

  test('undefined fields are not sent', () => {
    const message = decodeAll(encodeMessage(1, 1, { a: undefined, b: 1 }))
    assert.ok(message.cmd === 'GENERAL')
    assert.deepEqual(message.body, { b: 1 })
  })
})

describe('stream messages', () => {
  test('DATA arrives as it was sent, by the hand-written path and by the general one', () => {
    fc.assert(
      fc.property(attachments, channels, offsets, payloads, (attachment, channel, offset, bytes) => {
        const expected = { cmd: 'DATA', attachment, channel, offset, bytes: Buffer.from(bytes) }
        const byHand = encodeData(attachment, channel, offset, bytes)
        assert.deepEqual(decodeStream(byHand), expected)
        assert.deepEqual(decoder().decode(byHand), expected)
        const general = pack([streamMessages.DATA.code, 0, [attachment, channel, offset, bytes]])
        assert.deepEqual(decoder().decode(general), expected)
      }),
    )
  })

  test('ACK arrives as it was sent, by the hand-written path and by the general one', () => {
    fc.assert(
      fc.property(attachments, channels, offsets, (attachment, channel, offset) => {
        const expected = { cmd: 'ACK', attachment, channel, offset }
        const byHand = encodeAck(attachment, channel, offset)
        assert.equal(byHand.length, ACK_LENGTH)
        assert.deepEqual(decodeStream(byHand), expected)
        assert.deepEqual(decoder().decode(byHand), expected)
        assert.deepEqual(decoder().decode(pack([streamMessages.ACK.code, 0, [attachment, channel, offset]])), expected)
      }),
    )
  })

  test('what the hand-written path writes is MessagePack that any library reads', () => {
    fc.assert(
      fc.property(attachments, channels, offsets, payloads, (attachment, channel, offset, bytes) => {
        assert.deepEqual(decode(encodeData(attachment, channel, offset, bytes)), [
          streamMessages.DATA.code,
          0,
          [attachment, channel, offset, Buffer.from(bytes)],
        ])
        assert.deepEqual(decode(encodeAck(attachment, channel, offset)), [
          streamMessages.ACK.code,
          0,
          [attachment, channel, offset],
        ])
      }),
    )
  })

  test('a header written in front of a payload makes the same packet', () => {
    fc.assert(
      fc.property(
        attachments,
        channels,
        offsets,
        payloads,
        fc.nat(40),
        (attachment, channel, offset, bytes, before) => {
          const room = Buffer.alloc(before + DATA_HEADER + bytes.length)
          room.set(bytes, before + DATA_HEADER)
          writeDataHeader(room, before + DATA_HEADER, attachment, channel, offset, bytes.length)
          assert.deepEqual(room.subarray(before), encodeData(attachment, channel, offset, bytes))
        },
      ),
    )
  })

  test('GAP arrives as it was sent', () => {
    fc.assert(
      fc.property(attachments, offsets, offsets, (attachment, from, to) => {
        assert.deepEqual(decoder().decode(encodeGap(attachment, from, to)), { cmd: 'GAP', attachment, from, to })
      }),
    )
  })

  test('a payload of 64 KiB fits into a packet, and one byte more is refused', () => {
    const full = encodeData(1, 1, 0, Buffer.alloc(DATA_MAX))
    assert.ok(full.length <= PACKET_MAX)
    assert.equal(decoder().decode(full)?.cmd, 'DATA')
    refused(encodeData(1, 1, 0, Buffer.alloc(DATA_MAX + 1)), decoder(), /65537 bytes/)
  })

  test('an attachment of 0, a channel above 2 and an offset that no double holds are refused', () => {
    refused(encodeData(0, 1, 0, Buffer.alloc(1)), decoder(), /DATA: "0"/)
    refused(encodeData(1, 3, 0, Buffer.alloc(1)), decoder(), /DATA: "1"/)
    refused(encodeAck(1, 1, 2 ** 53), decoder(), /ACK: "2"/)
    refused(encodeAck(1, 1, 2 ** 63), decoder(), /ACK: "2"/)
  })
})

describe('messages longer than a packet', () => {
  test('they are split into packets that fit, and put together again', () => {
    fc.assert(
      fc.property(fc.integer({ min: PACKET_MAX, max: 5 * PACKET_MAX }), fc.nat(1000), (length, id) => {
        const body = { text: 'x'.repeat(length) }
        const packets = encodeMessage(0x0101, id, body)
        assert.ok(packets.length > 1)
        for (const packet of packets) assert.ok(packet.length <= PACKET_MAX)
        assert.deepEqual(decodeAll(packets), { cmd: 'GENERAL', code: 0x0101, id, body })
      }),
      { ...budget(30) },
    )
  })

  test('the longest possible one arrives, and one byte more is not sent', () => {
    const overhead = encodeMessage(0x0101, 1, 'x'.repeat(70_000)).length
    assert.ok(overhead > 1)
    const body = 'x'.repeat(MESSAGE_MAX - 10)
    const message = decodeAll(encodeMessage(0x0101, 1, body))
    assert.ok(message.cmd === 'GENERAL' && message.body === body)
    assert.throws(
      () => encodeMessage(0x0101, 1, `${body}x`),
      (error) => error instanceof NetdaemonError && error.code === 'LIMIT',
    )
  })

  const part = (id: number, more: boolean, bytes: Uint8Array) => pack([frames.PART.code, id, [more, bytes]])
  const whole = pack([0x0101, 7, { a: 1 }])

  test('they may be split anywhere, and other packets may come between', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 6 }), (places) => {
        const cuts = [...new Set([0, ...places.filter((at) => at < whole.length)])].sort((a, b) => a - b)
        const into = decoder()
        cuts.forEach((from, n) => {
          const to = cuts[n + 1] ?? whole.length
          assert.equal(into.decode(encodeAck(1, 1, 0))?.cmd, 'ACK')
          const message = into.decode(part(7, to < whole.length, whole.subarray(from, to)))
          if (to < whole.length) assert.equal(message, undefined)
          else assert.deepEqual(message, { cmd: 'GENERAL', code: 0x0101, id: 7, body: { a: 1 } })
        })
      }),
    )
  })

  test('parts of two messages mixed up, parts without bytes and parts within parts are refused', () => {
    const mixed = decoder()
    mixed.decode(part(7, true, whole.subarray(0, 2)))
    refused(part(8, false, whole.subarray(2)), mixed, /before message 7 was complete/)
    refused(part(7, true, Buffer.alloc(0)), decoder(), /without bytes/)
    refused(part(8, false, whole), decoder(), /hold message 7/)
    refused(part(7, false, part(7, false, whole)), decoder(), /never split/)
    refused(part(0, false, encodeAck(1, 1, 1)), decoder(), /never split/)
    refused(pack([frames.PART.code, 7, [1, whole]]), decoder(), /PART: "0"/)
    refused(pack([frames.PART.code, 7, [true]]), decoder(), /PART/)
  })

  test('before HELLO a message may be no longer than one packet, however it is cut', () => {
    const early = new Decoder()
    const piece = Buffer.alloc(PACKET_MAX / 2, 0xc0)
    assert.equal(early.decode(part(1, true, piece)), undefined)
    assert.equal(early.decode(part(1, true, piece)), undefined)
    refused(part(1, true, Buffer.alloc(1)), early, /over 66560 bytes/)
  })

  test('after HELLO a message may not grow over the limit', () => {
    const into = decoder()
    const piece = Buffer.alloc(DATA_MAX, 0xc0)
    for (let sent = 0; sent < MESSAGE_MAX; sent += piece.length)
      assert.equal(into.decode(part(1, true, piece)), undefined)
    refused(part(1, true, Buffer.alloc(1)), into, /over 4194304 bytes/)
  })

  test('a message in pieces of one byte takes no more memory than its bytes', () => {
    const pieces = 100_000
    const heldBefore = heldMemory()
    const into = decoder()
    const packet = part(1, true, Buffer.alloc(1, 0xc0))
    for (let n = 0; n < pieces; n++) into.decode(Buffer.from(packet))
    const heldAfter = heldMemory()
    refused(part(2, true, Buffer.alloc(1)), into, /before message 1 was complete/)
    // A Buffer for each would be above 10 MB.
    assert.ok(heldAfter - heldBefore < 4_000_000, `${heldAfter - heldBefore} bytes held`)
  })
})

/** Bytes in use after everything unreachable has been let go. */
function heldMemory(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('bytes that are no packet', () => {
  const valid = fc.oneof(
    fc
      .record({ spec: fc.record({ command: fc.string(), labels: fc.dictionary(fc.string(), fc.string()) }) })
      .map((body) => encodeMessage(requests.START.code, 1, body)[0] ?? assert.fail()),
    fc.tuple(attachments, channels, offsets, payloads).map((fields) => encodeData(...fields)),
    fc.tuple(attachments, channels, offsets).map((fields) => encodeAck(...fields)),
    payloads.map((bytes) => pack([frames.PART.code, 1, [true, bytes]])),
  )

  /** Either a message, or a piece of one, or BAD_PACKET: never another exception. */
  function survives(packet: Buffer): void {
    try {
      decoder().decode(packet)
    } catch (error) {
      assert.ok(error instanceof NetdaemonError, `threw ${error}`)
      assert.equal(error.code, 'BAD_PACKET')
    }
  }

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes))),
      {
        ...budget(2000),
      },
    )
  })

  test('every truncation of a valid packet is refused', () => {
    fc.assert(
      fc.property(valid, (packet) => {
        for (let length = 0; length < packet.length; length++) refused(packet.subarray(0, length))
      }),
      { ...budget(50) },
    )
  })

  test('bytes that follow a valid packet are refused', () => {
    fc.assert(
      fc.property(valid, fc.uint8Array({ minLength: 1, maxLength: 5 }), (packet, more) => {
        refused(Buffer.concat([packet, more]))
      }),
    )
  })

  test('mutations of a valid packet', () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(valid, fc.array(mutation, { minLength: 1, maxLength: 5 }), (packet, mutations) => {
        const mutated = Buffer.from(packet)
        for (const [at, value] of mutations) mutated[at % mutated.length] = value
        survives(mutated)
      }),
      { ...budget(3000) },
    )
  })

  test('nesting, also that of 4 MiB in parts', () => {
    refused(Buffer.alloc(PACKET_MAX, 0x91), decoder(), /nested deeper/)
    refused(
      Buffer.concat([Buffer.from([0x93, 1, 1]), Buffer.alloc(17, 0x91), Buffer.from([0xc0])]),
      decoder(),
      /nested/,
    )
    const into = decoder()
    const piece = Buffer.alloc(DATA_MAX, 0x91)
    for (let sent = piece.length; sent < MESSAGE_MAX; sent += piece.length) {
      into.decode(pack([frames.PART.code, 1, [true, piece]]))
    }
    refused(pack([frames.PART.code, 1, [false, piece]]), into, /nested deeper/)
  })

  test('lengths that promise more than there is', () => {
    for (const head of [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0x7f, 0xff, 0xff, 0xff],
      [0xdc, 0xff, 0xff],
      [0xde, 0x40, 0x00],
      [0x9f],
      [0xbf],
    ]) {
      refused(Buffer.from(head))
      refused(Buffer.from([0x93, 1, 1, ...head]))
    }
  })

  test('more elements than a message may have: the body is not read, which costs the request alone', () => {
    const nils = Buffer.concat([Buffer.from([0x93, 1, 1, 0xdd, 0, 4, 0, 0]), Buffer.alloc(256 * 1024, 0xc0)])
    const into = decoder()
    for (let at = 0; at + DATA_MAX < nils.length; at += DATA_MAX) {
      into.decode(pack([frames.PART.code, 1, [true, nils.subarray(at, at + DATA_MAX)]]))
    }
    const message = into.decode(pack([frames.PART.code, 1, [false, nils.subarray(-(nils.length % DATA_MAX))]]))
    assert.ok(message?.cmd === 'GENERAL' && message.id === 1)
    assert.ok(message.body instanceof UnreadableBody && /more than 262144 elements/.test(message.body.why))
    // Of no use without a head that says whose it is.
    refused(pack(Array(10).fill(0)), new Decoder(9), /more than 9 elements/)
  })

  test('a pair of a large map counts four times as much as one of a small map', () => {
    const read = (pairs: number, elementsMax: number) => {
      const body = Object.fromEntries(Array.from({ length: pairs }, (_, n) => [`k${n}`, 0]))
      const message = new Decoder(elementsMax).decode(pack([1, 1, body]))
      return message?.cmd === 'GENERAL' && !(message.body instanceof UnreadableBody)
    }
    assert.ok(read(64, 3 + 128) && !read(64, 2 + 128))
    assert.ok(read(65, 3 + 65 * 8) && !read(65, 2 + 65 * 8))
  })

  test('a message that the other side would find too long in elements is not sent', () => {
    const item = encodeValue(Array(1024).fill(null))
    const items = Array(ELEMENTS_MAX / 1024 + 1).fill(item)
    const elements = items.length * elementsOf(item)
    for (const many of [
      { list: items.map(() => Array(1024).fill(null)) },
      new EncodedList('list', items, elements, {}),
    ]) {
      assert.throws(
        () => encodeMessage(1, 1, many),
        (error) => error instanceof NetdaemonError && error.code === 'LIMIT',
      )
    }
  })

  test('types that the protocol has no use for: extensions, timestamps, 0xc1', () => {
    for (const head of [[0xc1], [0xd4, 1, 1], [0xd6, 0xff, 0, 0, 0, 0], [0xc7, 0, 5], [0xd8, ...Array(17).fill(0)]]) {
      refused(Buffer.from([0x93, 1, 1, ...head]), decoder(), /no place/)
    }
  })

  test('keys that are no strings, and those that every object has: of the body alone', () => {
    const unreadable = (packet: Buffer) => {
      const message = decoder().decode(packet)
      assert.ok(message?.cmd === 'GENERAL' && message.body instanceof UnreadableBody)
      assert.deepEqual([message.code, message.id], [1, 7])
    }
    unreadable(Buffer.from([0x93, 1, 7, 0x81, 0x91, 1, 1]))
    unreadable(Buffer.from([0x93, 1, 7, 0x81, 0xc0, 1]))
    unreadable(Buffer.concat([Buffer.from([0x93, 1, 7, 0x81, 0xa9]), Buffer.from('__proto__'), Buffer.from([0x80])]))
    unreadable(pack([1, 7, { a: [{ constructor: 1 }] }]))
    unreadable(pack([1, 7, { prototype: 1 }]))
    assert.equal(Object.keys(Object.prototype).length, 0)
    // In every spelling of the envelope.
    const proto = Buffer.concat([Buffer.from([1, 7, 0x81, 0xa9]), Buffer.from('__proto__'), Buffer.from([0x80])])
    unreadable(Buffer.concat([Buffer.from([0xdc, 0, 3]), proto]))
    unreadable(Buffer.concat([Buffer.from([0xdd, 0, 0, 0, 3]), proto]))
    unreadable(Buffer.from([0xdc, 0, 3, 1, 7, 0x81, 0xc0, 1]))
    // Not where code or id would be, nor in an envelope of another length.
    refused(Buffer.from([0x93, 0x81, 0xc0, 1, 1, 0x80]))
    refused(Buffer.from([0xdc, 0, 3, 0x81, 0xc0, 1, 1, 0x80]))
    refused(Buffer.from([0xdc, 0, 4, 1, 7, 0x81, 0xc0, 1, 1]))
    refused(Buffer.from([0x92, 1, 0x81, 0xc0, 1]))
  })

  test('envelopes of another shape', () => {
    for (const value of [
      [],
      [1],
      [1, 1],
      [1, 1, {}, 1],
      {},
      'x',
      null,
      7,
      [-1, 1, {}],
      [1, 2 ** 32, {}],
      ['1', 1, {}],
    ]) {
      refused(pack(value))
    }
    refused(pack([1.5, 1, {}]))
    refused(Buffer.alloc(0))
  })

  test('a refused packet leaves the decoder as it was', () => {
    const into = decoder()
    into.decode(Buffer.from([0x93, 1, 1, 0x81, 0x91, 1, 1]))
    refused(Buffer.from([0x93, 0x81, 0x91, 1, 1]), into)
    assert.deepEqual(into.decode(pack([1, 1, { a: 1 }])), { cmd: 'GENERAL', code: 1, id: 1, body: { a: 1 } })
  })
})
