// Which states of a process mean that it runs, and which that it has ended. The only place that decides it.

import type { ProcessState } from './protocol.ts'

/** The state of a process that runs; it has a pid. */
export type LiveState = Extract<ProcessState, { kind: 'running' | 'stopping' }>
/** How a process ended: `exited` with a code, or `killed` by a signal. */
export type ExitedState = Extract<ProcessState, { kind: 'exited' | 'killed' }>

/** A state that only a newer daemon knows. The process may run, or not: do not guess. */
export type UnknownState = Extract<ProcessState, { kind: 'unknown' }>
/** The last state of a process: how it ended, as far as this version understands it. */
export type FinalState = ExitedState | UnknownState

/** Whether a process in this state runs. */
export const isLive = (state: ProcessState): state is LiveState => state.kind === 'running' || state.kind === 'stopping'

/** Whether a process in this state has ended. */
export const isEnded = (state: ProcessState): state is ExitedState => state.kind === 'exited' || state.kind === 'killed'
