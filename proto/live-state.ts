// Which states of a process mean that it runs, and which that it has ended. The only place that decides it.

import type { ProcessState } from './protocol.ts'

/** The state of a process that runs; it has a pid. */
export type LiveState = Extract<ProcessState, { kind: 'running' | 'stopping' }>
/** How a process ended: `exited` with a code, or `killed` by a signal. */
export type ExitedState = Extract<ProcessState, { kind: 'exited' | 'killed' }>

/** Whether a process in this state runs. */
export const isLive = (state: ProcessState): state is LiveState => state.kind === 'running' || state.kind === 'stopping'

/** Whether a process in this state has ended. */
export const isEnded = (state: ProcessState): state is ExitedState => state.kind === 'exited' || state.kind === 'killed'
