// How a process has lived under an earlier daemon.

import type { Model } from './life-model.ts'
import type { EndedRun } from './run-history.ts'

export interface Past {
  readonly model: Model
  /** How its last runs ended, the newest last. */
  readonly ends: readonly EndedRun[]
  /** When its first run began, in milliseconds since 1970. */
  readonly startedAt: number
}
