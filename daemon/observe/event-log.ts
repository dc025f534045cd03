// What happened to processes, daemon-wide: a bounded history of events with sequence numbers, and feeds that follow it.
// A feed never makes the history wait: one that falls off its end is told which numbers it missed.

import { encodeMessage } from '../../proto/codec/codec.ts'
import { events, type KnownEvent, type KnownState } from '../../proto/protocol.ts'
import type { OutputTurn } from '../loop/output-turn.ts'
import { weightOfMap, weightOfTexts } from '../memory/weight.ts'

/** What an event weighs beside its labels. */
const EVENT_BYTES = 300
/** Packets of the newest events that are kept, so that of a crowd of followers only the first costs an encoding. */
const ENCODED = 64
/** Events that have been forgotten are cut off the list in batches of this. */
const CUT_AT = 256

/** How many events are kept, and how much they weigh in V8's heap. */
export interface EventLimits {
  readonly count: number
  readonly bytes: number
}

/** An event that has a number: all except the gap, which only a feed makes. */
export type NumberedEvent = Exclude<KnownEvent, { kind: 'gap' }>

/** What happens to a process, and what is told of it beside the process itself. */
export type Happening =
  | { readonly kind: Exclude<NumberedEvent['kind'], 'matched'> }
  | Pick<Extract<NumberedEvent, { kind: 'matched' }>, 'kind' | 'match' | 'line'>

export interface EventSubject {
  readonly id: string
  readonly handle: number
  readonly name: string | undefined
  readonly labels: Record<string, string>
  readonly state: KnownState
}

export class EventLog {
  /** Identifies this run of the daemon. */
  readonly instance: string
  readonly #limits: EventLimits
  readonly #turn: OutputTurn
  /** Those from `#oldest` on are kept. */
  #events: NumberedEvent[] = []
  #oldest = 0
  #bytes = 0
  /** At the number of the event, counted round. */
  readonly #encoded: { seq: number; packet: Uint8Array }[] = []
  #seq = 0
  readonly #feeds = new Set<EventFeed>()
  readonly #onEvent: (event: NumberedEvent) => void

  /**
   * @param turn what followers are told has its part of the time of all output
   * @param onEvent is told of each event at once
   */
  constructor(
    instance: string,
    turn: OutputTurn,
    limits: EventLimits,
    onEvent: (event: NumberedEvent) => void = () => {},
  ) {
    this.instance = instance
    this.#turn = turn
    this.#limits = limits
    this.#onEvent = onEvent
  }

  /** The number of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq
  }

  /** What those that are kept weigh. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes what has happened to a process. */
  record(happening: Happening, subject: EventSubject, at: number): void {
    this.#seq += 1
    const event: NumberedEvent = {
      ...happening,
      seq: this.#seq,
      at,
      id: subject.id,
      handle: subject.handle,
      ...(subject.name === undefined ? {} : { name: subject.name }),
      labels: subject.labels,
      state: subject.state,
    }
    this.#events.push(event)
    this.#bytes += weightOf(event)
    this.#forgetOldest()
    this.#onEvent(event)
    for (const feed of this.#feeds) feed.pump()
  }

  /** The event after number `seq`, or the gap before the oldest one kept; undefined if there is none yet. */
  after(seq: number): KnownEvent | undefined {
    if (seq >= this.#seq) return undefined
    const first = this.#seq - this.#events.length + 1
    const oldest = first + this.#oldest
    if (seq + 1 < oldest) return { kind: 'gap', from: seq + 1, to: oldest - 1 }
    return this.#events[seq + 1 - first]
  }

  /** The packet that tells of an event. */
  packetOf(event: KnownEvent): Uint8Array {
    if (event.kind === 'gap') return encode(event)
    const { seq } = event
    const known = this.#encoded[seq % ENCODED]
    if (known?.seq === seq) return known.packet
    const packet = encode(event)
    this.#encoded[seq % ENCODED] = { seq, packet }
    return packet
  }

  #forgetOldest(): void {
    while (this.#events.length - this.#oldest > this.#limits.count || this.#bytes > this.#limits.bytes) {
      const oldest = this.#events[this.#oldest]
      if (oldest === undefined) break
      this.#bytes -= weightOf(oldest)
      this.#oldest += 1
    }
    // Not one by one: each time the whole list is moved.
    if (this.#oldest < CUT_AT && this.#oldest < this.#events.length) return
    this.#events = this.#events.slice(this.#oldest)
    this.#oldest = 0
  }

  /**
   * Follows the events after `since`. A position in another run's events can't be found again: the feed then begins
   * with a gap of unknown length and all that is kept.
   *
   * @param take is handed events in order as long as it answers true; after false, call {@link EventFeed.pump}
   */
  follow(since: { readonly instance: string; readonly seq: number } | undefined, take: TakeEvent): EventFeed {
    const known = since === undefined || (since.instance === this.instance && since.seq <= this.#seq)
    const feed = new EventFeed(this, this.#turn, known ? (since?.seq ?? this.#seq) : 0, !known, take)
    this.#feeds.add(feed)
    return feed
  }

  unfollow(feed: EventFeed): void {
    this.#feeds.delete(feed)
  }
}

function weightOf(event: NumberedEvent): number {
  const facts = event.kind === 'matched' ? [event.match, event.line] : []
  return EVENT_BYTES + weightOfMap(event.labels) + weightOfTexts(facts)
}

function encode(event: KnownEvent): Uint8Array {
  const [packet, ...more] = encodeMessage(events.EVENT.code, 0, event)
  if (packet === undefined || more.length > 0) throw new Error('internal error: an event is one packet')
  return packet
}

/** Is handed an event and the packet that tells of it; whether it takes more. */
type TakeEvent = (event: KnownEvent, packet: Uint8Array) => boolean

/** One follower's place in the event log. */
export class EventFeed {
  readonly #log: EventLog
  readonly #turn: OutputTurn
  readonly #take: TakeEvent
  #closed = false
  #seq: number
  #lost: boolean
  #ready = true

  constructor(log: EventLog, turn: OutputTurn, seq: number, lost: boolean, take: TakeEvent) {
    this.#log = log
    this.#turn = turn
    this.#seq = seq
    this.#lost = lost
    this.#take = take
  }

  /** The follower takes events again. */
  resume(): void {
    this.#ready = true
    this.pump()
  }

  /** Hands over what there is, as far as it is taken, and as far as there is time in this turn; the rest in later ones. */
  pump(): void {
    while (this.#ready && !this.#closed) {
      const event = this.#next()
      if (event === undefined || !this.#turn.take(this, 0)) return
      if (this.#lost) this.#lost = false
      else this.#seq = event.kind === 'gap' ? event.to : event.seq
      this.#ready = this.#take(event, this.#log.packetOf(event))
    }
  }

  #next(): KnownEvent | undefined {
    return this.#lost ? { kind: 'gap', from: 0, to: 0 } : this.#log.after(this.#seq)
  }

  close(): void {
    this.#closed = true
    this.#log.unfollow(this)
  }
}
