// Tells a person about missing output. On a terminal the first gap is told at once, and what follows as a sum, at most one line a
// second; elsewhere each gap is told at its place.

import type { Clock } from '../clock.ts'
import { formatCount } from '../text/format.ts'

const QUIET_MS = 1000

export class GapNotices {
  readonly #say: (sentence: string) => void
  readonly #clock: Clock
  readonly #quietMs: number
  /** Gaps not told yet. */
  #missed = { bytes: 0, gaps: 0 }
  #cancel: (() => void) | undefined

  /** @param summing false: every gap is told by itself */
  constructor(say: (sentence: string) => void, clock: Clock, summing: boolean) {
    this.#say = say
    this.#clock = clock
    this.#quietMs = summing ? QUIET_MS : 0
  }

  gap(from: number, to: number): void {
    if (this.#cancel !== undefined) {
      this.#missed = { bytes: this.#missed.bytes + to - from, gaps: this.#missed.gaps + 1 }
      return
    }
    this.#say(gapSentence(from, to))
    if (this.#quietMs > 0) this.#beQuiet()
  }

  /** Tells what has not been told. */
  finish(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const { bytes, gaps } = this.#missed
    if (gaps === 0) return
    this.#missed = { bytes: 0, gaps: 0 }
    const where = gaps === 1 ? 'one place' : `${formatCount(gaps)} places`
    this.#say(`${formatCount(bytes)} more bytes of output are missing, in ${where}`)
  }

  #beQuiet(): void {
    this.#cancel = this.#clock.after(this.#quietMs, () => {
      const some = this.#missed.gaps > 0
      this.finish()
      if (some) this.#beQuiet()
    })
  }
}

export const gapSentence = (from: number, to: number): string =>
  `${formatCount(to - from)} bytes of output are missing here (offset ${formatCount(from)} to ${formatCount(to)})`
