// How much of the time the output of processes may take: a small share of each frame, for all consoles together. The rest of
// it belongs to the keys and to drawing. What is not read meanwhile waits at the daemon, or becomes a gap.

/** Between one frame and the next. */
export const FRAME_MS = 50
/** Of that, reading may take so much. */
const READING_MS = 4

export class ReadingPace {
  #frameStart = 0
  #spentMs = 0
  #next: Promise<void> | undefined

  /** Something has been read, since `startedAt` (performance.now). Resolves when more may be. */
  async spent(startedAt: number): Promise<void> {
    const now = performance.now()
    if (now - this.#frameStart >= FRAME_MS) {
      this.#frameStart = now
      this.#spentMs = 0
    }
    this.#spentMs += now - startedAt
    if (this.#spentMs < READING_MS) return
    this.#next ??= new Promise((resolve) => {
      setTimeout(
        () => {
          this.#next = undefined
          resolve()
        },
        Math.max(1, FRAME_MS - (now - this.#frameStart)),
      )
    })
    await this.#next
  }
}
