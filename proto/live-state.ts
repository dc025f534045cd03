// Which states of a process mean that it runs, and which that it has come to rest. The only place that decides it.

import type {
  ExitedState,
  FailedState,
  KilledState,
  ProcessState,
  RunningState,
  StartingState,
  StoppedState,
  StoppingState,
  UnknownEnd,
  UnknownState,
} from './types.ts'

/** The state of a process with a run under way. It has a pid, except for moments at its beginning and at its end. */
export type LiveState = StartingState | RunningState | StoppingState
/** The state of a process that will not run again by itself. */
export type EndedState = ExitedState | KilledState | FailedState | StoppedState
/** The last state that an attachment tells of, as far as this version understands it. */
export type FinalState = EndedState | UnknownState

/** Whether a run of a process in this state is under way. */
export const isLive = (state: ProcessState): state is LiveState =>
  state.kind === 'running' || state.kind === 'starting' || state.kind === 'stopping'

/** Whether a process in this state will not run again by itself. */
export const isEnded = (state: ProcessState): state is EndedState =>
  state.kind === 'exited' || state.kind === 'killed' || state.kind === 'failed' || state.kind === 'stopped'

/** How a run ended: with an exit code, by a signal, or in a way that only a newer daemon knows. */
export type KnownEnd = ExitedState | KilledState | UnknownEnd | UnknownState

/** How the last run of a process at rest ended; undefined: it has had none, or it could not begin. */
export function endOf(state: FinalState): KnownEnd | undefined {
  if (state.kind !== 'failed' && state.kind !== 'stopped') return state
  return state.last?.kind === 'not started' ? undefined : state.last
}
