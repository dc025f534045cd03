// Shares the daemon's one thread between output and everything else. One turn of the event loop sends a bounded amount of
// output; a sender that wants more waits in line for the next turn. So a request is answered after one such share, however
// many clients read and however much. Invariant: each sender in line has its turn before any other has a second one.

/** What one turn may send: about half a millisecond's work. */
const TURN_BYTES = 1024 * 1024
/** A small packet costs its system call. */
const PACKET_COST_MIN = 8 * 1024

/** A sender of output. */
interface Pumped {
  /** Sends what it may, asking {@link OutputTurn.take} before each packet. */
  pump(): void
}

export class OutputTurn {
  readonly #schedule: (callback: () => void) => void
  readonly #budget: number
  #left: number
  readonly #waiting = new Set<Pumped>()
  #scheduled = false

  /** @param schedule runs something when everything else that is ready has had its turn */
  constructor(schedule: (callback: () => void) => void = setImmediate, budget: number = TURN_BYTES) {
    this.#schedule = schedule
    this.#budget = budget
    this.#left = budget
  }

  /** Nothing more is sent in this turn. */
  get over(): boolean {
    return this.#left <= 0
  }

  /** Whether so many bytes may be sent now. If not, the sender is pumped in a later turn. */
  take(sender: Pumped, bytes: number): boolean {
    if (this.#left <= 0) {
      this.#waiting.add(sender)
      return false
    }
    this.#left -= Math.max(bytes, PACKET_COST_MIN)
    // Not for the first bytes: a keystroke must not cost a callback.
    if (this.#left < this.#budget / 2) this.#arrange()
    return true
  }

  /** Has it pumped in a later turn, once, however often that is asked for until then. */
  pumpLater(sender: Pumped): void {
    this.#waiting.add(sender)
    this.#arrange()
  }

  /** Calls back when all senders that are in line now have been pumped. */
  afterWaiting(callback: () => void): void {
    this.#waiting.add({ pump: callback })
    this.#arrange()
  }

  #arrange(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(() => this.#next())
  }

  #next(): void {
    this.#scheduled = false
    this.#left = this.#budget
    try {
      // A sender that is turned away again goes to the end of the line, so the next turn begins with those not reached.
      for (const sender of this.#waiting) {
        this.#waiting.delete(sender)
        sender.pump()
        if (this.over) break
      }
    } finally {
      // Even after a bug in one of them: the others must not wait for ever.
      if (this.#waiting.size > 0) this.#arrange()
    }
  }
}
