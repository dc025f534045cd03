// The output of one attachment between its arrival and its reader: bounded by the window, in order, each byte once.
//
// An item counts as consumed when the reader asks for the next one. It is ACKed when a quarter of the window is due: the
// daemon, which then has three quarters left, need not stop, and a line typed and echoed costs no packet. Where the
// daemon keeps a place for this client, it holds the process back by what was ACKed, not by what was sent; so there all
// that is due is ACKed as soon as the queue has run empty, or both sides would wait for each other.
//
// The reader gets bytes of its own, or bytes that are lent to it until it asks for the next item.

import { NetdaemonError } from '../../proto/errors.ts'
import type { OutputChannel } from '../../proto/protocol.ts'
import type { PacketMemory } from '../../proto/transport/connection.ts'
import { CallSite } from '../link/call-site.ts'
import { type Deferred, defer } from '../link/deferred.ts'
import type { OutputItem, OutputRun } from './output-item.ts'
import { type Chunk, OutputMemory } from './output-memory.ts'

/** Consumed items that may stay at the front of the array before it is cut. */
const CUT_AT = 256

/** How the queue reaches its attachment. */
export interface OutputQueueOptions {
  /** The offset of the first byte to come. */
  readonly from: number
  /** Bytes that may be here, or on the way, un-ACKed. */
  readonly window: number
  /** ACK at once when the queue has run empty. */
  readonly ackWhenEmpty: boolean
  /** Everything below the offset has been consumed: tell the daemon. */
  readonly ack: (offset: number) => void
  /** The reader left its loop before the end. */
  readonly abandoned: () => Promise<void>
}

/** An item that waits, or that the reader has, and where its bytes lie. */
interface Held {
  readonly item: OutputItem
  readonly chunk?: Chunk | undefined
}

/** A bounded queue with one writer, the connection, and one reader. */
export class OutputQueue implements AsyncIterable<OutputItem> {
  readonly #options: OutputQueueOptions
  readonly #memory = new OutputMemory()
  #items: Held[] = []
  #head = 0
  /** The item that the reader has in hand. */
  #current: Held | undefined
  #waiting: Deferred<IteratorResult<OutputItem, undefined>> | undefined
  /** Where its reader began to read. */
  #reader: CallSite | undefined
  /** The reader is lent the bytes of each item. */
  #lends = false
  #end: { readonly error?: NetdaemonError } | undefined
  readonly #endedChannels = new Set<number>()

  #received: number
  #consumed: number
  #acked: number
  /** Payload bytes received and not ACKed: what the window bounds. Gaps do not count. */
  #held = 0
  /** The part of them that the reader has consumed. */
  #heldConsumed = 0

  constructor(options: OutputQueueOptions) {
    this.#options = options
    this.#received = this.#consumed = this.#acked = options.from
  }

  /** Everything below it has been consumed by the reader. */
  get offset(): number {
    return this.#consumed
  }

  /** Output has come, in that memory. @throws NetdaemonError BAD_PACKET if it does not follow on, WINDOW if it is too much */
  data(channel: OutputChannel, offset: number, bytes: Buffer, memory: PacketMemory): void {
    if (this.#endedChannels.has(channel)) throw bad(`DATA on channel ${channel} after its end`)
    if (bytes.length === 0) {
      this.#endedChannels.add(channel)
      this.#push({ item: { kind: 'end', channel, offset } })
      return
    }
    if (offset !== this.#received) throw bad(`DATA at offset ${offset}; ${this.#received} comes next`)
    if (this.#held + bytes.length > this.#options.window) {
      throw new NetdaemonError('WINDOW', `DATA exceeds the window of ${this.#options.window} bytes`)
    }
    this.#received += bytes.length
    this.#held += bytes.length
    if (this.#join(channel, bytes)) return
    const chunk = this.#memory.place(bytes, memory)
    this.#push({ item: { kind: 'data', channel, offset, bytes: chunk.bytes }, chunk })
  }

  /** A gap has come. @throws NetdaemonError BAD_PACKET if it does not follow on */
  gap(from: number, to: number): void {
    if (from !== this.#received || to <= from) throw bad(`GAP from ${from} to ${to}; ${this.#received} comes next`)
    this.#received = to
    const last = this.#last()?.item
    if (last?.kind === 'gap') this.#items[this.#items.length - 1] = { item: { ...last, to } }
    else this.#push({ item: { kind: 'gap', from, to } })
  }

  /** A run began or ended. @throws NetdaemonError BAD_PACKET if output before it has not come */
  run(item: OutputRun): void {
    if (item.offset > this.#received) throw bad(`RUN at offset ${item.offset}; ${this.#received} comes next`)
    if (item.event === 'began') this.#endedChannels.clear()
    this.#push({ item })
  }

  /** Nothing more will come: the reader gets what is here, and then the end, or the error. */
  finish(error?: NetdaemonError): void {
    if (this.#end !== undefined) return
    this.#end = error === undefined ? {} : { error }
    const waiting = this.#waiting
    this.#waiting = undefined
    if (error === undefined) waiting?.resolve({ done: true, value: undefined })
    else waiting?.reject(this.#reader?.own(error))
  }

  /** As {@link finish}, and what is here is dropped: the reader has gone. */
  discard(): void {
    this.#items = []
    this.#head = 0
    this.#current = undefined
    this.finish()
  }

  [Symbol.asyncIterator](): AsyncIterator<OutputItem, undefined> {
    return this.#read(false)
  }

  /** The same items, for the same one reader, with bytes that are lent to it until it asks for the next item. */
  get lent(): AsyncIterable<OutputItem> {
    return { [Symbol.asyncIterator]: () => this.#read(true) }
  }

  #read(lends: boolean): AsyncIterator<OutputItem, undefined> {
    if (this.#reader !== undefined) {
      throw new Error('this output has a reader already, and can have only one; attach from another client for another')
    }
    this.#reader = new CallSite()
    this.#lends = lends
    return {
      next: () => this.#next(),
      return: async () => {
        await this.#options.abandoned()
        return { done: true, value: undefined }
      },
    }
  }

  #next(): Promise<IteratorResult<OutputItem, undefined>> {
    if (this.#waiting !== undefined) {
      return Promise.reject(new Error('output is read one item after the other; await next() first'))
    }
    this.#consume()
    const held = this.#items[this.#head]
    if (held !== undefined) {
      this.#head++
      if (this.#head === this.#items.length || this.#head >= CUT_AT) this.#cut()
      return Promise.resolve({ done: false, value: this.#hand(held) })
    }
    if (this.#end === undefined) {
      this.#waiting = defer()
      return this.#waiting.promise
    }
    if (this.#end.error !== undefined) return Promise.reject(this.#reader?.own(this.#end.error))
    return Promise.resolve({ done: true, value: undefined })
  }

  /** The reader is done with the item it had. */
  #consume(): void {
    if (this.#current === undefined) return
    const { item, chunk } = this.#current
    this.#current = undefined
    if (this.#lends && chunk !== undefined) this.#memory.done(chunk)
    if (item.kind === 'data') {
      this.#consumed = item.offset + item.bytes.length
      this.#heldConsumed += item.bytes.length
    } else if (item.kind === 'gap') {
      this.#consumed = item.to
    }
    const { window, ackWhenEmpty } = this.#options
    const due = this.#consumed - this.#acked
    const empty = this.#head === this.#items.length
    if (due === 0 || (due * 4 < window && !(ackWhenEmpty && empty))) return
    this.#acked = this.#consumed
    this.#held -= this.#heldConsumed
    this.#heldConsumed = 0
    if (this.#end === undefined) this.#options.ack(this.#acked)
  }

  #push(held: Held): void {
    const waiting = this.#waiting
    if (waiting === undefined) {
      this.#items.push(held)
      return
    }
    this.#waiting = undefined
    waiting.resolve({ done: false, value: this.#hand(held) })
  }

  /** Makes it the item that the reader has. */
  #hand(held: Held): OutputItem {
    this.#current = held
    const { item, chunk } = held
    if (this.#lends || chunk === undefined || item.kind !== 'data') return item
    return { ...item, bytes: this.#memory.give(chunk) }
  }

  /** Makes the newest item longer by bytes that follow it. False if they have to be an item of their own. */
  #join(channel: OutputChannel, bytes: Buffer): boolean {
    const last = this.#last()
    if (last?.chunk === undefined || last.item.kind !== 'data' || last.item.channel !== channel) return false
    const chunk = this.#memory.extend(last.chunk, bytes)
    if (chunk === undefined) return false
    this.#items[this.#items.length - 1] = { item: { ...last.item, bytes: chunk.bytes }, chunk }
    return true
  }

  /** The newest item that the reader has not been given. */
  #last(): Held | undefined {
    return this.#head < this.#items.length ? this.#items[this.#items.length - 1] : undefined
  }

  #cut(): void {
    this.#items.splice(0, this.#head)
    this.#head = 0
  }
}

const bad = (why: string) => new NetdaemonError('BAD_PACKET', `bad packet: ${why}`)
