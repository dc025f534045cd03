// Attachments against a plain model of what a client must see: every byte once, gaps that add up exactly, ends in their
// place, the final STATUS last, never more on the way than the window, and no waiting for ever.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { Attachment } from '../../../../daemon/output/attachment.ts'
import type { AttachmentTerms, OutputSink, OutputSource } from '../../../../daemon/output/attachment-ports.ts'
import { OutputLog } from '../../../../daemon/output/output-log.ts'
import { RunBorders } from '../../../../daemon/output/run-borders.ts'
import { Decoder, encodeData } from '../../../../proto/codec/codec.ts'
import { NetdaemonError } from '../../../../proto/errors.ts'
import { INPUT_WINDOW } from '../../../../proto/limits.ts'
import type { OutputChannel } from '../../../../proto/protocol.ts'
import { budget } from '../../../support/fuzz.ts'

/** A process as attachments see it. It writes only while none of them holds it back, as a paused pipe makes it. */
class Source implements OutputSource {
  readonly handle = 9
  readonly log: OutputLog
  readonly borders = new RunBorders()
  /** What one read of the pipe takes at most, and so what there must be room for. */
  readonly readMax: number
  history = Buffer.alloc(0)
  readonly channels: OutputChannel[] = []
  readonly attachments = new Set<Attachment>()
  readonly #awaiting = new Set<Attachment>()
  /** From where a kept place needs the output. */
  place = Number.POSITIVE_INFINITY
  ended = false
  get atRest() {
    return { offset: this.log.end, state: { kind: 'exited', code: 0, at: 1 } } as const
  }
  readonly turn: OutputTurn
  /** What waits for the next turn of the event loop. */
  readonly #nextTurn: (() => void)[] = []

  constructor(limit: number, readMax: number, turnBytes = Number.POSITIVE_INFINITY) {
    this.log = new OutputLog(limit)
    this.readMax = readMax
    this.turn = new OutputTurn((callback) => this.#nextTurn.push(callback), turnBytes)
  }

  nextTurn(): void {
    for (const callback of this.#nextTurn.splice(0)) callback()
  }

  get held(): boolean {
    let hold = this.place
    for (const attachment of this.attachments) if (attachment.lossless) hold = Math.min(hold, attachment.holdFrom)
    return hold !== Number.POSITIVE_INFINITY && this.log.roomFrom(hold) < this.readMax
  }

  packetAt(offset: number, max: number): Uint8Array {
    const { channel, bytes } = this.log.read(offset, max)
    return encodeData(this.handle, channel, offset, bytes)
  }

  progressed(): void {}

  awaitsOutput(attachment: Attachment, awaits: boolean): void {
    if (awaits) this.#awaiting.add(attachment)
    else this.#awaiting.delete(attachment)
  }

  write(channel: OutputChannel, bytes: Buffer): void {
    if (this.held || this.ended || this.log.endOf(channel) !== undefined) return
    this.log.append(channel, bytes)
    this.history = Buffer.concat([this.history, bytes])
    for (let n = 0; n < bytes.length; n++) this.channels.push(channel)
    this.pumpAll()
  }

  endChannel(channel: OutputChannel): void {
    this.log.endChannel(channel)
    this.pumpAll()
  }

  end(): void {
    this.ended = true
    for (const attachment of this.attachments) attachment.endsAt(this.atRest)
    this.pumpAll()
  }

  pumpAll(): void {
    for (const attachment of this.#awaiting) attachment.pump()
  }
}

/** A client that checks each packet as it comes. */
class Viewer implements OutputSink {
  readonly client = { peerPid: 1, software: 'test' }
  readonly attachment: Attachment
  readonly terms: AttachmentTerms
  congested = false
  over: 'attached' | 'finished' | 'gone' = 'attached'
  gaps = 0
  /** Times it was told of what is not output. */
  informed = 0
  next: number
  acked: number
  readonly ends = new Set<number>()
  readonly #source: Source
  readonly #decoder = new Decoder()
  /** Packets that the connection takes before it is congested. */
  #room: number
  /** Offsets skipped by gaps: they take no window. */
  readonly #skipped: { from: number; to: number }[] = []

  constructor(source: Source, terms: AttachmentTerms, room: number) {
    this.#source = source
    this.#room = room
    this.terms = terms
    this.next = terms.from
    this.acked = terms.from
    this.attachment = new Attachment(source, this, terms)
    source.attachments.add(this.attachment)
    if (source.ended) this.attachment.endsAt(source.atRest)
    this.attachment.pump()
  }

  get onTheWay(): number {
    let bytes = this.next - this.acked
    for (const { from, to } of this.#skipped) bytes -= Math.max(0, to - Math.max(from, this.acked))
    return bytes
  }

  send(packet: Uint8Array): void {
    assert.equal(this.over, 'attached', 'nothing comes after the end')
    assert.equal(this.congested, false, 'nothing is sent to a congested connection')
    this.#room -= 1
    if (this.#room <= 0) this.congested = true
    const message = this.#decoder.decode(Buffer.from(packet))
    const source = this.#source
    if (message?.cmd === 'GAP') {
      assert.equal(message.from, this.next)
      assert.equal(message.to, source.log.start, 'no more is skipped than is lost')
      assert.ok(message.to > message.from)
      assert.ok(this.onTheWay < this.terms.window, 'a client that owes its ACKs is sent nothing, not even gaps')
      if (this.terms.lossless) assert.equal(this.next, this.terms.from, 'a lossless client never loses what it holds')
      this.gaps += 1
      this.#skipped.push({ from: message.from, to: message.to })
      this.next = message.to
      return
    }
    assert.ok(message?.cmd === 'DATA')
    const { channel, offset, bytes } = message
    assert.equal(offset, this.next)
    assert.ok(!this.ends.has(channel), 'nothing of a channel comes after its end')
    if (bytes.length === 0) {
      const at = source.log.endOf(channel as OutputChannel) ?? assert.fail('a channel that has not ended')
      const skippedTo = this.#skipped.some(({ to }) => to === offset)
      assert.ok(
        at === offset || (at < offset && (skippedTo || offset === this.terms.from)),
        'an end comes in its place',
      )
      this.ends.add(channel)
      return
    }
    assert.ok(bytes.equals(source.history.subarray(offset, offset + bytes.length)))
    for (let n = 0; n < bytes.length; n++) assert.equal(source.channels[offset + n], channel)
    this.next += bytes.length
    assert.ok(this.onTheWay <= this.terms.window, 'never more on the way than the window')
  }

  inform(): void {
    assert.equal(this.over, 'attached', 'nothing comes after the end')
    assert.equal(this.congested, false, 'nothing is sent to a congested connection')
    this.informed += 1
  }

  finish(attachment: Attachment): void {
    assert.equal(this.over, 'attached', 'it ends once')
    assert.ok(this.#source.ended)
    assert.equal(this.next, this.#source.log.end, 'the final STATUS comes after all output')
    for (const channel of [1, 2] as const) {
      if (this.#source.log.endOf(channel) !== undefined) assert.ok(this.ends.has(channel))
    }
    this.over = 'finished'
    this.leave(attachment)
  }

  border(): void {
    assert.fail('there is one run')
  }

  dropped(): void {
    assert.fail('it writes nothing')
  }

  failed(error: unknown): void {
    throw error
  }

  evict(): void {}

  /** Consumes part of what is on the way. */
  ack(share: number): void {
    if (this.over !== 'attached') return
    const before = this.next
    const offset = this.acked + Math.ceil((before - this.acked) * share)
    this.acked = Math.max(this.acked, offset)
    this.attachment.ack(offset)
  }

  /** The connection takes more. Nobody pumps the attachment of one that always did. */
  drain(room: number): void {
    this.#room = room
    if (!this.congested) return
    this.congested = false
    this.attachment.pump()
  }

  leave(attachment = this.attachment): void {
    this.#source.attachments.delete(attachment)
    attachment.dispose()
    if (this.over === 'attached') this.over = 'gone'
  }
}

type Stimulus =
  | { readonly do: 'write'; readonly channel: OutputChannel; readonly length: number; readonly times: number }
  | { readonly do: 'ack'; readonly who: number; readonly share: number }
  | { readonly do: 'drain'; readonly who: number; readonly room: number }
  | { readonly do: 'attach'; readonly terms: RandomTerms; readonly room: number }
  | { readonly do: 'break'; readonly who: number }
  | { readonly do: 'endChannel'; readonly channel: OutputChannel }
  | { readonly do: 'inform' }
  | { readonly do: 'nextTurn' }

interface RandomTerms {
  readonly back: number
  readonly window: number
  readonly lossless: boolean
  readonly keep: boolean
}

const channels = fc.constantFrom<OutputChannel>(1, 2)
const who = fc.nat(5)
const room = fc.integer({ min: 1, max: 5 })
const terms = fc.record({
  back: fc.nat(400),
  window: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })),
  lossless: fc.boolean(),
  keep: fc.boolean(),
})

const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      channel: channels,
      length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
      times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ack' as const), who, share: fc.constantFrom(0, 0.3, 1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drain' as const), who, room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('attach' as const), terms, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('endChannel' as const), channel: channels }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('inform' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('nextTurn' as const) }) },
)
/** What one turn may send: a few packets, or all. */
const turnBytes = fc.constantFrom(1, 30_000, Number.POSITIVE_INFINITY)

/** Plays the stimuli, and then lets everybody read to the end. */
function play(limit: number, readMax: number, turn: number, stimuli: readonly Stimulus[]): Viewer[] {
  const source = new Source(limit, readMax, turn)
  const viewers: Viewer[] = []
  let written = 0
  const attach = ({ back, window, lossless, keep }: RandomTerms, withRoom: number, from?: number) => {
    const kept = lossless && keep
    const granted = {
      from: from ?? Math.max(0, source.log.end - back),
      id: 1,
      window: kept ? Math.min(window, limit) : window,
      lossless,
      keep: kept ? { as: 'x', ms: 1 } : undefined,
    }
    viewers.push(new Viewer(source, granted, withRoom))
  }
  attach({ back: 0, window: 100, lossless: true, keep: false }, 3)
  attach({ back: 0, window: 100, lossless: false, keep: false }, 3)
  for (const step of stimuli) {
    const viewer = 'who' in step ? viewers[step.who % viewers.length] : undefined
    switch (step.do) {
      case 'write':
        for (let n = 0; n < step.times; n++) {
          // Changing the channel with every byte fills the log's index before its ring.
          const channel = step.times > 1 && n % 2 === 1 ? ((3 - step.channel) as OutputChannel) : step.channel
          source.write(channel, Buffer.alloc(Math.min(step.length, readMax), written++))
        }
        break
      case 'ack':
        viewer?.ack(step.share)
        break
      case 'drain':
        if (viewer?.over === 'attached') viewer.drain(step.room)
        break
      case 'attach':
        attach(step.terms, step.room)
        break
      case 'break':
        if (viewer?.over !== 'attached') break
        viewer.leave()
        if (viewer.terms.keep === undefined) break
        // It comes back for its kept place, and must find everything from where it had ACKed.
        source.place = viewer.attachment.acked
        source.write(1, Buffer.alloc(readMax, 77))
        source.write(2, Buffer.alloc(readMax, 78))
        if (viewer.gaps === 0) assert.ok(source.log.start <= viewer.acked || viewer.terms.from < source.log.start)
        attach({ back: 0, window: viewer.terms.window, lossless: true, keep: true }, 2, viewer.acked)
        source.place = Number.POSITIVE_INFINITY
        break
      case 'endChannel':
        source.endChannel(step.channel)
        break
      case 'inform':
        for (const { attachment } of viewers) attachment.inform()
        break
      case 'nextTurn':
        source.nextTurn()
    }
  }
  source.endChannel(1)
  source.endChannel(2)
  source.end()
  readToTheEnd(source, viewers)
  return viewers
}

function readToTheEnd(source: Source, viewers: readonly Viewer[]): void {
  for (let turn = 0; viewers.some(({ over }) => over === 'attached'); turn++) {
    assert.ok(turn < 20_000, 'a client waits for ever')
    source.nextTurn()
    for (const viewer of viewers) {
      if (viewer.over === 'attached') viewer.drain(3)
      if (viewer.over === 'attached') viewer.ack(1)
    }
  }
}

describe('an attachment', () => {
  test('tells of what is not output once a turn, however often it changes, and when its client takes it', () => {
    const source = new Source(100, 40)
    const viewer = new Viewer(source, { id: 1, from: 0, window: 100, lossless: false, keep: undefined }, 1)
    for (let n = 0; n < 100; n++) viewer.attachment.inform()
    source.nextTurn()
    assert.equal(viewer.informed, 1)
    source.write(1, Buffer.from('x'))
    assert.equal(viewer.congested, true)
    for (let n = 0; n < 100; n++) viewer.attachment.inform()
    source.nextTurn()
    assert.equal(viewer.informed, 1)
    viewer.drain(2)
    assert.equal(viewer.informed, 2)
  })

  test('shows its client every byte once and in order, or names the gap, whatever anybody does', () => {
    fc.assert(
      fc.property(
        fc.array(stimulus, { maxLength: 60 }),
        fc.integer({ min: 40, max: 500 }),
        turnBytes,
        (stimuli, limit, turn) => {
          play(limit, Math.min(limit, 40), turn, stimuli)
        },
      ),
      { ...budget(700) },
    )
  })

  test('the same, with the smallest log, in which one read must find all room', () => {
    fc.assert(
      fc.property(fc.array(stimulus, { maxLength: 60 }), turnBytes, (stimuli, turn) => {
        play(40, 40, turn, stimuli)
      }),
      { ...budget(300) },
    )
  })

  for (const keep of [false, true]) {
    for (const window of [1, 7, 1_000_000]) {
      test(`a lossless client${keep ? ' with a kept place' : ''} and a window of ${window} holds the process back, and never for ever`, () => {
        // One byte a write, and the channel changes each time: the index of the log is full long before its ring.
        const limit = 64 * 1024
        const source = new Source(limit, limit)
        const granted = Math.min(window, limit)
        const client = new Viewer(
          source,
          { id: 1, from: 0, window: granted, lossless: true, keep: keep ? { as: 'x', ms: 1 } : undefined },
          1,
        )
        for (let wanted = 3000, turn = 0; source.log.end < wanted; turn++) {
          assert.ok(turn < 20_000, 'the process waits for ever')
          const before = source.log.end
          source.write(before % 2 === 0 ? 1 : 2, Buffer.from('x'))
          if (source.log.end !== before) continue
          client.drain(5)
          client.ack(1)
        }
        source.end()
        readToTheEnd(source, [client])
        assert.equal(client.gaps, 0)
        assert.equal(client.next, 3000)
      })
    }
  }

  test('a client that does not ACK is sent its window and no more, however much is written', () => {
    const source = new Source(1000, 100)
    const client = new Viewer(source, { id: 1, from: 0, window: 150, lossless: false, keep: undefined }, 1_000_000)
    for (let n = 0; n < 10_000; n++) source.write(1, Buffer.alloc(100))
    assert.equal(client.next, 150)
    assert.equal(client.gaps, 0)
    client.ack(1)
    assert.equal(client.gaps, 1)
  })

  test('an ACK may be repeated, and may come late, but not of what was never sent', () => {
    const source = new Source(1000, 100)
    const client = new Viewer(source, { id: 1, from: 0, window: 150, lossless: false, keep: undefined }, 100)
    source.write(1, Buffer.alloc(100))
    client.attachment.ack(60)
    client.attachment.ack(60)
    client.attachment.ack(10)
    assert.equal(client.attachment.acked, 60)
    assert.throws(
      () => client.attachment.ack(101),
      (error) => error instanceof NetdaemonError && error.code === 'BAD_PACKET',
    )
  })

  test('input must follow on, and stay within its window', () => {
    const source = new Source(1000, 100)
    const { attachment } = new Viewer(source, { id: 1, from: 0, window: 1, lossless: false, keep: undefined }, 100)
    attachment.inputArrived(0, 100)
    assert.throws(
      () => attachment.inputArrived(99, 1),
      (error) => error instanceof NetdaemonError && error.code === 'BAD_PACKET',
    )
    attachment.inputArrived(100, INPUT_WINDOW - 100)
    assert.throws(
      () => attachment.inputArrived(INPUT_WINDOW, 1),
      (error) => error instanceof NetdaemonError && error.code === 'WINDOW',
    )
  })
})
