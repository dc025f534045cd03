// One client's cursor into one process's output. `pump` is the only way output reaches a client: replay, live and
// catch-up are the same loop, limited by the client's window and by its connection.
//
// Invariants: acked <= cursor <= log.end; the bytes sent and not ACKed never exceed the window; what is skipped is named
// by a GAP; the borders of runs are told in their places; the final STATUS is the last thing sent.

import { encodeAck, encodeData, encodeGap } from '../../proto/codec/codec.ts'
import { DATA_HEADER, readdress } from '../../proto/codec/stream-codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { DATA_MAX, INPUT_WINDOW } from '../../proto/limits.ts'
import { type OutputChannel, STDIN, type TerminalSize } from '../../proto/protocol.ts'
import type {
  Attached,
  AttachmentEnd,
  AttachmentTerms,
  KeepPlace,
  Lasting,
  OutputSink,
  OutputSource,
} from './attachment-ports.ts'
import { ChannelEnds } from './channel-ends.ts'

export class Attachment implements Attached {
  readonly source: OutputSource
  /** Names it on its connection. */
  readonly id: number
  /** Where it began. */
  readonly from: number
  readonly lossless: boolean
  readonly window: number
  readonly keep: KeepPlace | undefined
  readonly readOnly: boolean
  readonly until: Lasting
  /** The size of the terminal that shows it, if it has one. */
  size: TerminalSize | undefined
  readonly #sink: OutputSink
  #cursor: number
  #acked: number
  /** Gaps sent and not yet ACKed past: their bytes are not on the way. */
  #gaps: { from: number; to: number }[] = []
  readonly #ends: ChannelEnds
  /** The number of the next border that it is to be told of. */
  #border: number
  #end: AttachmentEnd | undefined
  #over = false
  /** A STATUS is to be sent; one tells of all changes so far. */
  #informDue = false
  #inputSent = 0
  #inputTaken = 0

  constructor(source: OutputSource, sink: OutputSink, terms: AttachmentTerms) {
    this.source = source
    this.id = terms.id
    this.#ends = new ChannelEnds(source.log)
    this.#sink = sink
    this.from = terms.from
    this.#cursor = terms.from
    this.#acked = terms.from
    this.window = terms.window
    this.lossless = terms.lossless
    this.keep = terms.lossless ? terms.keep : undefined
    this.readOnly = terms.readOnly ?? false
    this.until = terms.until ?? 'rest'
    this.#border = terms.earlierBorders ? source.borders.firstAt(terms.from) : source.borders.next
    this.size = terms.size
  }

  /** The next offset to send. */
  get cursor(): number {
    return this.#cursor
  }

  /** Everything below has been consumed by the client. */
  get acked(): number {
    return this.#acked
  }

  /** The client's pid and name, for SHOW. */
  get client(): OutputSink['client'] {
    return this.#sink.client
  }

  /** What the process must not let go of, as long as this attachment is lossless. */
  get holdFrom(): number {
    return this.keep === undefined ? this.#cursor : this.#acked
  }

  /** The size that the process's terminal must not exceed. */
  get countedSize(): TerminalSize | undefined {
    return this.readOnly ? undefined : this.size
  }

  /** True after `finish` or `dispose`: nothing is sent any more. */
  get over(): boolean {
    return this.#over
  }

  /** Sends what the window and the connection allow. Safe to call at any time; a bug costs this client and nobody else. */
  pump(): void {
    try {
      this.#pump()
    } catch (error) {
      this.#sink.failed(error)
    }
  }

  #pump(): void {
    this.#sendStatus()
    const { log } = this.source
    const before = this.#cursor
    let sentAll = false
    while (!this.#over && !this.#sink.congested) {
      const windowLeft = this.window - this.#onTheWay()
      if (this.#cursor < log.start) {
        // A client that owes ACKs is sent no gap either: when it has ACKed, one gap names all that was lost meanwhile.
        if (windowLeft <= 0) break
        this.#sendGap(log.start)
        continue
      }
      const ended = this.until === 'removed' ? undefined : this.#ends.due(this.#cursor)
      if (ended !== undefined) {
        if (!this.source.turn.take(this, 0)) break
        this.#sendEnd(ended)
        continue
      }
      const border = this.source.borders.from(this.#border)
      const isBorder = border !== undefined && border.border.offset <= this.#cursor
      if (this.#end !== undefined && this.#cursor >= this.#end.offset) {
        if (this.#mayFinish) {
          // The end comes for all of a crowd at once, and each is to be told.
          if (!this.source.turn.take(this, 0)) break
          this.#finish(this.#end)
        }
        sentAll = true
        break
      }
      if (isBorder) {
        if (!this.source.turn.take(this, 0)) break
        this.#border = border.number + 1
        this.#sink.border(this, border.border)
        continue
      }
      if (this.#cursor === log.end) {
        sentAll = true
        break
      }
      const next = Math.min(
        this.until === 'removed' ? Number.POSITIVE_INFINITY : this.#ends.nextAfter(this.#cursor),
        border?.border.offset ?? Number.POSITIVE_INFINITY,
        this.#end?.offset ?? Number.POSITIVE_INFINITY,
      )
      const room = Math.min(windowLeft, next - this.#cursor, DATA_MAX)
      if (room <= 0 || !this.source.turn.take(this, room)) break
      const packet = this.source.packetAt(this.#cursor, room)
      this.#cursor += packet.length - DATA_HEADER
      if (this.id === this.source.handle) this.#sink.send(packet)
      else this.#sendReaddressed(packet)
    }
    // An attachment that cannot go on now is pumped by what it waits for: an ACK, a drain, the next turn.
    this.source.awaitsOutput(this, sentAll && !this.#over)
    if (this.lossless && this.#cursor !== before) this.source.progressed()
  }

  /** The packet is shared by all attachments that need it, most of which are called by the process's handle. */
  #sendReaddressed(packet: Uint8Array): void {
    readdress(packet, this.id)
    try {
      this.#sink.send(packet)
    } finally {
      readdress(packet, this.source.handle)
    }
  }

  /**
   * The client has consumed everything below `offset`.
   *
   * @throws NetdaemonError BAD_PACKET for an offset that was never sent
   */
  ack(offset: number): void {
    if (offset > this.#cursor) {
      throw new NetdaemonError(
        'BAD_PACKET',
        `bad packet: ACK of offset ${offset}, but only ${this.#cursor} bytes of process ${this.source.handle} were sent`,
      )
    }
    if (offset <= this.#acked) return
    this.#acked = offset
    while ((this.#gaps[0]?.to ?? Number.POSITIVE_INFINITY) <= offset) this.#gaps.shift()
    if (this.keep !== undefined) this.source.progressed()
    this.pump()
  }

  /**
   * Accounts for input that has arrived.
   *
   * @throws NetdaemonError BAD_PACKET if its offset does not follow, or it only looks; WINDOW if there is too much of it
   */
  inputArrived(offset: number, length: number): void {
    if (this.readOnly) {
      throw new NetdaemonError(
        'BAD_PACKET',
        `bad packet: input for process ${this.source.handle} from an attachment that is read-only`,
      )
    }
    if (offset !== this.#inputSent) {
      throw new NetdaemonError(
        'BAD_PACKET',
        `bad packet: input for process ${this.source.handle} at offset ${offset}, expected ${this.#inputSent}`,
      )
    }
    this.#inputSent += length
    if (this.inputWaiting > INPUT_WINDOW) {
      throw new NetdaemonError(
        'WINDOW',
        `more than ${INPUT_WINDOW} bytes of input for process ${this.source.handle} were sent without waiting for ACK`,
      )
    }
  }

  /** Bytes of input that have come from this client, and that the process has not taken. */
  get inputWaiting(): number {
    return this.#inputSent - this.#inputTaken
  }

  /** The process's pipe has taken input of this client: tells it so. */
  inputTaken(length: number): void {
    this.#inputTaken += length
    if (!this.#over) this.#sink.send(encodeAck(this.id, STDIN, this.#inputTaken))
  }

  /**
   * Tells the client, soon, that something about the process has changed that is not output. Not at once, so that what
   * one client does many times over, such as changing its size, is told to each of the others once.
   */
  inform(): void {
    if (this.#over) return
    this.#informDue = true
    this.source.turn.pumpLater(this)
  }

  /** It is over at this place; the first place counts. It is told of it by the next `pump`. */
  endsAt(end: AttachmentEnd): void {
    this.#end ??= end
  }

  /** What it wrote and the run has not taken is gone. */
  dropInput(run: number): void {
    const bytes = this.inputWaiting
    if (bytes === 0 || this.#over) return
    this.#inputTaken = this.#inputSent
    this.#sink.dropped(this, run, this.#inputSent, bytes)
  }

  /** Ends the attachment because another took its place. */
  evict(): void {
    if (!this.#over) this.#sink.evict(this)
  }

  /** Nothing is sent any more. Idempotent. */
  dispose(): void {
    this.#over = true
  }

  /** The end gives up a kept place. So a client that has one must have consumed all that was sent before it is told. */
  get #mayFinish(): boolean {
    return this.keep === undefined || this.#acked === this.#cursor
  }

  #sendStatus(): void {
    if (!this.#informDue || this.#over || this.#sink.congested || !this.source.turn.take(this, 0)) return
    this.#informDue = false
    this.#sink.inform(this)
  }

  #finish({ state }: AttachmentEnd): void {
    this.#sink.finish(this, state)
    this.#over = true
  }

  #sendGap(to: number): void {
    this.#sink.send(encodeGap(this.id, this.#cursor, to))
    const last = this.#gaps.at(-1)
    if (last?.to === this.#cursor) last.to = to
    else this.#gaps.push({ from: this.#cursor, to })
    this.#cursor = to
  }

  #sendEnd(channel: OutputChannel): void {
    this.#ends.told(channel)
    this.#sink.send(encodeData(this.id, channel, this.#cursor, NO_BYTES))
  }

  #onTheWay(): number {
    let bytes = this.#cursor - this.#acked
    for (const gap of this.#gaps) bytes -= gap.to - Math.max(gap.from, this.#acked)
    return bytes
  }
}

const NO_BYTES = Buffer.alloc(0)
