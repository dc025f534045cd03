// Packets to messages and back. Encoding splits what is longer than one packet into PARTs; a Decoder, one for each
// direction of a connection, puts them together again. Whatever does not decode is BAD_PACKET: the connection's end.

import { Decoder as MsgpackDecoder } from '@msgpack/msgpack'
import * as v from 'valibot'
import { NetdaemonError } from '../errors.ts'
import { DATA_MAX, ELEMENTS_MAX, MESSAGE_MAX, PACKET_MAX } from '../limits.ts'
import { frames, streamMessages } from '../protocol.ts'
import { check, UnreadableBody } from './check.ts'
import { guardMsgpack } from './msgpack-guard.ts'
import { pack } from './pack.ts'
import { Parts } from './parts.ts'
import { type AckMessage, type DataMessage, decodeStream } from './stream-codec.ts'
import type { UnfinishedAccount } from './unfinished-messages.ts'

export { encodeAck, encodeData } from './stream-codec.ts'

/** GAP: output that the daemon has discarded. */
export interface GapMessage {
  readonly cmd: 'GAP'
  readonly attachment: number
  readonly from: number
  readonly to: number
}

/** Any message that is not positional: a request, an answer, an event. The body is not checked yet. */
export interface GeneralMessage {
  readonly cmd: 'GENERAL'
  readonly code: number
  readonly id: number
  readonly body: unknown
}

/** Any message of the protocol. */
export type Message = DataMessage | AckMessage | GapMessage | GeneralMessage

const u32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))
const attachment = v.pipe(u32, v.minValue(1))
const channel = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2))
const offset = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const bytes = v.instance(Uint8Array)

const packetShape = v.strictTuple([
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff)),
  u32,
  v.unknown(),
])
const dataShape = v.strictTuple([attachment, channel, offset, bytes])
const ackShape = v.strictTuple([attachment, channel, offset])
const gapShape = v.strictTuple([attachment, offset, offset])
const partShape = v.strictTuple([v.boolean(), bytes])

/** As {@link packetShape}, which says what is wrong: every packet comes by here, and a schema takes ten times as long. */
function isEnvelope(value: unknown): value is [code: number, id: number, body: unknown] {
  return Array.isArray(value) && value.length === 3 && isUint(value[0], 0xffff) && isUint(value[1], 0xffff_ffff)
}

function isUint(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}

/** Payload of one PART: its frame takes less than 32 bytes. */
const PART_PAYLOAD = PACKET_MAX - 32

/**
 * The packets of one general message: one, or several PARTs.
 *
 * @throws NetdaemonError LIMIT if it is over MESSAGE_MAX or ELEMENTS_MAX
 */
export function encodeMessage(code: number, id: number, body: unknown): Buffer[] {
  const whole =
    body instanceof EncodedList ? Buffer.concat([packHead(code, id), body.encode()]) : pack([code, id, body])
  if (whole.length <= PACKET_MAX) return [whole]
  if (whole.length > MESSAGE_MAX) {
    throw new NetdaemonError('LIMIT', `the message has ${whole.length} bytes; at most ${MESSAGE_MAX} can be sent`)
  }
  // The other side would refuse it. What fits into a packet has too few bytes for so many.
  const elements = body instanceof EncodedList ? body.elements : elementsOf(whole)
  if (elements > ELEMENTS_MAX) {
    throw new NetdaemonError('LIMIT', `the message has more than ${ELEMENTS_MAX} elements, and no more can be sent`)
  }
  const packets: Buffer[] = []
  for (let at = 0; at < whole.length; at += PART_PAYLOAD) {
    const more = at + PART_PAYLOAD < whole.length
    packets.push(pack([frames.PART.code, id, [more, whole.subarray(at, at + PART_PAYLOAD)]]))
  }
  return packets
}

/** One value, encoded by itself, in memory of its own: to be put into an {@link EncodedList}. */
export function encodeValue(value: unknown): Buffer {
  return pack(value)
}

/** How many elements an encoded value has, as ELEMENTS_MAX counts them. */
export function elementsOf(encoded: Buffer): number {
  return guardMsgpack(encoded).elements
}

/** A body whose long list is encoded already: `{[key]: items, ...rest}`. */
export class EncodedList {
  readonly key: string
  readonly items: readonly Buffer[]
  /** Of the items together, see {@link elementsOf}: counted once for each, and not with each list that it is in. */
  readonly elements: number
  readonly rest: Readonly<Record<string, unknown>>

  constructor(key: string, items: readonly Buffer[], elements: number, rest: Readonly<Record<string, unknown>>) {
    this.key = key
    this.items = items
    this.elements = elements
    this.rest = rest
  }

  /** The body as the codec writes it. */
  encode(): Buffer {
    const rest = Object.entries(this.rest)
    const head = Buffer.allocUnsafe(1)
    head[0] = 0x80 | (rest.length + 1) // fixmap
    const length = Buffer.allocUnsafe(5)
    length[0] = 0xdd // array 32
    length.writeUInt32BE(this.items.length, 1)
    return Buffer.concat([head, pack(this.key), length, ...this.items, ...rest.flat().map(pack)])
  }
}

/** One GAP packet. */
export function encodeGap(attachment: number, from: number, to: number): Buffer {
  return pack([streamMessages.GAP.code, 0, [attachment, from, to]])
}

/** The beginning of a packet, up to its body. */
function packHead(code: number, id: number): Buffer {
  return Buffer.concat([Buffer.from([0x93]), pack(code), pack(id)])
}

/** Decodes the packets of one direction of one connection, in order. */
export class Decoder {
  readonly #msgpack = new MsgpackDecoder({ mapKeyConverter })
  readonly #elementsMax: number
  #limit = PACKET_MAX
  readonly #parts: Parts
  #partId = 0

  /**
   * @param elementsMax of one message; the body of one that has more is not read
   * @param account told of the memory that a message takes while its PARTs come
   */
  constructor(elementsMax = ELEMENTS_MAX, account?: UnfinishedAccount) {
    this.#elementsMax = elementsMax
    this.#parts = new Parts(MESSAGE_MAX, account)
  }

  /** Allows messages over one packet: called when HELLO has succeeded. */
  allowParts(): void {
    this.#limit = MESSAGE_MAX
  }

  /** PARTs of a message have come, and more are to come. */
  get assembling(): boolean {
    return this.#parts.length > 0
  }

  /**
   * The message that the packet completes, or undefined if it is a PART with more to come. The payload of DATA is a view
   * of the packet; everything else is the message's own.
   *
   * @throws NetdaemonError BAD_PACKET
   */
  decode(packet: Buffer): Message | undefined {
    const message = this.decodeStream(packet) ?? checkData(this.#general(packet))
    if (message.cmd !== 'GENERAL' || message.code !== frames.PART.code) return message
    const [more, piece] = shape(partShape, message.body, 'PART')
    return this.#reassemble(message.id, more, asBuffer(piece))
  }

  /**
   * The message of a packet that carries bytes of a stream, or ACKs them, as this codec writes it; undefined for all others,
   * which cost more to decode.
   *
   * @throws NetdaemonError BAD_PACKET
   */
  decodeStream(packet: Buffer): DataMessage | AckMessage | undefined {
    const message = decodeStream(packet)
    return message === undefined ? undefined : checkData(message)
  }

  /** Drops what has come of a message. Nothing is decoded any more. */
  dispose(): void {
    this.#parts.clear()
  }

  #general(packet: Buffer): Message {
    const { binary, elements } = guardMsgpack(packet, this.#elementsMax)
    let value: unknown
    try {
      value =
        elements > this.#elementsMax
          ? this.#headOf(packet, `its body has more than ${this.#elementsMax} elements`)
          : this.#msgpack.decode(packet)
    } catch (cause) {
      value = this.#headOf(packet, KEYS_REFUSED, cause)
    }
    const [code, id, body] = isEnvelope(value) ? value : shape(packetShape, value, 'packet')
    // MessagePack has no undefined: the third element is not there.
    if (body === undefined) throw bad('it has no body')
    switch (code) {
      case streamMessages.DATA.code: {
        const [attachment, channel, offset, bytes] = shape(dataShape, body, 'DATA')
        return { cmd: 'DATA', attachment, channel, offset, bytes: asBuffer(bytes) }
      }
      case streamMessages.ACK.code: {
        const [attachment, channel, offset] = shape(ackShape, body, 'ACK')
        return { cmd: 'ACK', attachment, channel, offset }
      }
      case streamMessages.GAP.code: {
        const [attachment, from, to] = shape(gapShape, body, 'GAP')
        return { cmd: 'GAP', attachment, from, to }
      }
      case frames.PART.code:
        return { cmd: 'GENERAL', code, id, body }
      default:
        return { cmd: 'GENERAL', code, id, body: binary ? ownBinary(body) : body }
    }
  }

  /**
   * A packet whose body is not read, because it has too many elements, or keys that the guard lets through and the decoder
   * refuses: that costs the request alone.
   */
  #headOf(packet: Buffer, why: string, cause?: unknown): unknown {
    const head: unknown[] = []
    try {
      for (const value of this.#msgpack.decodeMulti(packet.subarray(envelopeHead(packet)))) {
        head.push(value)
        if (head.length === 2) return [...head, new UnreadableBody(why)]
      }
    } catch {
      // It has no head either.
    }
    throw new NetdaemonError('BAD_PACKET', `bad packet: ${cause instanceof Error ? cause.message : why}`, { cause })
  }

  #reassemble(id: number, more: boolean, piece: Buffer): Message | undefined {
    if (this.#parts.length > 0 && id !== this.#partId) {
      throw bad(`a PART of message ${id} came before message ${this.#partId} was complete`)
    }
    if (piece.length === 0) throw bad('a PART without bytes')
    if (this.#parts.length + piece.length > this.#limit) throw bad(`its parts are over ${this.#limit} bytes together`)
    this.#parts.add(piece)
    this.#partId = id
    if (more) return undefined
    const message = this.#parts.take((whole) => this.#general(whole))
    if (message.cmd !== 'GENERAL' || message.code === frames.PART.code)
      throw bad('a PART holds a message that is never split')
    if (message.id !== id) throw bad(`the parts of message ${id} hold message ${message.id}`)
    return message
  }
}

function checkData<M extends Message>(message: M): M {
  if (message.cmd === 'DATA' && message.bytes.length > DATA_MAX) {
    throw bad(`DATA carries ${message.bytes.length} bytes, more than ${DATA_MAX}`)
  }
  return message
}

/** How many bytes say that an array of three follows, in any of its spellings; 0 if none does. */
function envelopeHead(packet: Buffer): number {
  const [kind] = packet
  if (kind === 0x93) return 1
  if (kind === 0xdc && packet.readUInt16BE(1) === 3) return 3
  return kind === 0xdd && packet.readUInt32BE(1) === 3 ? 5 : 0
}

const KEYS_REFUSED = 'the keys of a map are strings, and none is "__proto__", "constructor" or "prototype"'

/** Refuses keys that every object of JavaScript has already: valibot leaves them out of a record without a word. */
const mapKeyConverter = (key: unknown): string => {
  if (typeof key === 'string' && key !== 'constructor' && key !== 'prototype') return key
  throw new Error(KEYS_REFUSED)
}

const bad = (why: string) => new NetdaemonError('BAD_PACKET', `bad packet: ${why}`)

function shape<const S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  return check(schema, value, what, 'BAD_PACKET')
}

/** The value with its binary copied out of the packet, whose memory is used again. The guard has bounded how deep it is. */
function ownBinary(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value)
  if (Array.isArray(value)) return value.map(ownBinary)
  if (typeof value !== 'object' || value === null || value instanceof UnreadableBody) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, ownBinary(inner)]))
}

function asBuffer(view: Uint8Array): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
