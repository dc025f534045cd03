// Random numbers that a seed repeats.

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** At least 0 and below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** From `least` to `most`, small ones as likely as large ones are. */
  size(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.next())
  }

  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)] as T
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }
}
