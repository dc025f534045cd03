// Carries out what lifecycle.ts decides: owns the model of one process, its one timer, and the order in which things are told.
// What an effect sets off is told after the effect, never inside of it. Invariant: the timer always stands at the deadline of
// the model, so that none is ever stale.

import type { Clock } from '../loop/clock.ts'
import { deadline, initialModel, type LifeSpec, type Model, type Stimulus } from './life-model.ts'
import { next } from './lifecycle.ts'

/** What is done to the process. Each may tell the life what has come of it. */
export interface LifeActs {
  /** Begins this run: `spawned` or `spawn failed` follows. */
  execute(run: number): void
  /** Carries out a step of its stop. */
  stopStep(step: number): void
  /** SIGKILL to all of it. */
  kill(): void
  /** Looks for what SIGKILL has left: `tree gone` or `survivors` follows. */
  lookForSurvivors(): void
  /** The model has another state than before. */
  changed(before: Model): void
}

export class Life {
  #spec: LifeSpec
  readonly #acts: LifeActs
  readonly #clock: Clock
  readonly #told: Stimulus[] = []
  #model: Model
  #busy = false
  #timerAt: number | undefined
  #cancelTimer: (() => void) | undefined
  #disposed = false

  /** @param model how it stands already; absent: it is not wanted yet */
  constructor(spec: LifeSpec, acts: LifeActs, clock: Clock, model: Model = initialModel(clock.now())) {
    this.#spec = spec
    this.#acts = acts
    this.#clock = clock
    this.#model = model
  }

  get model(): Model {
    return this.#model
  }

  /** Lives by this from now on. Not while it is starting or stopping: that goes on by the spec that it began with. */
  respecify(spec: LifeSpec): void {
    this.#spec = spec
  }

  /** Something has happened. What follows has been done when this returns, unless it was told by an effect. */
  tell(stimulus: Stimulus): void {
    if (this.#disposed) return
    this.#told.push(stimulus)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let told = this.#told.shift(); told !== undefined; told = this.#told.shift()) this.#follow(told)
    } finally {
      this.#busy = false
      this.#arm()
    }
  }

  /** Nothing happens by itself any more. */
  dispose(): void {
    this.#disposed = true
    this.#cancelTimer?.()
  }

  #follow(stimulus: Stimulus): void {
    const before = this.#model
    const { model, effects } = next(before, stimulus, this.#clock.now(), this.#spec)
    this.#model = model
    if (model.state !== before.state || model.wanted !== before.wanted) this.#acts.changed(before)
    for (const effect of effects) {
      switch (effect.kind) {
        case 'execute':
          this.#acts.execute(effect.run)
          break
        case 'stop step':
          this.#acts.stopStep(effect.step)
          break
        case 'kill':
          this.#acts.kill()
          break
        case 'look for survivors':
          this.#acts.lookForSurvivors()
      }
    }
  }

  #arm(): void {
    const at = this.#disposed ? undefined : deadline(this.#model)
    if (at === this.#timerAt) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer =
      at === undefined
        ? undefined
        : this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
            this.#timerAt = undefined
            this.tell({ kind: 'due' })
          })
  }
}
