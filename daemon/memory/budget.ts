// A number of bytes that many may hold together. Invariant: what each holds up to the budget's share it is never refused
// because of others; beyond that, all of them together hold no more than the limit.

export class Budget {
  /** Bytes held by all together, apart from what is within a share. */
  readonly limit: number
  /** Bytes that each may hold, whatever others do. */
  readonly share: number
  #used = 0
  /** One for all accounts: there are thousands. */
  readonly #change = (bytes: number): void => {
    this.#used += bytes
  }
  #whenShort: () => void = () => {}

  constructor(limit: number, share: number) {
    this.limit = limit
    this.share = share
  }

  /** Bytes held at present. */
  get used(): number {
    return this.#used
  }

  /** For one who will hold some of it. */
  account(): Account {
    return new Account(this, this.#change)
  }

  /** Whether one who holds nothing yet could hold so much, if `freed` bytes were given back first. */
  hasRoom(bytes: number, freed = 0): boolean {
    return bytes <= this.share || this.#used - freed + bytes <= this.limit
  }

  /** Called each time somebody is refused: whoever can do without some of it may give it back, later. */
  whenShort(callback: () => void): void {
    this.#whenShort = callback
  }

  /** Tells that somebody was refused. */
  short(): void {
    this.#whenShort()
  }
}

/** What one holder has of a budget. */
export class Account {
  readonly #budget: Budget
  readonly #change: (bytes: number) => void
  #held = 0

  /** Made by {@link Budget.account}. */
  constructor(budget: Budget, change: (bytes: number) => void) {
    this.#budget = budget
    this.#change = change
  }

  get held(): number {
    return this.#held
  }

  /** Holds so many bytes from now on, in place of what it held. False, and nothing is changed, if there is no room. */
  hold(bytes: number): boolean {
    const more = bytes - this.#held
    if (more > 0 && bytes > this.#budget.share && this.#budget.used + more > this.#budget.limit) {
      this.#budget.short()
      return false
    }
    this.#held = bytes
    this.#change(more)
    return true
  }

  /** Holds nothing any more. Idempotent. */
  close(): void {
    this.hold(0)
  }
}
