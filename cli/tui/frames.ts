// When the screen is drawn: at once after a key, and otherwise at most once a frame, however much happens.

import { FRAME_MS } from './remote/reading-pace.ts'

export class Frames {
  readonly #draw: () => void
  readonly #isBusy: () => boolean
  #drawnAt = Number.NEGATIVE_INFINITY
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param isBusy the terminal has not taken the last frame: the next one waits, and is not queued behind it */
  constructor(draw: () => void, isBusy: () => boolean) {
    this.#draw = draw
    this.#isBusy = isBusy
  }

  /** Something was typed: all that came together makes one frame. */
  now(): void {
    this.#immediate ??= setImmediate(() => this.#frame())
  }

  /** Something has changed. */
  soon(): void {
    if (this.#immediate !== undefined || this.#timer !== undefined) return
    const waitMs = this.#drawnAt + FRAME_MS - performance.now()
    this.#timer = setTimeout(() => this.#frame(), Math.max(0, waitMs))
  }

  stop(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
  }

  #frame(): void {
    this.stop()
    this.#drawnAt = performance.now()
    if (this.#isBusy()) this.soon()
    else this.#draw()
  }
}
