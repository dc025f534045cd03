// One hostile client: in each round it connects, sends some of the worst that is known of, reads the answers or does not, and
// goes without a word.

import { setTimeout as sleep } from 'node:timers/promises'
import { encode } from '@msgpack/msgpack'
import { Decoder, encodeData } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { PACKET_MAX, PROTOCOL_VERSION } from '../../proto/limits.ts'
import { frames, requests } from '../../proto/protocol.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import { connectSeqpacket } from '../../proto/transport/seqpacket/seqpacket.ts'
import type { Random } from './random.ts'

/** A client that gets no answer for so long gives up the round. */
const ROUND_MS = 2000

export interface Tally {
  rounds: number
  packets: number
  answers: number
  aborts: number
}

/** Attacks until it has had so many rounds, or the signal ends it. */
export async function attack(socket: string, random: Random, rounds: number, signal: AbortSignal): Promise<Tally> {
  const tally: Tally = { rounds: 0, packets: 0, answers: 0, aborts: 0 }
  while (tally.rounds < rounds && !signal.aborted) {
    try {
      await round(await connectSeqpacket(socket), random, tally)
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      await sleep(50)
    }
    tally.rounds += 1
  }
  return tally
}

async function round(connection: Connection, random: Random, tally: Tally): Promise<void> {
  const decoder = new Decoder()
  decoder.allowParts()
  let closed = false
  let answers = 0
  let asked = 0
  connection.open({
    packet: (packet) => {
      const message = decoder.decode(packet)
      if (message?.cmd !== 'GENERAL') return
      if (message.code === frames.ABORT.code) tally.aborts += 1
      else if (message.id > 0) answers += 1
    },
    drain: () => {},
    closed: () => {
      closed = true
    },
  })
  const send = (packets: readonly Uint8Array[]) => {
    for (const packet of packets) connection.send(packet)
    tally.packets += packets.length
  }
  const ask = (code: number, body: unknown) => {
    asked += 1
    send(message(code, asked, body))
  }
  ask(requests.HELLO.code, { version: PROTOCOL_VERSION, min: PROTOCOL_VERSION, software: 'hostile' })
  // Every fourth reads nothing from here on.
  const deaf = random.between(0, 3) === 0
  if (deaf) connection.pause()
  for (let n = 1 + random.between(0, 3); n > 0; n--) random.pick(attacks)({ ask, send, random })
  const until = performance.now() + ROUND_MS
  while (!closed && (deaf || answers < asked) && performance.now() < until) await sleep(10)
  tally.answers += answers
  connection.destroy()
}

/** A body that is encoded once: to make one takes longer than to send it. */
class Encoded {
  readonly bytes: Buffer

  constructor(body: unknown) {
    this.bytes = pack(body)
  }
}

interface Weapons {
  readonly ask: (code: number, body: unknown) => void
  readonly send: (packets: readonly Uint8Array[]) => void
  readonly random: Random
}

const many = (count: number, make: (n: number) => unknown) => Array.from({ length: count }, (_, n) => make(n))
const map = (count: number) => Object.fromEntries(many(count, (n) => [`k${n}`, 'x']) as [string, string][])
const start = (spec: object) => ({ spec: { command: '/bin/true', ...spec } })
const START = requests.START.code

const args140k = new Encoded(start({ args: many(140_000, () => 'x') }))
const args30k = new Encoded(start({ args: many(30_000, () => 'x'), autoRemove: false }))
const variables125k = new Encoded(start({ command: 'no-such-program', env: { set: map(125_000) } }))
const variables4k = new Encoded(start({ command: 'no-such-program', env: { set: map(4000) } }))
const labels130k = new Encoded(start({ labels: map(130_000) }))
const path22k = new Encoded(
  start({ command: 'no-such-program', env: { set: { PATH: many(22_000, (n) => `/${n}`).join(':') } } }),
)
const states261k = new Encoded({ states: many(261_000, () => 'running') })
const states60k = new Encoded({ states: many(60_000, () => 'running') })
const wide = { columns: 1000, rows: 200 }

const attacks: readonly ((weapons: Weapons) => void)[] = [
  ({ ask }) => ask(START, args140k),
  ({ ask }) => ask(START, args30k),
  ({ ask }) => ask(START, variables125k),
  ({ ask }) => ask(START, variables4k),
  ({ ask }) => ask(START, labels130k),
  ({ ask }) => ask(START, path22k),
  ({ ask }) => ask(requests.LIST.code, states261k),
  ({ ask }) => ask(requests.LIST.code, states60k),
  ({ ask }) => many(50, () => ask(requests.LIST.code, {})),
  ({ ask }) => many(20, () => ask(requests.USAGE.code, {})),
  ({ ask, random }) => many(50, () => ask(requests.SHOW.code, { process: 1 + random.between(0, 1999), env: true })),
  ({ ask }) => many(500, () => ask(requests.WAIT.code, { process: 'counter', timeoutMs: 500 })),
  ({ ask }) => ask(requests.EVENTS.code, { since: { instance: 'another', seq: 0 } }),
  ({ ask, random }) =>
    many(30, () => ask(requests.ATTACH.code, { process: 1 + random.between(0, 1999), from: 'start', lossless: true })),
  // A flood of output that nobody takes, kept for as long as may be.
  ({ ask }) => {
    const spec = { args: ['-c', 'head -c 20000000 /dev/zero'], command: '/bin/sh', outputLimit: 2 ** 30 }
    ask(START, { ...start(spec), attach: { window: 1 } })
  },
  // A large screen, drawn twice and refused once.
  ({ ask, random }) => {
    const name = `screen-${random.between(0, 999_999)}`
    ask(START, start({ name, command: '/usr/bin/seq', args: ['1', '20000'], terminal: wide }))
    for (let n = 0; n < 2; n++) ask(requests.ATTACH.code, { process: name, from: 'screen' })
  },
  // Input for one that never reads, in packets of a byte.
  ({ ask, send, random }) => {
    const name = `deaf-${random.between(0, 999_999)}`
    ask(START, { ...start({ name, command: '/bin/sleep', args: ['1'] }), attach: {} })
    send(many(200, (n) => encodeData(1 + random.between(0, 1999), 0, n as number, Buffer.from('x'))) as Uint8Array[])
  },
  // The beginning of a message whose end never comes.
  ({ send }) => send(many(20, () => pack([frames.PART.code, 77, [true, Buffer.alloc(60_000)]])) as Uint8Array[]),
  ({ send, random }) => send([Buffer.from(many(1 + random.between(0, 99), () => random.between(0, 255)) as number[])]),
  // One that is nearly right.
  ({ send, random }) => {
    const [packet = Buffer.alloc(1)] = message(requests.LIST.code, 5, { labels: { a: 'b' }, states: ['running'] })
    packet[random.between(0, packet.length - 1)] = random.between(0, 255)
    send([packet])
  },
]

function pack(value: unknown): Buffer {
  const bytes = encode(value)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The packets of a message, however much there is in it: the codec would not send it. */
function message(code: number, id: number, body: unknown): Buffer[] {
  const whole =
    body instanceof Encoded
      ? Buffer.concat([Buffer.from([0x93]), pack(code), pack(id), body.bytes])
      : pack([code, id, body])
  if (whole.length <= PACKET_MAX) return [whole]
  const packets: Buffer[] = []
  const piece = PACKET_MAX - 32
  for (let at = 0; at < whole.length; at += piece) {
    packets.push(pack([frames.PART.code, id, [at + piece < whole.length, whole.subarray(at, at + piece)]]))
  }
  return packets
}
