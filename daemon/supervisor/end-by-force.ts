// Ends a process whatever it does, for it to be removed: SIGKILL to all of it.

import type { Process } from '../process/process.ts'

/**
 * @param ended called when it has ended, or when what is left of it can't be killed
 * @returns gives up waiting; it is killed all the same
 */
export function endByForce(process: Process, ended: () => void): () => void {
  // A client that does not read must not keep what somebody wants gone.
  process.release()
  process.life.stop(0)
  return process.whenEnded(ended)
}
