// What happened to processes, daemon-wide: a bounded history of events with sequence numbers, and feeds that follow it.
// A feed never makes the history wait: one that falls off its end is told which numbers it missed.

import type { KnownEvent, KnownState } from '../../proto/protocol.ts'

/** An event that has a number: all except the gap, which only a feed makes. */
export type NumberedEvent = Exclude<KnownEvent, { kind: 'gap' }>

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
  readonly #capacity: number
  #events: NumberedEvent[] = []
  #seq = 0
  readonly #feeds = new Set<EventFeed>()

  constructor(instance: string, capacity = 4096) {
    this.instance = instance
    this.#capacity = capacity
  }

  /** The number of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq
  }

  record(kind: NumberedEvent['kind'], subject: EventSubject, at: number): void {
    this.#seq += 1
    this.#events.push({
      kind,
      seq: this.#seq,
      at,
      id: subject.id,
      handle: subject.handle,
      ...(subject.name === undefined ? {} : { name: subject.name }),
      labels: subject.labels,
      state: subject.state,
    })
    // Dropped in halves: a shift for each event would move the whole list each time.
    if (this.#events.length >= 2 * this.#capacity) this.#events = this.#events.slice(this.#capacity)
    for (const feed of this.#feeds) feed.pump()
  }

  /** The event after number `seq`, or the gap before the oldest one kept; undefined if there is none yet. */
  after(seq: number): KnownEvent | undefined {
    if (seq >= this.#seq) return undefined
    const oldest = this.#seq - this.#events.length + 1
    if (seq + 1 < oldest) return { kind: 'gap', from: seq + 1, to: oldest - 1 }
    return this.#events[seq + 1 - oldest]
  }

  /**
   * Follows the events after `since`. A position in another run's events can't be found again: the feed then begins
   * with a gap of unknown length and all that is kept.
   *
   * @param take is handed events in order as long as it answers true; after false, call {@link EventFeed.pump}
   */
  follow(
    since: { readonly instance: string; readonly seq: number } | undefined,
    take: (event: KnownEvent) => boolean,
  ): EventFeed {
    const known = since === undefined || (since.instance === this.instance && since.seq <= this.#seq)
    const feed = new EventFeed(this, known ? (since?.seq ?? this.#seq) : 0, !known, take)
    this.#feeds.add(feed)
    return feed
  }

  unfollow(feed: EventFeed): void {
    this.#feeds.delete(feed)
  }
}

/** One follower's place in the event log. */
export class EventFeed {
  readonly #log: EventLog
  readonly #take: (event: KnownEvent) => boolean
  #seq: number
  #lost: boolean
  #ready = true

  constructor(log: EventLog, seq: number, lost: boolean, take: (event: KnownEvent) => boolean) {
    this.#log = log
    this.#seq = seq
    this.#lost = lost
    this.#take = take
  }

  /** The follower takes events again. */
  resume(): void {
    this.#ready = true
    this.pump()
  }

  /** Hands over what there is, as far as it is taken. */
  pump(): void {
    if (this.#lost && this.#ready) {
      this.#lost = false
      this.#ready = this.#take({ kind: 'gap', from: 0, to: 0 })
    }
    while (this.#ready) {
      const event = this.#log.after(this.#seq)
      if (event === undefined) return
      this.#seq = event.kind === 'gap' ? event.to : event.seq
      this.#ready = this.#take(event)
    }
  }

  close(): void {
    this.#log.unfollow(this)
  }
}
