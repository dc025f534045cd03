// What the life of one process needs of its parts and of the daemon, and what it tells.

import type { Clock } from '../loop/clock.ts'
import type { Attachment } from '../output/attachment.ts'
import type { Broadcast } from '../output/broadcast.ts'
import type { Program } from '../run/launcher.ts'
import type { SharedTerminal } from '../screen/shared-terminal.ts'
import type { State } from './life-model.ts'
import type { ProcessInput } from './process-input.ts'
import type { CarePorts } from './run-care.ts'
import type { RunPorts } from './runs.ts'

/** What lives. */
export interface LivingParts {
  readonly program: Program
  readonly broadcast: Broadcast
  readonly input: ProcessInput<Attachment>
  readonly terminal: SharedTerminal | undefined
}

export interface LifePorts extends Omit<RunPorts<Attachment>, 'launcher'>, Omit<CarePorts, 'launcher'> {
  readonly clock: Clock
  readonly launcher: RunPorts<Attachment>['launcher'] & CarePorts['launcher']
}

/** What it tells. */
export interface LifeHost {
  /** The state, or what is wanted, is another. */
  readonly onState: (before: State) => void
  /** A line of its output matches a pattern that is to be reported. */
  readonly onMatched: (match: string, line: string) => void
  /** Measures the bytes that it has with all its descendants; undefined: they could not be seen. The returned function takes it back. */
  readonly measureMemory: (callback: (bytes: number | undefined) => void) => () => void
  /** It has come to rest, and all its output has come. */
  readonly onEnded: () => void
}
