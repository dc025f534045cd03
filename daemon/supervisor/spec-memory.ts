// The memory that is taken by how processes were started: their arguments, variables and labels are kept as long as they are.
// Invariant: all of it is within its budget.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Account, Budget } from '../memory/budget.ts'
import { weightOfMap, weightOfTexts } from '../memory/weight.ts'

/** Whose spec is kept. */
interface Started {
  readonly spec: ProcessSpec
}

export class SpecMemory<T extends Started> {
  readonly #budget: Budget
  readonly #accounts = new Map<T, Account>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /**
   * Those of the candidates, from the first on, that must go before one more can be kept.
   *
   * @throws NetdaemonError LIMIT if it would not be enough if all of them went
   */
  outgoing(spec: ProcessSpec, candidates: Iterable<T>): T[] {
    const weight = weightOf(spec)
    const outgoing: T[] = []
    let freed = 0
    if (this.#budget.hasRoom(weight)) return outgoing
    for (const candidate of candidates) {
      outgoing.push(candidate)
      freed += this.#accounts.get(candidate)?.held ?? 0
      if (this.#budget.hasRoom(weight, freed)) return outgoing
    }
    const { limit, used } = this.#budget
    throw new NetdaemonError(
      'LIMIT',
      `cannot start "${spec.command}": its arguments, variables and labels take ${weight} bytes, and those of all processes ${used} of ${limit} already; remove some, or start the daemon with a larger heap (NODE_OPTIONS=--max-old-space-size=…)`,
    )
  }

  /** It is kept from now on. */
  add(started: T): void {
    const account = this.#budget.account()
    account.hold(weightOf(started.spec))
    this.#accounts.set(started, account)
  }

  /** It is kept no more. */
  delete(started: T): void {
    this.#accounts.get(started)?.close()
    this.#accounts.delete(started)
  }
}

/** The labels twice: the summary that is kept encoded has them too. */
function weightOf({ command, args, env, labels }: ProcessSpec): number {
  return weightOfTexts([command]) + weightOfTexts(args) + weightOfMap(env.set) + 2 * weightOfMap(labels)
}
