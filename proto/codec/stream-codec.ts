// The hand-written path for DATA and ACK, the two messages that are as frequent as the bytes themselves. They are
// ordinary MessagePack, `[cmd, 0, [attachment, channel, offset, …]]`, always written with the same widths, so that a header
// can be put in front of a payload that already lies in a buffer, and read back at fixed places.
// Any other spelling of the same message is left to the general codec; both are tested against each other.

import { streamMessages } from '../protocol.ts'

const DATA = streamMessages.DATA.code
const ACK = streamMessages.ACK.code

/** Bytes of a DATA packet before its payload. */
export const DATA_HEADER = 26
/** Bytes of an ACK packet. */
export const ACK_LENGTH = 21

/** DATA: bytes of a stream. */
export interface DataMessage {
  readonly cmd: 'DATA'
  readonly attachment: number
  readonly channel: number
  readonly offset: number
  readonly bytes: Buffer
}

/** ACK: everything below `offset` has been consumed. */
export interface AckMessage {
  readonly cmd: 'ACK'
  readonly attachment: number
  readonly channel: number
  readonly offset: number
}

const TWO_32 = 0x1_0000_0000

// [0x93, uint16 cmd, 0x00, 0x94 | 0x93, uint32 attachment, fixint channel, uint64 offset]: 21 bytes
function writeFixed(
  target: Buffer,
  at: number,
  code: number,
  arrayHead: number,
  attachment: number,
  channel: number,
  offset: number,
): void {
  target[at] = 0x93
  target[at + 1] = 0xcd
  target[at + 2] = code >>> 8
  target[at + 3] = code & 0xff
  target[at + 4] = 0x00
  target[at + 5] = arrayHead
  target[at + 6] = 0xce
  target.writeUInt32BE(attachment, at + 7)
  target[at + 11] = channel
  target[at + 12] = 0xcf
  target.writeUInt32BE(Math.floor(offset / TWO_32), at + 13)
  target.writeUInt32BE(offset % TWO_32, at + 17)
}

/**
 * Writes a DATA header in front of a payload that already lies in `target` from `payloadStart` on; there must be
 * {@link DATA_HEADER} bytes before it. The packet is then `[payloadStart - DATA_HEADER, payloadStart + length)`.
 */
export function writeDataHeader(
  target: Buffer,
  payloadStart: number,
  attachment: number,
  channel: number,
  offset: number,
  length: number,
): void {
  const at = payloadStart - DATA_HEADER
  writeFixed(target, at, DATA, 0x94, attachment, channel, offset)
  target[at + 21] = 0xc6
  target.writeUInt32BE(length, at + 22)
}

/** Makes a packet of {@link writeDataHeader} one of another attachment. */
export function readdress(packet: Uint8Array, attachment: number): void {
  packet[7] = attachment >>> 24
  packet[8] = (attachment >>> 16) & 0xff
  packet[9] = (attachment >>> 8) & 0xff
  packet[10] = attachment & 0xff
}

/** One DATA packet; the payload is copied. */
export function encodeData(attachment: number, channel: number, offset: number, bytes: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(DATA_HEADER + bytes.length)
  packet.set(bytes, DATA_HEADER)
  writeDataHeader(packet, DATA_HEADER, attachment, channel, offset, bytes.length)
  return packet
}

/** One ACK packet. */
export function encodeAck(attachment: number, channel: number, offset: number): Buffer {
  const packet = Buffer.allocUnsafe(ACK_LENGTH)
  writeFixed(packet, 0, ACK, 0x93, attachment, channel, offset)
  return packet
}

/** Reads a packet that was written by the functions above; undefined for everything else. The payload is a view. */
export function decodeStream(packet: Buffer): DataMessage | AckMessage | undefined {
  if (
    packet.length < ACK_LENGTH ||
    packet[0] !== 0x93 ||
    packet[1] !== 0xcd ||
    packet[2] !== 0x02 ||
    packet[4] !== 0x00 ||
    packet[6] !== 0xce ||
    packet[12] !== 0xcf
  ) {
    return undefined
  }
  const attachment = packet.readUInt32BE(7)
  const channel = packet[11] ?? 0xff
  const high = packet.readUInt32BE(13)
  if (attachment === 0 || channel > 2 || high > 0x1f_ffff) return undefined // the general codec says what is wrong
  const offset = high * TWO_32 + packet.readUInt32BE(17)
  if (packet[3] === (ACK & 0xff) && packet[5] === 0x93 && packet.length === ACK_LENGTH) {
    return { cmd: 'ACK', attachment, channel, offset }
  }
  if (
    packet[3] === (DATA & 0xff) &&
    packet[5] === 0x94 &&
    packet.length >= DATA_HEADER &&
    packet[21] === 0xc6 &&
    packet.readUInt32BE(22) === packet.length - DATA_HEADER
  ) {
    return { cmd: 'DATA', attachment, channel, offset, bytes: packet.subarray(DATA_HEADER) }
  }
  return undefined
}
