// A hint for a person who started a program without a terminal that wants one, as a shell or an interpreter: with a pipe for its
// input it shows no prompt. What it waits for can't be seen from here, so the hint goes by what a person sees: nothing.

import type { Clock } from '../clock.ts'

/** As long as that a program may take for its first word. */
const PATIENCE_MS = 2000

export class SilenceHint implements Disposable {
  readonly #clock: Clock
  readonly #isSilent: () => boolean
  readonly #hint: () => void
  #cancel: (() => void) | undefined

  /**
   * @param isSilent whether nothing has been written since the start
   * @param hint gives the hint; called once at most
   */
  constructor(clock: Clock, isSilent: () => boolean, hint: () => void) {
    this.#clock = clock
    this.#isSilent = isSilent
    this.#hint = hint
  }

  /** A person expects a word of it: they typed something, or started it with nothing to do. */
  expect(): void {
    this.#cancel ??= this.#clock.after(PATIENCE_MS, () => {
      if (this.#isSilent()) this.#hint()
    })
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
  }
}
