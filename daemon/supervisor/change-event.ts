// Whether and by which event clients are told that a process has come to another state.

import type { KnownState } from '../../proto/protocol.ts'
import type { State } from '../process/life-model.ts'

/** Not each change of a state is worth an event: its kind is, and its health. */
export function isToBeTold(before: State, state: State): boolean {
  if (state.kind !== before.kind) return true
  return state.kind === 'running' && before.kind === 'running' && state.health !== before.health
}

/** Undefined for an end: that is told when its output has come. */
export function changeEvent({ kind }: KnownState): 'stopping' | 'changed' | undefined {
  switch (kind) {
    case 'stopping':
      return 'stopping'
    case 'exited':
    case 'killed':
    case 'stopped':
    case 'failed':
      return undefined
    default:
      return 'changed'
  }
}
