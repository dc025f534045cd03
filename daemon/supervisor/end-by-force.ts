// Ends a process whatever it does, for it to be removed: SIGKILL to all of it. If that does not end it, or a later request wants it to
// run, that is told instead.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Process } from '../process/process.ts'
import { type ForgetPorts, forgetProcess } from './forget-process.ts'
import { outcomeOfForce, superseded } from './outcome.ts'

/**
 * @param ended called once: when it has ended, or with why it has not
 * @returns gives up waiting; it is killed all the same
 */
export function endByForce(
  process: Process,
  dependencies: { kill(process: Process): void },
  ended: (error: NetdaemonError | undefined) => void,
): () => void {
  let over = false
  const cancels: (() => void)[] = []
  const stop = () => {
    over = true
    for (const cancel of cancels.splice(0)) cancel()
  }
  const look = () => {
    const outcome = over ? undefined : outcomeOfForce(process)
    if (outcome === undefined) return
    stop()
    ended(outcome === 'done' ? undefined : outcome)
  }
  // A client that does not read must not keep what somebody wants gone.
  process.release()
  dependencies.kill(process)
  cancels.push(process.life.watch(look))
  // Its output may end after its state has changed for the last time.
  cancels.push(process.whenEnded(look))
  look()
  if (over) stop()
  return stop
}

/** As {@link forgetProcess}, of a process that has been ended by force. A request that has started it since wins. */
export function forgetEnded(
  process: Process,
  ports: ForgetPorts,
  done: (error: NetdaemonError | undefined) => void,
): void {
  const told = (error: NetdaemonError | undefined) =>
    done(error?.code === 'STILL_RUNNING' ? superseded(process, 'started') : error)
  try {
    forgetProcess(process, ports, told)
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    told(error)
  }
}
