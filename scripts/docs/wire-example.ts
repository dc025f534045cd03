// Packets as they are on the wire, made by the real codec, for the protocol's reference page.

import { encodeAck, encodeData, encodeMessage } from '../../proto/codec/codec.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../../proto/limits.ts'
import { requests, STDOUT } from '../../proto/protocol.ts'

/** A packet, and what it is. */
export interface WireExample {
  readonly title: string
  /** The message as it would be written in JSON. */
  readonly message: string
  readonly packet: Buffer
}

export function wireExamples(): WireExample[] {
  const hello = { version: PROTOCOL_VERSION, min: PROTOCOL_VERSION_MIN, software: 'demo 1.0' }
  const [packet] = encodeMessage(requests.HELLO.code, 1, hello)
  if (packet === undefined) throw new Error('HELLO has no packet')
  return [
    {
      title: 'HELLO, request 1',
      message: `[0x0001, 1, ${JSON.stringify(hello)}]`,
      packet,
    },
    {
      title: 'DATA: process 7 has written “hi\\n” to its standard output, from byte 1,000 on',
      message: '[0x0201, 0, [7, 1, 1000, <68 69 0a>]]',
      packet: encodeData(7, STDOUT, 1000, Buffer.from('hi\n')),
    },
    {
      title: 'ACK: the client has consumed everything below byte 1,003',
      message: '[0x0204, 0, [7, 1, 1003]]',
      packet: encodeAck(7, STDOUT, 1003),
    },
  ]
}

/** As `hexdump -C` shows it. */
export function hexDump(bytes: Buffer): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'))
    const left = hex.slice(0, 8).join(' ').padEnd(23)
    const right = hex.slice(8).join(' ').padEnd(23)
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${left}  ${right}  |${text}|`)
  }
  return lines.join('\n')
}
