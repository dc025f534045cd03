// The graceful end of all processes: SIGTERM (and SIGHUP to those on a terminal, because shells ignore the other), a
// deadline, SIGKILL, and a count of what it took. A process is gone when it and
// all of its process group are dead, and its output is over.

import { isLive } from '../../proto/live-state.ts'
import type { Result } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { Process } from '../process/process.ts'

const SIGHUP = 1
const SIGTERM = 15
const SIGKILL = 9
/** What is not gone so long after SIGKILL hangs in the kernel, or its output is held: it is left. */
const GONE_DEADLINE_MS = 2_000
/** How often to look for the rest of a process group: nobody tells of the death of somebody else's child. */
const LOOK_MS = 50

export interface StopAll {
  /** Answers when all are gone, or can't be ended. */
  readonly done: Promise<Result<'SHUTDOWN'>>
  /** SIGKILL now. */
  hurry(): void
}

/** Asks all processes to end, and kills those that have not after `timeoutMs`. */
export function stopAll(processes: Iterable<Process>, timeoutMs: number, clock: Clock): StopAll {
  const targets = Array.from(processes).filter((process) => !process.ended || process.hasSurvivors)
  const waitingFor = new Set(targets)
  /** Those of them that have ended, with some of their group still alive. */
  const lingering = new Set<Process>()
  const needKill = new Set<Process>()
  let resolve: (result: Result<'SHUTDOWN'>) => void = () => {}
  const done = new Promise<Result<'SHUTDOWN'>>((settle) => {
    resolve = settle
  })
  let cancelTimer = () => {}
  let cancelLook = () => {}

  const finish = () => {
    cancelTimer()
    cancelLook()
    const left = targets.filter((target) => isLive(target.state) || target.hasSurvivors)
    const killed = Array.from(needKill).filter((target) => !left.includes(target)).length
    resolve({ ended: targets.length - left.length - killed, killed, left: left.length })
  }
  const check = (target: Process) => {
    if (target.hasSurvivors) lingering.add(target)
    else if (waitingFor.delete(target)) lingering.delete(target)
  }
  const goOn = () => {
    cancelLook()
    if (waitingFor.size === 0) finish()
    else if (lingering.size > 0) cancelLook = clock.after(LOOK_MS, look)
  }
  const look = () => {
    for (const target of lingering) check(target)
    goOn()
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
      if (isLive(target.state)) signal(target, SIGKILL)
      else if (target.hasSurvivors) target.killSurvivors()
      else continue
      needKill.add(target)
    }
  }

  cancelTimer = clock.after(timeoutMs, hurry)
  for (const target of targets) {
    if (isLive(target.state)) {
      target.stopping(clock.now() + timeoutMs)
      signal(target, SIGTERM)
      // What it would get if the terminal were closed, which is about to happen. A shell passes it on to its jobs.
      if (target.terminal !== undefined) signal(target, SIGHUP)
    }
    target.whenEnded(() => {
      check(target)
      goOn()
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
