// The graceful end of all processes: SIGTERM, a deadline, SIGKILL, and a count of what it took.

import type { Result } from '../proto/protocol.ts'
import type { Clock } from './clock.ts'
import type { Process } from './process.ts'
import { isLive } from './process-state.ts'

const SIGTERM = 15
const SIGKILL = 9
/** What is not gone so long after SIGKILL hangs in the kernel, or its output is held: it is left. */
const GONE_DEADLINE_MS = 2_000

export interface StopAll {
  /** Answers when all are gone, or can't be ended. */
  readonly done: Promise<Result<'SHUTDOWN'>>
  /** SIGKILL now. */
  hurry(): void
}

/** Asks all processes to end, and kills those that have not after `timeoutMs`. */
export function stopAll(processes: Iterable<Process>, timeoutMs: number, clock: Clock): StopAll {
  const targets = Array.from(processes).filter((process) => !process.ended)
  const needKill = new Set<Process>()
  let resolve: (result: Result<'SHUTDOWN'>) => void = () => {}
  const done = new Promise<Result<'SHUTDOWN'>>((settle) => {
    resolve = settle
  })
  let cancelTimer = () => {}

  const finish = () => {
    cancelTimer()
    const left = targets.filter(({ state }) => isLive(state)).length
    const killed = Array.from(needKill).filter(({ state }) => !isLive(state)).length
    resolve({ ended: targets.length - left - killed, killed, left })
  }
  let hurried = false
  const hurry = () => {
    // A further call must not put the deadline off.
    if (hurried) return
    hurried = true
    cancelTimer()
    cancelTimer = clock.after(GONE_DEADLINE_MS, finish)
    for (const target of targets) {
      // A client that has not read the output by now is not waited for.
      target.release()
      if (!isLive(target.state)) continue
      needKill.add(target)
      signal(target, SIGKILL)
    }
  }

  let waitingFor = targets.length
  cancelTimer = clock.after(timeoutMs, hurry)
  for (const target of targets) {
    if (isLive(target.state)) {
      target.stopping(clock.now() + timeoutMs)
      signal(target, SIGTERM)
    }
    target.whenEnded(() => {
      waitingFor -= 1
      if (waitingFor === 0) finish()
    })
  }
  if (targets.length === 0) finish()
  return { done, hurry }
}

function signal(process: Process, number: number): void {
  try {
    process.kill(number, 'group')
  } catch {
    // EPERM: it changed its user, and we may not. It is counted as left.
  }
}
