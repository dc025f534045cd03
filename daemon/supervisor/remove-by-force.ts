// Removes a process whatever it does: SIGKILL to all of it, and it is forgotten when it has ended, or when what is left of it can't
// be killed.

import type { Process } from '../process/process.ts'

/** @returns gives up waiting; it is killed, and not forgotten */
export function removeByForce(
  process: Process,
  table: { remove(process: Process): void },
  removed: () => void,
): () => void {
  // A client that does not read must not keep what somebody wants gone.
  process.release()
  process.life.stop(0)
  return process.whenEnded(() => {
    table.remove(process)
    removed()
  })
}
