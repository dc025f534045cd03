// The graceful end of everything: SIGTERM (and SIGHUP to those on a terminal, because shells ignore the other), a deadline,
// SIGKILL, and an account of what it took. A process is gone when its whole tree is dead and its output is over.

import { isLive } from '../../proto/live-state.ts'
import type { Result } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { Process } from '../process/process.ts'
import type { RunTree } from '../run/run-tree.ts'
import type { Leftover } from './leftovers.ts'

const SIGHUP = 1
const SIGTERM = 15
/** What is not gone so long after SIGKILL hangs in the kernel, or its output is held: it is left. */
const GONE_DEADLINE_MS = 2_000
/** How often to look for the rest of a tree: nobody tells of the death of somebody else's child. */
const LOOK_MS = 50
/** Survivors named in the answer. */
const NAMED_MAX = 100

export interface StopAll {
  /** Answers when all are gone, or can't be ended. */
  readonly done: Promise<Result<'SHUTDOWN'>>
  /** SIGKILL now. */
  hurry(): void
  /** SIGKILL no later than so long from now; a later time than was stated before changes nothing. */
  hurryAfter(timeoutMs: number): void
}

/** One tree that is to be gone, and its process if its main one lives. */
interface Target {
  readonly id: string
  readonly tree: RunTree
  readonly process: Process | undefined
}

const lives = ({ process }: Target): boolean => process !== undefined && !process.ended

/** Asks all processes to end, and what ended ones have left; kills those that have not after `timeoutMs`. */
export function stopAll(
  processes: Iterable<Process>,
  timeoutMs: number,
  clock: Clock,
  leftovers: Iterable<Leftover> = [],
): StopAll {
  const targets: Target[] = Array.from(leftovers, ({ id, tree }) => ({ id, tree, process: undefined }))
  for (const process of processes) {
    if (!process.ended) targets.push({ id: process.id, tree: process.tree, process })
  }
  const waitingFor = new Set(targets)
  /** Those of them whose main process has ended: nobody tells when the rest of their trees does. */
  const lingering = new Set<Target>()
  const isGone = (target: Target, orphans: readonly number[]) =>
    !lives(target) && target.tree.members(orphans).length === 0
  const lookForOrphans = () => targets[0]?.tree.orphans() ?? []
  const needKill = new Set<Target>()
  let resolve: (result: Result<'SHUTDOWN'>) => void = () => {}
  const done = new Promise<Result<'SHUTDOWN'>>((settle) => {
    resolve = settle
  })
  let cancelTimer = () => {}
  let cancelLook = () => {}
  let hurryAt = Number.POSITIVE_INFINITY

  const finish = () => {
    cancelTimer()
    cancelLook()
    const orphans = lookForOrphans()
    const left = targets.filter((target) => !isGone(target, orphans))
    const survivors = left.flatMap(({ id, tree }) =>
      tree.members().map(({ pid, name, state, uid }) => ({ id, pid, name, state, uid })),
    )
    const killed = Array.from(needKill).filter((target) => !left.includes(target)).length
    const ended = targets.length - left.length - killed
    const named = survivors.length === 0 ? {} : { survivors: survivors.slice(0, NAMED_MAX) }
    resolve({ ended, killed, left: left.length, ...named })
  }
  const check = (target: Target, orphans: readonly number[]) => {
    if (lives(target)) return
    if (isGone(target, orphans)) waitingFor.delete(target)
    if (waitingFor.has(target)) lingering.add(target)
    else lingering.delete(target)
  }
  const goOn = () => {
    cancelLook()
    if (waitingFor.size === 0) finish()
    else if (lingering.size > 0) cancelLook = clock.after(LOOK_MS, look)
  }
  const look = () => {
    const orphans = lookForOrphans()
    for (const target of lingering) check(target, orphans)
    goOn()
  }
  let isSoon = false
  /** Many end in one turn: one look serves for all of them. */
  const lookSoon = () => {
    if (isSoon) return
    isSoon = true
    setImmediate(() => {
      isSoon = false
      look()
    })
  }
  const hurry = () => {
    // A further call must not put the deadline off.
    if (hurryAt === Number.NEGATIVE_INFINITY) return
    hurryAt = Number.NEGATIVE_INFINITY
    cancelTimer()
    cancelTimer = clock.after(GONE_DEADLINE_MS, finish)
    for (const target of waitingFor) {
      // A client that has not read the output by now is not waited for.
      target.process?.release()
      if (kill(target)) needKill.add(target)
    }
    look()
  }
  const hurryAfter = (delayMs: number) => {
    const at = clock.now() + delayMs
    if (at >= hurryAt) return
    hurryAt = at
    cancelTimer()
    cancelTimer = clock.after(delayMs, hurry)
  }

  if (targets.length > 0) hurryAfter(timeoutMs)
  const orphans = lookForOrphans()
  for (const target of targets) {
    const { process, tree } = target
    if (process !== undefined && isLive(process.state)) {
      process.stopping(clock.now() + timeoutMs)
      tree.signal(SIGTERM, orphans)
      // What it would get if the terminal were closed, which is about to happen. A shell passes it on to its jobs.
      if (process.terminal !== undefined) signal(process, SIGHUP)
    } else {
      tree.signal(SIGTERM, orphans)
    }
    if (process === undefined) lingering.add(target)
    else {
      process.whenEnded(() => {
        lingering.add(target)
        lookSoon()
      })
    }
  }
  if (targets.length === 0 || lingering.size > 0) look()
  return { done, hurry, hurryAfter }
}

/** Answers whether there was anything to kill. */
function kill({ process, tree }: Target): boolean {
  const isAlive = process !== undefined && isLive(process.state)
  return tree.kill() > 0 || isAlive
}

function signal(process: Process, number: number): void {
  try {
    process.kill(number, 'group')
  } catch {
    // EPERM: it changed its user, and we may not. It is counted as left.
  }
}
