// Where the runs of one process begin and end in its output, as attached clients are told. The newest are kept: a client that
// is too slow for a program that ends again and again without a word misses some, as the numbers of the runs tell.

import type { EventBody } from '../../proto/protocol.ts'

/** Kept of one process. */
const BORDERS_MAX = 512

type WithoutAddress<T> = T extends unknown ? Omit<T, 'attachment' | 'handle'> : never
/** What RUN says, except to whom. */
export type RunBorder = WithoutAddress<Exclude<EventBody<'RUN'>, { kind: 'unknown' }>>

export class RunBorders {
  #kept: RunBorder[] = []
  #forgotten = 0

  /** Counts all that have been added: the number that the next one gets. */
  get next(): number {
    return this.#forgotten + this.#kept.length
  }

  add(border: RunBorder): void {
    this.#kept.push(border)
    if (this.#kept.length <= BORDERS_MAX) return
    this.#kept.shift()
    this.#forgotten += 1
  }

  /** The border of this number, or the oldest after it that is kept, and its number. */
  from(number: number): { readonly number: number; readonly border: RunBorder } | undefined {
    const at = Math.max(0, number - this.#forgotten)
    const border = this.#kept[at]
    return border === undefined ? undefined : { number: this.#forgotten + at, border }
  }

  /** The number of the first that lies at this offset of the output, or after it. */
  firstAt(offset: number): number {
    let at = this.#kept.length
    while (at > 0 && (this.#kept[at - 1]?.offset ?? 0) >= offset) at -= 1
    return this.#forgotten + at
  }
}
