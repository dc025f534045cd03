// The way of a byte, whole: pipe, log, attachment, session, connection, client library. Whatever anybody does, each reader
// gets from its offset on exactly what the daemon read, in order, or a gap that names what the daemon no longer has.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attachment } from '../../client-lib/attachment/attachment.ts'
import { type Client, connect, NetdaemonError, type OutputItem } from '../../client-lib/index.ts'
import type { Process } from '../../daemon/process/process.ts'
import type { AttachOptionsInput, OutputChannel } from '../../proto/protocol.ts'
import type { Connection } from '../../proto/transport/connection.ts'
import type { FakeChild } from '../support/daemon/fake-children.ts'
import { MemoryDaemon } from '../support/daemon/memory-daemon.ts'
import { budget } from '../support/fuzz.ts'
import { memoryPair } from '../support/transport/memory-pair.ts'
import { waitFor } from '../support/wait.ts'

/** So much may wait in a pipe without filling it, whatever the sizes of the writes. */
const PIPE_SAFE = 24 * 1024
const KEEP_MS = 10_000

type Step =
  | { do: 'write'; channel: OutputChannel; length: number; times: number }
  | { do: 'attach'; terms: Terms }
  | { do: 'read'; who: number; items: number }
  | { do: 'break'; who: number; comeBack: boolean; meanwhile: number }
  | { do: 'detach'; who: number }
  | { do: 'close'; channel: OutputChannel }
  | { do: 'wait'; turns: number }

interface Terms {
  readonly from: 'start' | 'now' | number
  readonly window: number
  readonly mode: 'viewer' | 'lossless' | 'kept'
  /** What the connection holds before it is congested. */
  readonly bufferBytes: number
}

const channel = fc.constantFrom<OutputChannel>(1, 2)
const who = fc.nat(7)
const size = (max: number) => fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max }))
const terms: fc.Arbitrary<Terms> = fc.record({
  from: fc.oneof(fc.constantFrom('start' as const, 'now' as const), fc.double({ min: 0, max: 1, noNaN: true })),
  window: fc.oneof(size(300), size(200_000)),
  mode: fc.constantFrom('viewer', 'viewer', 'lossless', 'kept'),
  bufferBytes: fc.oneof(size(500), size(300_000)),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      channel,
      length: fc.oneof(size(100), size(PIPE_SAFE), fc.constant(PIPE_SAFE)),
      times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('attach' as const), terms }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), who, items: size(100) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      who,
      comeBack: fc.boolean(),
      meanwhile: fc.constantFrom(0, 1, 10),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('detach' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), channel }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 20 }) }) },
)

/** One process, what it wrote, and what the daemon read of it. */
class Source {
  readonly child: FakeChild
  readonly process: Process
  readonly #read = { 1: 0, 2: 0 }
  readonly #written = { 1: 0, 2: 0 }
  readonly #open = { 1: true, 2: true }
  #bytes = Buffer.alloc(0)
  #channels = Buffer.alloc(0)

  constructor(child: FakeChild, process: Process) {
    this.child = child
    this.process = process
    const { log } = process
    const append = log.append.bind(log)
    log.append = (to, bytes) => {
      assert.ok(bytes.equals(pattern(to, this.#read[to], bytes.length)), 'the daemon read what was not written')
      this.#read[to] += bytes.length
      this.#bytes = Buffer.concat([this.#bytes, bytes])
      this.#channels = Buffer.concat([this.#channels, Buffer.alloc(bytes.length, to)])
      append(to, bytes)
    }
  }

  get length(): number {
    return this.#bytes.length
  }

  /** Writes what fits into the pipe without waiting. */
  write(to: OutputChannel, length: number): void {
    const room = PIPE_SAFE - (this.#written[to] - this.#read[to])
    if (!this.#open[to] || room <= 0) return
    const count = Math.min(length, room)
    this.child.write(to, pattern(to, this.#written[to], count))
    this.#written[to] += count
  }

  close(which: OutputChannel): void {
    if (!this.#open[which]) return
    this.#open[which] = false
    this.child.close(which)
  }

  get allRead(): boolean {
    return this.#read[1] === this.#written[1] && this.#read[2] === this.#written[2]
  }

  check({ channel: from, offset, bytes }: Extract<OutputItem, { kind: 'data' }>): void {
    assert.ok(bytes.equals(this.#bytes.subarray(offset, offset + bytes.length)), `other bytes at ${offset}`)
    const channels = this.#channels.subarray(offset, offset + bytes.length)
    assert.ok(channels.equals(Buffer.alloc(bytes.length, from)), `another channel at ${offset}`)
  }
}

/** The bytes of a channel differ from each other and from the other's. */
function pattern(of: OutputChannel, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let n = 0; n < length; n++) bytes[n] = ((offset + n) * 31 + ((offset + n) >>> 8) * 7 + of * 101) & 0xff
  return bytes
}

/** A client that reads as many items as it is allowed to. */
class Reader {
  readonly terms: Terms
  readonly place: string
  readonly #source: Source
  readonly #client: Client
  readonly #attachment: Attachment
  readonly #connection: Connection
  #offset: number
  #allowed = 0
  #go = () => {}
  #leaving = false
  /** Gaps that may come: a lossless client has at most the one before its first byte. */
  #gapUpTo: number
  readonly #ends = new Set<OutputChannel>()
  readonly done: Promise<void>

  static async attach(
    daemon: MemoryDaemon,
    source: Source,
    given: Terms,
    place: string,
    before?: Reader,
  ): Promise<Reader> {
    const [theirs, ours] = memoryPair({ bufferBytes: given.bufferBytes })
    daemon.welcome(ours)
    const client = await connect({ connection: theirs })
    const wanted: AttachOptionsInput['from'] =
      before !== undefined
        ? { offset: before.#attachment.offset }
        : typeof given.from === 'number'
          ? { offset: Math.floor(given.from * source.length) }
          : given.from
    const keep = given.mode === 'kept' ? { as: place, ms: KEEP_MS } : undefined
    const attachment = await client.attach(source.process.handle, {
      from: wanted,
      window: given.window,
      lossless: given.mode !== 'viewer',
      keep,
    })
    const reader = new Reader(source, given, place, client, attachment, theirs)
    // Whose place was kept misses no more than it would have without the break.
    if (before !== undefined && given.mode === 'kept') reader.#gapUpTo = before.#gapUpTo
    return reader
  }

  private constructor(
    source: Source,
    given: Terms,
    place: string,
    client: Client,
    attachment: Attachment,
    connection: Connection,
  ) {
    this.#source = source
    this.terms = given
    this.place = place
    this.#client = client
    this.#attachment = attachment
    this.#connection = connection
    this.#offset = attachment.stream.from
    // Nothing is forgotten between the daemon's answer and its first look at the log: both are one turn.
    this.#gapUpTo = given.mode === 'viewer' ? Number.POSITIVE_INFINITY : source.process.log.start
    this.done = this.#read()
    this.done.catch(() => {})
  }

  /** Whether it reads to the end. A window of a few bytes, each of them with an ACK, would take minutes. */
  get patient(): boolean {
    return (this.#source.process.log.end - this.#offset + 100_000) / this.terms.window < 2_000
  }

  get left(): boolean {
    return this.#leaving
  }

  allow(items: number): void {
    this.#allowed += items
    this.#go()
  }

  /** The connection breaks. */
  async break(): Promise<void> {
    this.#leaving = true
    this.#connection.destroy()
    this.allow(Number.POSITIVE_INFINITY)
    await this.done
  }

  /** The test is over, one way or the other. */
  destroy(): void {
    this.#connection.destroy()
  }

  async detach(): Promise<void> {
    this.#leaving = true
    this.allow(Number.POSITIVE_INFINITY)
    await this.#attachment.detach()
    await this.done
    await this.#client.close()
  }

  async #read(): Promise<void> {
    try {
      for await (const item of this.#attachment.output) {
        this.#check(item)
        while (this.#allowed <= 0) await new Promise<void>((resolve) => (this.#go = resolve))
        this.#allowed--
      }
      if (this.#leaving) return
      assert.equal(this.#offset, this.#source.length, 'it ended early')
      assert.equal(this.#ends.size, 2, 'an end is missing')
      assert.equal((await this.#attachment.exited).kind, 'exited')
      this.#leaving = true
      await this.#client.close()
    } catch (error) {
      const lost = error instanceof NetdaemonError && (error.code === 'DISCONNECTED' || error.code === 'NOT_ATTACHED')
      if (!(this.#leaving && lost)) throw error
    }
  }

  #check(item: OutputItem): void {
    if (item.kind === 'gap') {
      assert.equal(item.from, this.#offset)
      assert.ok(item.to > item.from)
      assert.ok(item.to <= this.#source.process.log.start, 'a gap over what the daemon still has')
      assert.ok(item.to <= this.#gapUpTo, 'a gap for a lossless client')
      this.#offset = item.to
    } else if (item.kind === 'data') {
      assert.equal(item.offset, this.#offset)
      this.#source.check(item)
      this.#offset += item.bytes.length
    } else {
      assert.ok(item.kind === 'end', 'there is one run')
      assert.ok(!this.#ends.has(item.channel), 'an end is told twice')
      this.#ends.add(item.channel)
      assert.equal(item.offset, this.#offset)
    }
  }
}

/** A process keeps only so many places. */
function unlessLimit(error: unknown): undefined {
  if (!(error instanceof NetdaemonError && error.code === 'LIMIT')) throw error
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function play(steps: readonly Step[], outputLimit: number): Promise<void> {
  await using daemon = new MemoryDaemon()
  const starter = await daemon.client()
  const { child, handle } = await daemon.start(starter, { outputLimit })
  const source = new Source(child, daemon.processes.find(handle))
  const readers: Reader[] = []
  const failed: unknown[] = []
  const attach = async (given: Terms, place: string, before?: Reader) => {
    const reader = await Reader.attach(daemon, source, given, place, before).catch(unlessLimit)
    if (reader === undefined) return
    readers.push(reader)
    reader.done.catch((error) => failed.push(error))
  }
  try {
    for (const [index, each] of steps.entries()) {
      const present = readers.filter(({ left }) => !left)
      const reader = 'who' in each ? present[each.who % Math.max(1, present.length)] : undefined
      switch (each.do) {
        case 'write':
          for (let n = 0; n < each.times; n++) {
            source.write(n % 2 === 0 ? each.channel : ((3 - each.channel) as OutputChannel), each.length)
            await turns(2)
          }
          break
        case 'attach':
          await attach(each.terms, `place-${index}`)
          break
        case 'read':
          reader?.allow(each.items)
          break
        case 'break': {
          if (reader === undefined) break
          await reader.break()
          await turns(5)
          for (let n = 0; n < each.meanwhile; n++) {
            source.write(1, PIPE_SAFE)
            await turns(2)
          }
          // A kept place: from where it was, and without a gap. Any other: from there too, and the gap says what is gone.
          if (each.comeBack) await attach(reader.terms, reader.place, reader)
          break
        }
        case 'detach':
          await reader?.detach()
          break
        case 'close':
          source.close(each.channel)
          break
        case 'wait':
          await turns(each.turns)
      }
      if (failed.length > 0) throw failed[0]
    }
    for (const reader of readers) {
      if (reader.patient) reader.allow(Number.POSITIVE_INFINITY)
      else await reader.detach()
    }
    // Places for those who do not come back hold the process until they expire.
    daemon.clock.advance(KEEP_MS)
    await waitFor('all output to be read', () => {
      // The pauses in reading a flood.
      daemon.clock.advance(1)
      return source.allRead || failed.length > 0
    })
    daemon.children.end(child)
    await Promise.all(readers.map(({ done }) => done))
  } finally {
    for (const reader of readers) reader.destroy()
    daemon.clock.advance(KEEP_MS)
  }
  await starter.close()
}

test('every reader gets every byte once and in order, or a gap that is true, over any connections', async () => {
  const limits = fc.constantFrom(64 * 1024, 70_000, 128 * 1024)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), limits, (steps, limit) => play(steps, limit)),
    budget(60),
  )
})
