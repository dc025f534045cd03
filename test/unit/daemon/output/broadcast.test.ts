// One process's output to clients that a test plays: who makes it wait, until when, and what a flood is read with.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OutputTurn } from '../../../../daemon/loop/output-turn.ts'
import { boundsFor } from '../../../../daemon/memory/bounds.ts'
import type { AttachmentTerms, OutputSink } from '../../../../daemon/output/attachment-ports.ts'
import { Broadcast } from '../../../../daemon/output/broadcast.ts'
import { PacketBuffer } from '../../../../daemon/output/packet-buffer.ts'
import { STDERR, STDOUT } from '../../../../proto/protocol.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { PlayedStreams } from '../../../support/daemon/played-streams.ts'

const LIMIT = 64 * 1024
const viewing: AttachmentTerms = { id: 1, from: 0, window: 2 ** 20, lossless: false, keep: undefined }
const lossless: AttachmentTerms = { ...viewing, lossless: true }
const kept: AttachmentTerms = { ...lossless, keep: { as: 'me', ms: 1000 } }

/** A client that takes everything, or, congested, nothing. */
class Sink implements OutputSink {
  readonly client = { peerPid: null, software: 'test' }
  readonly packets: Uint8Array[] = []
  congested = false
  evicted = 0
  finished = 0

  send(packet: Uint8Array): void {
    this.packets.push(packet)
  }

  inform(): void {}

  finish(): void {
    this.finished += 1
  }

  border(): void {}

  dropped(): void {}

  failed(error: unknown): void {
    throw error
  }

  evict(): void {
    this.evicted += 1
  }
}

class Rig {
  readonly clock = new ManualClock()
  readonly streams = new PlayedStreams()
  readonly turns: (() => void)[] = []
  readonly turn = new OutputTurn((callback) => this.turns.push(callback))
  readonly bounds = boundsFor({ memory: 4 * 2 ** 20, heap: 2 ** 30 })
  readonly broadcast: Broadcast
  idles = 0

  constructor() {
    this.broadcast = new Broadcast(
      {
        id: 'web',
        handle: 7,
        outputLimit: LIMIT,
        onIdle: () => {
          this.idles += 1
        },
      },
      { clock: this.clock, packetBuffer: new PacketBuffer(), turn: this.turn, bounds: this.bounds },
    )
    this.open(this.streams)
    this.broadcast.connect(this.streams)
  }

  /** Their output comes to the broadcast from here on. */
  open(streams: PlayedStreams<unknown>): void {
    const nothing = () => {}
    streams.open({
      onOutput: (channel, buffer, start, end) => this.broadcast.output(streams, channel, buffer, start, end),
      ...{ onOutputEnd: nothing, onComplete: nothing, onInputTaken: nothing, onInputClosed: nothing },
    })
  }

  /** Attaches a client and lets its output begin. */
  attach(terms: AttachmentTerms): Sink & { leave(how: 'left' | 'lost'): void } {
    const sink = new Sink()
    const attachment = this.broadcast.attach(sink, terms)
    attachment.pump()
    return Object.assign(sink, { leave: (how: 'left' | 'lost') => void this.broadcast.detach(attachment, how) })
  }

  /** Runs what waits for the next turn of the event loop, until nothing does. */
  nextTurns(): void {
    while (this.turns.length > 0) this.turns.shift()?.()
  }
}

describe('a process waits', () => {
  test('for a lossless client that does not read, before anything it needs leaves the log', () => {
    const { broadcast, streams, attach } = bound(new Rig())
    const sink = attach(lossless)
    sink.congested = true
    streams.printAll()
    assert.ok(streams.paused && broadcast.heldByClients)
    assert.equal(broadcast.log.start, 0)
    sink.leave('left')
    assert.ok(!streams.paused && !broadcast.heldByClients)
  })

  test('for no viewer', () => {
    const { broadcast, streams, attach } = bound(new Rig())
    attach(viewing).congested = true
    streams.printAll(50)
    assert.ok(!streams.paused)
    assert.ok(broadcast.log.start > 0)
  })

  test('for a kept place until its time is over, and is idle from then on', () => {
    const rig = new Rig()
    const { broadcast, streams, clock } = rig
    rig.attach(kept).leave('lost')
    streams.printAll()
    assert.ok(streams.paused)
    assert.equal(broadcast.idle, false)
    clock.advance(999)
    assert.ok(streams.paused)
    clock.advance(1)
    assert.ok(!streams.paused)
    assert.deepEqual([broadcast.idle, rig.idles], [true, 1])
  })

  test('for no client after release, not even one that comes later; but still for the follower', () => {
    const { broadcast, streams, attach } = bound(new Rig())
    const follower = { holdFrom: Number.POSITIVE_INFINITY, arrived: () => {} }
    broadcast.followedBy(follower)
    attach(lossless).congested = true
    streams.printAll()
    broadcast.release()
    assert.ok(!streams.paused)
    attach({ ...lossless, from: broadcast.log.end }).congested = true
    streams.printAll(50)
    assert.ok(!streams.paused)
    follower.holdFrom = broadcast.log.end
    streams.printAll(50)
    assert.ok(streams.paused)
    assert.equal(broadcast.heldByClients, false)
  })

  test('from the start, where new streams are connected while it is held', () => {
    const { broadcast, streams, attach } = bound(new Rig())
    const sink = attach(lossless)
    sink.congested = true
    streams.printAll()
    const next = new PlayedStreams()
    broadcast.connect(next)
    assert.ok(next.paused)
    sink.leave('left')
    assert.ok(!next.paused)
  })

  test('also one that holds the streams of an earlier run, until it has let go of them', () => {
    const rig = new Rig()
    const { broadcast, streams, attach } = bound(rig)
    const next = new PlayedStreams()
    rig.open(next)
    broadcast.connect(next, streams)
    const sink = attach(lossless)
    sink.congested = true
    streams.printAll()
    assert.ok(streams.paused && next.paused)
    assert.equal(broadcast.log.start, 0)
    sink.congested = false
    broadcast.disconnect(streams)
    sink.leave('left')
    assert.deepEqual([streams.paused, next.paused], [true, false])
  })

  test('again for a client that was given up, in the next run', () => {
    const rig = new Rig()
    const { broadcast, streams, attach } = bound(rig)
    const sink = attach({ ...lossless, from: 0 })
    sink.congested = true
    broadcast.release()
    streams.printAll()
    assert.equal(streams.paused, false)
    const next = new PlayedStreams()
    rig.open(next)
    broadcast.connect(next)
    assert.ok(next.paused)
    sink.congested = false
  })
})

describe('a client', () => {
  test('is sent the packet that was read into, without a copy; one that comes later, a copy', () => {
    const { streams, attach } = bound(new Rig())
    const live = [attach(viewing), attach(viewing)]
    streams.print('hello')
    const late = attach({ ...viewing, from: 0 })
    const [first, second] = live.map(({ packets }) => packets[0])
    assert.ok(first !== undefined && first === second)
    assert.deepEqual(late.packets[0], first)
    assert.notEqual(late.packets[0]?.buffer, first.buffer)
  })

  test('cannot begin at an offset that lies ahead', () => {
    const { attach } = bound(new Rig())
    assert.throws(() => attach({ ...viewing, from: 1 }), {
      code: 'BAD_REQUEST',
      message: /"web" at offset 1: .* 0 bytes/,
    })
  })

  test('that comes for a kept place sends away the one that has it', () => {
    const { attach } = bound(new Rig())
    const first = attach(kept)
    attach(lossless)
    attach({ ...kept, keep: { as: 'another', ms: 1000 } })
    assert.equal(first.evicted, 0)
    attach(kept)
    assert.equal(first.evicted, 1)
  })

  test('is let go once', () => {
    const { broadcast } = new Rig()
    const attachment = broadcast.attach(new Sink(), viewing)
    assert.equal(broadcast.attachments.size, 1)
    assert.equal(broadcast.detach(attachment, 'left'), true)
    assert.equal(broadcast.detach(attachment, 'left'), false)
    assert.equal(broadcast.attachments.size, 0)
  })

  test('is told of the end when it has all of the output, and of the ends of both channels', () => {
    const { broadcast, streams, attach } = bound(new Rig())
    const sink = attach({ ...viewing, window: 3 })
    streams.print('abcdef')
    for (const channel of [STDOUT, STDERR] as const) broadcast.endChannel(channel)
    broadcast.rest({ kind: 'exited', code: 0, at: 1 })
    assert.equal(sink.finished, 0)
    const [attachment] = broadcast.attachments
    attachment?.ack(3)
    attachment?.ack(6)
    assert.equal(sink.finished, 1)
  })
})

describe('a flood', () => {
  const reads = (bytes: number, { readMax }: PlayedStreams<unknown>) => bytes / readMax

  test('is read with a pause after each 512 KiB unless a client asked for every byte', () => {
    const { streams, clock, attach } = bound(new Rig())
    attach(viewing).congested = true
    const half = reads(256 * 1024, streams)
    for (let n = 0; n < half * 2 - 1; n++) streams.print()
    assert.equal(streams.yielded.length, 0)
    streams.print()
    assert.equal(streams.yielded.length, 1)
    let reading = false
    streams.yielded[0]?.(() => {
      reading = true
    })
    assert.equal(reading, false)
    clock.advance(1)
    assert.equal(reading, true)
  })

  test('is read without pauses when a client asked for every byte', () => {
    const rig = new Rig()
    rig.attach({ ...lossless, window: 2 ** 30 })
    for (let n = 0; n < reads(2 ** 20, rig.streams); n++) {
      rig.nextTurns()
      rig.streams.print()
    }
    assert.equal(rig.broadcast.log.end, 2 ** 20)
    assert.deepEqual(rig.streams.yielded, [])
  })

  test('waits for the turn of those that it is sent to', () => {
    const rig = new Rig()
    const { streams } = rig
    rig.attach({ ...viewing, window: 2 ** 30 })
    while (!rig.turn.over) streams.print()
    const arrange = streams.yielded.at(-1) ?? assert.fail('reading goes on')
    let reading = false
    arrange(() => {
      reading = true
    })
    assert.equal(reading, false)
    rig.nextTurns()
    assert.equal(reading, true)
  })
})

/** A rig whose `attach` may be taken out of it. */
function bound(rig: Rig): Rig {
  rig.attach = rig.attach.bind(rig)
  return rig
}

test('the ring of a forgotten process is given back when the last client that reads it has gone', () => {
  const { broadcast, streams, attach, bounds } = bound(new Rig())
  const sink = attach(viewing)
  streams.print()
  assert.ok(bounds.output.used > 0)
  broadcast.forget()
  assert.ok(bounds.output.used > 0)
  sink.leave('left')
  assert.equal(bounds.output.used, 0)
})

test('2,000 clients are told of the end in turns of the event loop, each once', () => {
  const rig = new Rig()
  const sinks = Array.from({ length: 2000 }, () => rig.attach(viewing))
  rig.nextTurns()
  const finished = () => sinks.filter((sink) => sink.finished > 0).length
  for (const channel of [STDOUT, STDERR] as const) rig.broadcast.endChannel(channel)
  rig.broadcast.rest({ kind: 'exited', code: 0, at: 1 })
  let most = 0
  for (let before = finished(); rig.turns.length > 0; before = finished()) {
    rig.turns.shift()?.()
    most = Math.max(most, finished() - before)
  }
  assert.equal(finished(), 2000)
  assert.ok(sinks.every((sink) => sink.finished === 1))
  assert.ok(most <= 200, `${most} in one turn`)
})
