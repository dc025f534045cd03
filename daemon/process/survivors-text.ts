// What SIGKILL has left, in a sentence.

import type { TreeMember } from '../linux/tree/process-tree.ts'

/** Survivors named. */
const NAMED_MAX = 5

export function survivorsText(members: readonly TreeMember[]): string {
  const named = members
    .slice(0, NAMED_MAX)
    .map(({ pid, name, state, uid }) => `${pid} (${name}, user ${uid}, ${stateText(state)})`)
  const more = members.length > NAMED_MAX ? `, and ${members.length - NAMED_MAX} more` : ''
  return `SIGKILL did not end ${named.join(', ')}${more}`
}

function stateText(state: string): string {
  return state === 'D' ? 'waits in the kernel' : `state ${state}`
}
