// The rules that a process lives by, made of its spec. A new spec holds for what begins from then on: a start or a stop that is under
// way goes on as it began.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Program } from '../run/launcher.ts'
import type { StopStep } from '../run/stop-sequence.ts'
import type { LifeSpec, State } from './life-model.ts'
import { isSupervised, lifeSpecOf, stopSteps } from './life-spec.ts'
import { checkPatterns } from './probes.ts'

export class Rules {
  /** What its next run executes. */
  program: Program
  life: LifeSpec
  steps: readonly StopStep[]
  supervised: boolean
  #next: ProcessSpec | undefined

  readonly #problem: () => string | undefined

  /**
   * @param problem what was found to be wrong with the newest run
   * @throws NetdaemonError BAD_REQUEST for a signal that there is not
   */
  constructor(program: Program, problem: () => string | undefined) {
    const { spec } = program
    this.#problem = problem
    this.program = program
    this.life = lifeSpecOf(spec, problem)
    this.steps = stopSteps(spec)
    this.supervised = isSupervised(spec)
  }

  /** Another spec. @throws NetdaemonError BAD_REQUEST for a signal or a pattern that there is not */
  respecify(program: Program): void {
    // Thrown before anything is changed.
    lifeSpecOf(program.spec, this.#problem)
    checkPatterns(program.spec)
    this.program = program
    this.#next = program.spec
  }

  /** Lives by the newest spec, if the state allows it; answers whether that is another than before. */
  take({ kind }: State): boolean {
    const spec = this.#next
    if (spec === undefined || kind === 'starting' || kind === 'stopping') return false
    this.#next = undefined
    this.life = lifeSpecOf(spec, this.#problem)
    this.steps = stopSteps(spec)
    this.supervised = isSupervised(spec)
    return true
  }
}
