// What a process can be, and how one state follows from another. Pure: no clock, no kernel.
//
//   running --stop--> stopping
//   running, stopping --died--> exited | killed
//
// `stopping` differs from `running` only in that the daemon has asked the process to end and may follow with SIGKILL.
// The end of the output is not a state: descendants may hold the pipes open after the death (see run.ts).

import { isLive, type LiveState } from '../../proto/live-state.ts'
import type { KnownState } from '../../proto/protocol.ts'
import type { ExitStatus } from '../linux/tree/reaper.ts'

export type Stimulus =
  | { readonly kind: 'stop'; readonly killAt: number | null }
  | { readonly kind: 'died'; readonly status: ExitStatus }

/**
 * The state after a stimulus.
 *
 * @param now milliseconds since 1970
 * @throws Error for a pair that cannot be: a bug
 */
export function next(state: KnownState, stimulus: Stimulus, now: number): KnownState {
  if (!isLive(state)) throw new Error(`internal error: ${stimulus.kind} while ${state.kind}`)
  switch (stimulus.kind) {
    case 'stop':
      return { kind: 'stopping', pid: state.pid, since: state.since, killAt: earlier(state, stimulus.killAt) }
    case 'died':
      return { ...stimulus.status, at: now }
  }
}

// A second stop may bring the deadline forward, never put it off.
function earlier(state: LiveState, killAt: number | null): number | null {
  if (state.kind === 'running' || state.killAt === null) return killAt
  return killAt === null ? state.killAt : Math.min(state.killAt, killAt)
}
