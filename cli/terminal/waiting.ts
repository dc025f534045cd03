// Tells a person what ndctl is waiting for when it takes a while: a line on the terminal that goes away again. Writes nothing to
// a pipe, a log, a terminal that can't draw, or one that another job has.

import { writeSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import { inForeground } from './foreground.ts'

/** What is over by then needs no words. */
const PATIENCE_MS = 300
const FRAME_MS = 100
const FRAMES = '-\\|/'
const ERASE = '\r\x1b[K'
/** Signals that end ndctl while it waits. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Takes the line away until it is drawn again: whoever writes something to the terminal meanwhile calls it first. */
export type Hide = () => void

/** Waits for the work; meanwhile shows the words, which are a clause like "waiting for web", and for how long. */
export async function waiting<T>(words: string, work: (hide: Hide) => Promise<T>): Promise<T> {
  const { isatty } = await import('node:tty')
  if (!isatty(2) || (process.env.TERM ?? 'dumb') === 'dumb') return await work(() => {})
  const line = new WaitingLine(words)
  try {
    return await work(() => line.hide())
  } finally {
    line.end()
  }
}

class WaitingLine {
  readonly #words: string
  readonly #begun = performance.now()
  readonly #timer: NodeJS.Timeout
  #frame = 0
  #isShown = false

  constructor(words: string) {
    this.#words = words
    this.#timer = setInterval(() => this.#draw(), FRAME_MS)
    for (const signal of ENDING) process.on(signal, this.#onSignal)
  }

  end(): void {
    clearInterval(this.#timer)
    for (const signal of ENDING) process.off(signal, this.#onSignal)
    this.hide()
  }

  hide(): void {
    if (this.#isShown && inForeground()) this.#write(ERASE)
    this.#isShown = false
  }

  #draw(): void {
    const elapsedMs = performance.now() - this.#begun
    if (elapsedMs < PATIENCE_MS || !inForeground()) return
    this.#isShown = true
    const sign = FRAMES.charAt(this.#frame++ % FRAMES.length)
    const text = `${sign} ${this.#words}, ${Math.floor(elapsedMs / 1000)} s`
    // A line that wrapped could not be erased.
    this.#write(ERASE + text.slice(0, Math.max(0, (process.stderr.columns || 80) - 1)))
  }

  /** What would have ended ndctl still does, without a half line before the prompt. */
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.end()
    process.kill(process.pid, signal)
  }

  #write(text: string): void {
    try {
      writeSync(2, text)
    } catch (error) {
      // It takes nothing now, or has gone for good (EIO): then there is nobody to draw for.
      if (errnoOf(error) === 'EIO') clearInterval(this.#timer)
    }
  }
}
