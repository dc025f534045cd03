// One process's output and the clients it goes to. Each read goes into the log, and from there to every attached client. It
// also decides when reading must wait: for lossless clients, for kept places, and for the follower of the log.
//
// Invariants: nothing that a lossless client or a kept place needs leaves the log, unless `release` gave them up; what one
// client does costs the others nothing. Where the output comes from is connected, and may be connected anew.

import { DATA_HEADER, writeDataHeader } from '../../proto/codec/stream-codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import type { KnownState, OutputChannel } from '../../proto/protocol.ts'
import type { OutputTurn } from '../loop/output-turn.ts'
import { RingMemory } from '../memory/ring-memory.ts'
import { Attachment } from './attachment.ts'
import type { Attached, AttachmentTerms, Lasting, OutputSink, OutputSource } from './attachment-ports.ts'
import { OutputLog } from './output-log.ts'
import type { LogFollower, OutputFlow, OutputOwner, OutputPorts } from './output-ports.ts'
import { Places } from './places.ts'
import { type RunBorder, RunBorders } from './run-borders.ts'

/** Unless a client asked for every byte, reading is capped near 400 MB/s: so many bytes, and then a pause. */
const PACE_BYTES = 512 * 1024
const PACE_MS = 1

/** In place of an empty set, of which each process would have several. */
const NOBODY: Set<never> = new Set()

function including<T>(set: Set<T>, one: T): Set<T> {
  return (set === NOBODY ? new Set<T>() : set).add(one)
}

export class Broadcast implements OutputSource {
  readonly handle: number
  readonly log: OutputLog
  readonly turn: OutputTurn
  readonly borders = new RunBorders()
  readonly #owner: OutputOwner
  readonly #ports: OutputPorts
  readonly #attachments = new Set<Attachment>()
  /** Those that have sent all there is. The others, which may be many stopped viewers, cost nothing at a read. */
  #awaiting: Set<Attached> = NOBODY
  #lossless: Set<Attachment> = NOBODY
  readonly #places: Places
  #flow: OutputFlow | undefined
  /** Those of earlier runs, as long as somebody holds them. */
  #earlier: Set<OutputFlow> = NOBODY
  #follower: LogFollower | undefined
  /** The state in which the process has come to rest, with all its output: it will not run again by itself. */
  #rest: KnownState | undefined
  #held = false
  #heldByClients = false
  /** Set by {@link release}: clients hold nothing back. */
  #released = false
  #forgotten = false
  /** Bytes of output since the last pause of {@link #pace}. */
  #sincePause = 0
  /** The packet made of the newest read, while it is handed out. */
  #live: Buffer | undefined
  #liveOffset = 0

  constructor(owner: OutputOwner, ports: OutputPorts) {
    this.#owner = owner
    this.#ports = ports
    this.handle = owner.handle
    this.log = new OutputLog(owner.outputLimit, new RingMemory(ports.bounds.output.account()))
    this.turn = ports.turn
    this.#places = new Places(ports.clock, () => {
      this.rebalance()
      if (this.idle) owner.onIdle()
    })
  }

  /**
   * Takes its output from here on from this flow: that of another run than before.
   *
   * @param before that of the run before, if more may come of it
   */
  connect(flow: OutputFlow, before?: OutputFlow): void {
    if (this.#flow !== undefined || this.log.ended) this.log.reopen()
    this.#flow = flow
    if (before !== undefined) this.#earlier = including(this.#earlier, before)
    if (this.#held) flow.pause()
    // Whoever was given up for the end of the run before is waited for again.
    this.#released = false
    this.rebalance()
  }

  /** Nothing more will come of an earlier run's flow. */
  disconnect(flow: OutputFlow): void {
    this.#earlier.delete(flow)
  }

  /** Waits for this one too, whatever clients do. */
  followedBy(follower: LogFollower): void {
    this.#follower = follower
  }

  get attachments(): ReadonlySet<Attachment> {
    return this.#attachments
  }

  /** The process has come to rest, with all its output. */
  get ended(): boolean {
    return this.#rest !== undefined
  }

  /** Whether clients make the process wait. */
  get heldByClients(): boolean {
    return this.#heldByClients
  }

  /** There is no client that may come back for the output. */
  get idle(): boolean {
    if (this.#places.size > 0) return false
    for (const attachment of this.#attachments) if (attachment.keep !== undefined) return false
    return true
  }

  /**
   * Attaches a client. Nothing is sent before its first `pump`.
   *
   * @throws NetdaemonError BAD_REQUEST for an offset that lies ahead, LIMIT if too many places are kept
   */
  attach(sink: OutputSink, terms: AttachmentTerms): Attachment {
    if (terms.from > this.log.end) {
      throw new NetdaemonError(
        'BAD_REQUEST',
        `cannot attach to "${this.#owner.id}" at offset ${terms.from}: its output has ${this.log.end} bytes so far; was the offset that of an earlier process of this name?`,
        { detail: { end: this.log.end } },
      )
    }
    const attachment = new Attachment(this, sink, terms)
    const { keep } = attachment
    if (keep !== undefined) {
      const taken = Array.from(this.#attachments, (other) => other.keep?.as).filter((as) => as !== undefined)
      this.#places.checkRoomFor(keep.as, taken)
    }
    this.#attachments.add(attachment)
    if (this.#rest !== undefined && attachment.until !== 'removed') {
      attachment.endsAt({ offset: this.log.end, state: this.#rest })
    }
    if (attachment.lossless) this.#lossless = including(this.#lossless, attachment)
    // Only now that the successor is here: a process without either may be forgotten at once.
    if (keep !== undefined) {
      for (const other of this.#attachments) if (other !== attachment && other.keep?.as === keep.as) other.evict()
      this.#places.give(keep.as)
    }
    this.rebalance()
    return attachment
  }

  /** Lets a client go; false if it has gone already. If its connection broke, its place is kept as it asked. */
  detach(attachment: Attachment, how: 'left' | 'lost'): boolean {
    if (!this.#attachments.delete(attachment)) return false
    this.#awaiting.delete(attachment)
    this.#lossless.delete(attachment)
    attachment.dispose()
    const { keep } = attachment
    if (keep !== undefined && how === 'lost') this.#places.keep(keep.as, attachment.acked, keep.ms)
    this.rebalance()
    this.#letGo()
    return true
  }

  /** Output has come from a flow: `buffer` from `start` to `end`, with room for a packet's header in front of `start`. */
  output(flow: OutputFlow, channel: OutputChannel, buffer: Buffer, start: number, end: number): void {
    this.#liveOffset = this.log.end
    const bytes = buffer.subarray(start, end)
    this.log.append(channel, bytes)
    this.#follower?.arrived(bytes)
    const isWanted = this.#attachments.size > 0 || this.#places.size > 0 || this.#follower !== undefined
    if (isWanted) {
      writeDataHeader(buffer, start, this.handle, channel, this.#liveOffset, end - start)
      this.#live = buffer.subarray(start - DATA_HEADER, end)
      try {
        this.#pumpAll()
      } finally {
        // Its memory is another process's a moment later.
        this.#live = undefined
      }
      this.rebalance()
    }
    // More is read when this has been sent: what the daemon cannot carry must not become a gap of clients that could.
    const { turn } = this
    if (isWanted && turn.over) flow.yieldUntil(channel, (readOn) => turn.afterWaiting(readOn))
    else if (this.#lossless.size === 0 && this.#places.size === 0) this.#pace(flow, channel, bytes.length)
  }

  /** A run began or ended here. */
  border(border: RunBorder): void {
    this.borders.add(border)
    this.#pumpAll()
  }

  /** Nothing more will come on a channel. */
  endChannel(channel: OutputChannel): void {
    this.log.endChannel(channel)
    this.#pumpAll()
  }

  /** A run has ended, with its output: attachments that were to last for it are over here. */
  runEnded(state: KnownState): void {
    this.#endAll(['run'], state)
  }

  /** It runs again, or will. */
  unrest(): void {
    this.#rest = undefined
  }

  /** The process has come to rest, with all its output. */
  rest(state: KnownState): void {
    this.#rest = state
    this.#endAll(['run', 'rest'], state)
  }

  #endAll(lasting: readonly Lasting[], state: KnownState): void {
    const offset = this.log.end
    for (const attachment of Array.from(this.#attachments)) {
      if (!lasting.includes(attachment.until)) continue
      attachment.endsAt({ offset, state })
      attachment.pump()
    }
    // Those that last longer are told of the end of a channel, or of a border.
    this.#pumpAll()
  }

  /** From now on it waits for no client: one that falls behind gets a gap, although it is lossless. */
  release(): void {
    this.#released = true
    this.rebalance()
  }

  /** Gives up all kept places, and keeps none from now on; nor output, once the clients that still read it have gone. */
  forget(): void {
    this.#forgotten = true
    this.#places.dispose()
    if (this.#rest !== undefined) this.#endAll(['removed'], this.#rest)
    this.rebalance()
    this.#letGo()
  }

  packetAt(offset: number, max: number): Uint8Array {
    if (this.#live !== undefined && offset === this.#liveOffset && this.#live.length - DATA_HEADER <= max)
      return this.#live
    const { channel, bytes } = this.log.read(offset, max)
    return this.#ports.packetBuffer.packet(this.handle, channel, offset, bytes)
  }

  progressed(): void {
    if (this.#held) this.rebalance()
  }

  awaitsOutput(attachment: Attached, awaits: boolean): void {
    if (awaits) this.#awaiting = including(this.#awaiting, attachment)
    else this.#awaiting.delete(attachment)
  }

  /** Makes the process wait, or lets it go on. */
  rebalance(): void {
    let hold = this.#places.holdFrom
    for (const attachment of this.#lossless) hold = Math.min(hold, attachment.holdFrom)
    this.#heldByClients = !this.#released && !this.#hasRoom(hold)
    // The follower is not given up by `release`: it never waits for others, and always gets on.
    const held = this.#heldByClients || !this.#hasRoom(this.#follower?.holdFrom ?? Number.POSITIVE_INFINITY)
    if (held === this.#held) return
    this.#held = held
    for (const flow of [this.#flow, ...this.#earlier]) {
      if (held) flow?.pause()
      else flow?.resume()
    }
  }

  /** Whether one more read leaves everything from this offset on in the log. */
  #hasRoom(offset: number): boolean {
    return offset === Number.POSITIVE_INFINITY || this.log.roomFrom(offset) >= (this.#flow?.readMax ?? 0)
  }

  /** Pauses a flood now and then, so that one whose every byte nobody asked for cannot starve the others. */
  #pace(flow: OutputFlow, channel: OutputChannel, bytes: number): void {
    this.#sincePause += bytes
    if (this.#sincePause < PACE_BYTES) return
    this.#sincePause = 0
    flow.yieldUntil(channel, (readOn) => this.#ports.clock.after(PACE_MS, readOn))
  }

  #letGo(): void {
    if (this.#forgotten && this.#attachments.size === 0) this.log.release()
  }

  #pumpAll(): void {
    for (const attachment of this.#awaiting) attachment.pump()
  }
}
