// What stops a program and lets it go on: SIGTSTP, which is Ctrl-Z, SIGTTIN and SIGTTOU. What has to be done before ndctl stops, and
// when it goes on. Without it the signal's default action would stop ndctl in the middle of things.

import { constants } from 'node:os'
import type { Clock } from '../clock.ts'
import { openSignalActions } from './signal-actions.ts'

/** Signals that stop a program. */
export type StopSignal = 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU'

/** What stops and goes on. */
export interface Suspended {
  /**
   * Before ndctl stops. It is stopped after that, or after a while, whatever comes of it, unless the answer is false: then it
   * goes on as if nothing had been.
   */
  before(signal: StopSignal): Promise<boolean>
  /** It goes on. @param stopped false: it was stopped by a signal that no program is told of */
  after(stopped: boolean): void
}

/** What it needs of this process; tests replace it. */
export interface StoppableSelf {
  on(signal: StopSignal | 'SIGCONT', listener: () => void): unknown
  removeListener(signal: StopSignal | 'SIGCONT', listener: () => void): unknown
  /** Stops this process; returns when it goes on, or at once if nobody could make it go on (an orphaned process group). */
  stop(signal: StopSignal): void
  /** See `SignalActions`. */
  catchOnce(signal: StopSignal): void
}

function self(): StoppableSelf {
  const actions = openSignalActions()
  return {
    on: (signal, listener) => process.on(signal, listener),
    removeListener: (signal, listener) => process.removeListener(signal, listener),
    stop: (signal) => void process.kill(process.pid, signal),
    catchOnce: (signal) => actions.catchOnce(constants.signals[signal]),
  }
}

/** How long a daemon that does not answer may keep us from stopping. */
const PATIENCE_MS = 1000

export class Suspension implements Disposable {
  readonly #what: Suspended
  readonly #clock: Clock
  readonly #me: StoppableSelf
  readonly #listeners = new Map<StopSignal, () => void>()
  #stopping = false
  /** A SIGTTIN or SIGTTOU that has not been looked at yet. */
  #heard: StopSignal | undefined
  /** SIGCONT comes after the stop that is dealt with already. */
  #continuing = false
  readonly #onContinue = () => {
    if (!this.#continuing && !this.#stopping) this.#what.after(false)
    this.#continuing = false
    this.#heard = undefined
  }

  /**
   * @param signals those to be dealt with. SIGTTIN and SIGTTOU are also what the kernel sends a background job that uses its
   *   terminal, again and again until it has stopped: then nothing is done before, since nothing can be
   */
  constructor(what: Suspended, clock: Clock, signals: readonly StopSignal[] = ['SIGTSTP'], me: StoppableSelf = self()) {
    this.#what = what
    this.#clock = clock
    this.#me = me
    for (const signal of signals) {
      this.#listeners.set(signal, () => this.#hear(signal))
      this.#listen(signal)
    }
    me.on('SIGCONT', this.#onContinue)
  }

  [Symbol.dispose](): void {
    for (const signal of this.#listeners.keys()) this.#unlisten(signal)
    this.#me.removeListener('SIGCONT', this.#onContinue)
  }

  #hear(signal: StopSignal): void {
    if (signal === 'SIGTSTP') return void this.#stop(signal)
    // If the kernel has stopped us by the next one, the SIGCONT that let us go on is heard in the same turn.
    this.#heard = signal
    setImmediate(() => {
      this.#me.catchOnce(signal)
      if (this.#heard === signal) void this.#stop(signal)
      this.#heard = undefined
    })
  }

  async #stop(signal: StopSignal): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    const stops = await new Promise<boolean>((resolve) => {
      const giveUp = this.#clock.after(PATIENCE_MS, () => resolve(true))
      const ready = (stops?: boolean) => {
        giveUp()
        resolve(stops !== false)
      }
      this.#what.before(signal).then(ready, () => ready())
    })
    if (stops) {
      // Taking the listener away gives the signal its default action back.
      this.#unlisten(signal)
      this.#continuing = true
      this.#me.stop(signal)
      this.#listen(signal)
    }
    this.#stopping = false
    if (stops) this.#what.after(true)
  }

  #listen(signal: StopSignal): void {
    const listener = this.#listeners.get(signal)
    if (listener !== undefined) this.#me.on(signal, listener)
    if (signal !== 'SIGTSTP') this.#me.catchOnce(signal)
  }

  #unlisten(signal: StopSignal): void {
    const listener = this.#listeners.get(signal)
    if (listener !== undefined) this.#me.removeListener(signal, listener)
  }
}
