// Work that can wait, done in slices between everything else. Each piece of work does one slice and goes to the end of the
// line; one turn of the event loop does slices for 2 ms at most, or one slice.

/** What one turn of the event loop may take. */
const TURN_NS = 2_000_000n

/** Does a slice of its work; answers whether there is more. */
export type Slice = () => boolean

export class Slices {
  readonly #waiting = new Set<Slice>()
  #scheduled = false

  /** Has slices done until one says that there is no more. It may be asked for again at any time. */
  add(slice: Slice): void {
    this.#waiting.add(slice)
    this.#schedule()
  }

  /** No more slices are done. */
  delete(slice: Slice): void {
    this.#waiting.delete(slice)
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      try {
        this.#turn()
      } finally {
        this.#schedule()
      }
    })
  }

  #turn(): void {
    const begun = process.hrtime.bigint()
    for (const slice of [...this.#waiting]) {
      this.#waiting.delete(slice)
      // After what waits already: others have their turn first.
      if (slice()) this.#waiting.add(slice)
      if (process.hrtime.bigint() - begun >= TURN_NS) return
    }
  }
}
