// Which event tells that a process has come to another state.

import type { KnownState } from '../../proto/protocol.ts'

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
