// Shares the daemon's one thread among the requests of its clients. In one turn of the event loop only so much time goes to
// requests; those that must wait are carried out in the next turns, first those of clients that have had the least. So a
// client whose requests take long waits for them itself. What counts is what a program has used, over all its connections, those
// too that it has closed: connecting anew gains nothing. Invariant: the requests of one client are carried out in their order, because
// it is not read while one of them waits.

import { monotonicMs } from '../../proto/monotonic.ts'

/** What the requests of one turn may take, if no single one takes longer. In milliseconds. */
const TURN_MS = 1
/** A longer packet may hold much, so it always waits until those that wait already have had their turn. */
export const SMALL_BYTES = 8 * 1024
/** What a client has used counts half after so many milliseconds. */
const HALF_LIFE_MS = 1000

/** Programs whose use is remembered, at most, if all of them have used something lately. */
const REMEMBERED_MAX = 4096
/** Less than this is forgotten, and so is who has used it. In milliseconds. */
const NEGLIGIBLE_MS = 0.01

/** One client's part of the time, or what several have in common. */
export class RequestShare {
  readonly #program: RequestShare | undefined
  #usedMs = 0
  #at = 0

  /** @param program what it has in common with other clients, and where its use counts then */
  constructor(program?: RequestShare) {
    this.#program = program
  }

  /** Milliseconds of requests, of which earlier ones count less. */
  usedMs(now: number): number {
    if (this.#program !== undefined) return this.#program.usedMs(now)
    return this.#usedMs * 0.5 ** ((now - this.#at) / HALF_LIFE_MS)
  }

  /** A request of this client has taken so long. */
  charge(tookMs: number, now: number): void {
    if (this.#program !== undefined) {
      this.#program.charge(tookMs, now)
      return
    }
    this.#usedMs = this.usedMs(now) + tookMs
    this.#at = now
  }
}

export class RequestTurn {
  readonly #schedule: (callback: () => void) => void
  readonly #now: () => number
  readonly #waiting = new Map<RequestShare, () => void>()
  /** By their pids, those that have come last at the end. */
  readonly #programs = new Map<number, RequestShare>()
  #spentMs = 0
  #scheduled = false

  /**
   * @param schedule runs something in the next turn of the event loop
   * @param now a clock in milliseconds and fractions of them
   */
  constructor(schedule: (callback: () => void) => void = setImmediate, now: () => number = monotonicMs) {
    this.#schedule = schedule
    this.#now = now
  }

  /**
   * The share of a new client.
   *
   * @param pid the program that it belongs to; undefined if that is not known: then its use is its own
   */
  share(pid?: number): RequestShare {
    if (pid === undefined) return new RequestShare()
    const program = this.#programs.get(pid) ?? new RequestShare()
    this.#programs.delete(pid)
    if (this.#programs.size >= REMEMBERED_MAX) this.#forgetSome()
    this.#programs.set(pid, program)
    return new RequestShare(program)
  }

  /** Whether a request of so many bytes may be carried out at once. */
  mayRun(bytes: number): boolean {
    return this.#spentMs < TURN_MS && bytes <= SMALL_BYTES && this.#waiting.size === 0
  }

  /** Carries out a request now, at this client's cost. */
  run(share: RequestShare, request: () => void): void {
    const begun = this.#now()
    try {
      request()
    } finally {
      const now = this.#now()
      share.charge(now - begun, now)
      this.#spentMs += now - begun
      // Not for each: most requests take some microseconds, and a turn ends by itself.
      if (this.#spentMs >= TURN_MS / 2) this.#arrange()
    }
  }

  /** Carries it out in a later turn. One request of a client at a time. */
  later(share: RequestShare, request: () => void): void {
    this.#waiting.set(share, request)
    this.#arrange()
  }

  /** The client has gone: its request is not carried out. */
  giveUp(share: RequestShare): void {
    this.#waiting.delete(share)
  }

  #arrange(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(() => this.#next())
  }

  #next(): void {
    this.#scheduled = false
    this.#spentMs = 0
    try {
      while (this.#spentMs < TURN_MS) {
        const share = this.#leastUsed()
        const request = share === undefined ? undefined : this.#waiting.get(share)
        if (share === undefined || request === undefined) return
        this.#waiting.delete(share)
        this.run(share, request)
      }
    } finally {
      if (this.#waiting.size > 0) this.#arrange()
    }
  }

  /** Half of them at least, so that it costs little for each: those that have used next to nothing, and then those that came first. */
  #forgetSome(): void {
    const now = this.#now()
    for (const [pid, program] of this.#programs) if (program.usedMs(now) < NEGLIGIBLE_MS) this.#programs.delete(pid)
    for (const pid of this.#programs.keys()) {
      if (this.#programs.size <= REMEMBERED_MAX / 2) return
      this.#programs.delete(pid)
    }
  }

  #leastUsed(): RequestShare | undefined {
    const now = this.#now()
    let least: RequestShare | undefined
    let leastMs = Number.POSITIVE_INFINITY
    for (const share of this.#waiting.keys()) {
      const usedMs = share.usedMs(now)
      if (usedMs >= leastMs) continue
      least = share
      leastMs = usedMs
    }
    return least
  }
}
