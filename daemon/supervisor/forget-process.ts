// Forgets a process: on disk first, so that it does not come back.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Process } from '../process/process.ts'
import type { KeptProcesses } from './kept-processes.ts'
import type { ProcessTable } from './process-table.ts'

export interface ForgetPorts {
  readonly processes: Pick<ProcessTable, 'remove' | 'checkRemovable'>
  readonly kept: Pick<KeptProcesses, 'forget' | 'keepOn'>
}

/**
 * Calls back, at once if it is not kept, with the error if it could not be forgotten.
 *
 * @throws NetdaemonError STILL_RUNNING
 */
export function forgetProcess(
  process: Process,
  { processes, kept }: ForgetPorts,
  done: (error: NetdaemonError | undefined) => void,
): void {
  processes.checkRemovable(process)
  kept.forget(process, (error) => {
    if (error !== undefined) {
      done(error)
      return
    }
    try {
      processes.remove(process)
    } catch (failure) {
      // Somebody has started it meanwhile.
      if (!(failure instanceof NetdaemonError)) throw failure
      kept.keepOn(process)
      done(failure)
      return
    }
    done(undefined)
  })
}
