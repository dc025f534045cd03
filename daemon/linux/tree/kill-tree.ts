// Ends a tree for certain, also one that makes new processes while it is being killed: all that is found is stopped
// (SIGSTOP) until nothing new is found, and only then killed; then it is looked at again. Bounded: a tree that grows faster
// than it can be stopped is killed as it is, round after round.

import type { Kernel } from '../kernel.ts'
import type { TreeMember } from './process-tree.ts'

const SIGKILL = 9
const SIGSTOP = 19
/** Looks in one call, at most. */
const ROUNDS = 16

/**
 * Sends SIGKILL to every process of a tree.
 *
 * @param look finds the members that live now
 * @returns how many were sent it
 */
export function killTree(kernel: Kernel, look: () => readonly Pick<TreeMember, 'pid'>[]): number {
  const stopped = new Set<number>()
  let members = look()
  for (let round = 0; round < ROUNDS && members.some(({ pid }) => !stopped.has(pid)); round++) {
    for (const { pid } of members) {
      if (stopped.has(pid)) continue
      stopped.add(pid)
      kernel.kill(pid, SIGSTOP)
    }
    members = look()
  }
  for (const { pid } of members) kernel.kill(pid, SIGKILL)
  return members.length
}
