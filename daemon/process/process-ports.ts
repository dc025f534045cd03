// What a process needs of the daemon.

import type { Bounds } from '../memory/bounds.ts'
import type { OutputPorts } from '../output/output-ports.ts'
import type { ScreenServices } from '../screen/screen-services.ts'
import type { State } from './life-model.ts'
import type { LifePorts } from './life-ports.ts'

/** @typeParam P the process itself, as its callbacks tell of it */
export interface ProcessPorts<P> extends OutputPorts, LifePorts {
  readonly clock: OutputPorts['clock']
  readonly bounds: Pick<Bounds, 'input' | 'output'>
  readonly screens: ScreenServices
  /** The state, or what is wanted, changed; it was in that state before. */
  readonly onState: (process: P, before: State) => void
  /** A line of its output matches a pattern that is to be reported. */
  readonly onMatched: (process: P, match: string, line: string) => void
  /** Measures the bytes that it has with all its descendants; undefined: they could not be seen. The returned function takes it back. */
  readonly measureMemory: (handle: number, callback: (bytes: number | undefined) => void) => () => void
  /** The process has ended and so has its output. */
  readonly onEnded: (process: P) => void
  /** There is no client left that may come back for the output. */
  readonly onIdle: (process: P) => void
}
