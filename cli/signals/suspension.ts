// Ctrl-Z, or rather SIGTSTP: what has to be done before ndctl stops, and when it goes on. Without it the signal's default
// action would stop ndctl in the middle of things.

import type { Clock } from '../clock.ts'

/** What stops and goes on. */
export interface Suspended {
  /** Before ndctl stops. It is stopped after that, or after a while, whatever comes of it. */
  before(): Promise<void> | void
  /** It goes on. @param stopped false: it was stopped by a SIGSTOP, which no program is told of */
  after(stopped: boolean): void
}

/** What it needs of this process; tests replace it. */
export interface StoppableSelf {
  on(signal: 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown
  removeListener(signal: 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown
  /** Stops this process; returns when it goes on, or at once if nobody could make it go on (an orphaned process group). */
  stop(): void
}

const self: StoppableSelf = {
  on: (signal, listener) => process.on(signal, listener),
  removeListener: (signal, listener) => process.removeListener(signal, listener),
  stop: () => void process.kill(process.pid, 'SIGTSTP'),
}

/** How long a daemon that does not answer may keep us from stopping. */
const PATIENCE_MS = 1000

export class Suspension implements Disposable {
  readonly #what: Suspended
  readonly #clock: Clock
  readonly #me: StoppableSelf
  #stopping = false
  /** SIGCONT comes after the stop that is dealt with already. */
  #continuing = false
  readonly #onStop = () => void this.#stop()
  readonly #onContinue = () => {
    if (!this.#continuing && !this.#stopping) this.#what.after(false)
    this.#continuing = false
  }

  constructor(what: Suspended, clock: Clock, me: StoppableSelf = self) {
    this.#what = what
    this.#clock = clock
    this.#me = me
    me.on('SIGTSTP', this.#onStop)
    me.on('SIGCONT', this.#onContinue)
  }

  [Symbol.dispose](): void {
    this.#me.removeListener('SIGTSTP', this.#onStop)
    this.#me.removeListener('SIGCONT', this.#onContinue)
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    await new Promise<void>((resolve) => {
      const giveUp = this.#clock.after(PATIENCE_MS, resolve)
      const ready = () => {
        giveUp()
        resolve()
      }
      Promise.resolve(this.#what.before()).then(ready, ready)
    })
    // Taking the listener away gives the signal its default action back.
    this.#me.removeListener('SIGTSTP', this.#onStop)
    this.#continuing = true
    this.#me.stop()
    this.#me.on('SIGTSTP', this.#onStop)
    this.#stopping = false
    this.#what.after(true)
  }
}
