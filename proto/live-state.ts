// Which states of a process mean that it runs, and which that it has ended. The only place that decides it.

import type { ExitedState, KilledState, ProcessState, RunningState, StoppingState, UnknownState } from './types.ts'

/** The state of a process that runs; it has a pid. */
export type LiveState = RunningState | StoppingState
/** How a process ended: `exited` with a code, or `killed` by a signal. */
export type EndedState = ExitedState | KilledState
/** The last state of a process: how it ended, as far as this version understands it. */
export type FinalState = EndedState | UnknownState

/** Whether a process in this state runs. */
export const isLive = (state: ProcessState): state is LiveState => state.kind === 'running' || state.kind === 'stopping'

/** Whether a process in this state has ended. */
export const isEnded = (state: ProcessState): state is EndedState => state.kind === 'exited' || state.kind === 'killed'
