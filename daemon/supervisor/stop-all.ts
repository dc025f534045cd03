// The graceful end of everything: each process is stopped as its spec says, with SIGKILL to what is left after a deadline, and an
// account of what it took. A process is gone when its whole tree is dead and its output has come. Beside them there are the trees
// that processes left behind which have been forgotten since.

import type { Result } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { Process } from '../process/process.ts'
import type { RunTree } from '../run/run-tree.ts'
import type { Leftover } from './leftovers.ts'

const SIGTERM = 15
/** What is not gone so long after SIGKILL, while nothing else goes, hangs in the kernel, or its output is held: it is left. */
const GONE_DEADLINE_MS = 2_000
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

/** One that is to be gone. */
interface Target {
  readonly id: string
  /** Asks it to end, with SIGKILL after so long. */
  stop(killAfterMs: number): void
  /** Waits for no client of it. */
  release(): void
  /** Calls back, once, when it is gone. */
  whenGone(callback: () => void): void
  isGone(): boolean
  /** Whether it took SIGKILL. */
  wasKilled(): boolean
  tree(): RunTree | undefined
}

/** Tells of the end of trees whose process has been forgotten. */
interface TreeWatch {
  whenGone(tree: RunTree, callback: () => void, look?: () => void): void
}

export interface StopPorts {
  readonly watch: TreeWatch
  /** Asks processes to end, those that need others before them, with SIGKILL after so long. */
  readonly stop: (processes: readonly Process[], killAfterMs: number) => void
}

/** Asks all processes to end, and what forgotten ones have left; kills those that have not after `timeoutMs`. */
export function stopAll(
  processes: Iterable<Process>,
  timeoutMs: number,
  clock: Clock,
  leftovers: readonly Leftover[],
  { watch, stop }: StopPorts,
): StopAll {
  const stopped = Array.from(processes).filter((process) => !process.ended || process.survivors.length > 0)
  const targets = stopped.map(processTarget)
  const trees = new Set(targets.map((target) => target.tree()))
  for (const { id, tree } of leftovers) if (!trees.has(tree)) targets.push(treeTarget(id, tree, watch))
  const waitingFor = new Set(targets)
  let resolve: (result: Result<'SHUTDOWN'>) => void = () => {}
  const done = new Promise<Result<'SHUTDOWN'>>((settle) => {
    resolve = settle
  })
  let cancelTimer = () => {}
  let hurryAt = Number.POSITIVE_INFINITY

  const finish = () => {
    cancelTimer()
    const left = targets.filter((target) => !target.isGone())
    const killed = targets.filter((target) => target.isGone() && target.wasKilled()).length
    const ended = targets.length - left.length - killed
    const survivors = survivorsOf(left)
    const named = survivors.length === 0 ? {} : { survivors }
    resolve({ ended, killed, left: left.length, ...named })
  }
  // From the last that has gone on: of thousands, the kernel and the daemon do not get through all at once.
  const finishLater = () => {
    cancelTimer()
    cancelTimer = clock.after(GONE_DEADLINE_MS, finish)
  }
  const hurry = () => {
    // A further call must not put the deadline off.
    if (hurryAt === Number.NEGATIVE_INFINITY) return
    hurryAt = Number.NEGATIVE_INFINITY
    finishLater()
    for (const target of waitingFor) {
      // A client that has not read the output by now is not waited for.
      target.release()
      target.stop(0)
    }
  }
  const hurryAfter = (delayMs: number) => {
    const at = clock.now() + delayMs
    if (at >= hurryAt) return
    hurryAt = at
    cancelTimer()
    cancelTimer = clock.after(delayMs, hurry)
  }

  hurryAfter(timeoutMs)
  stop(stopped, timeoutMs)
  for (const target of targets.slice(stopped.length)) target.stop(timeoutMs)
  for (const target of targets) {
    target.whenGone(() => {
      waitingFor.delete(target)
      if (waitingFor.size === 0) finish()
      else if (hurryAt === Number.NEGATIVE_INFINITY) finishLater()
    })
  }
  if (targets.length === 0) finish()
  return { done, hurry, hurryAfter }
}

/** Some of what lives of these. */
function survivorsOf(left: readonly Target[]): NonNullable<Result<'SHUTDOWN'>['survivors']> {
  const survivors: NonNullable<Result<'SHUTDOWN'>['survivors']> = []
  for (const target of left) {
    for (const { pid, name, state, uid } of target.tree()?.members() ?? []) {
      if (survivors.length === NAMED_MAX) return survivors
      survivors.push({ id: target.id, pid, name, state, uid })
    }
  }
  return survivors
}

function processTarget(process: Process): Target {
  const isGone = () => process.ended && process.survivors.length === 0
  let killed = false
  return {
    id: process.id,
    stop: (killAfterMs) => process.life.stop(killAfterMs),
    release: () => process.release(),
    whenGone: (callback) => {
      let told = false
      let cancelWatch = () => {}
      const look = () => {
        killed ||= process.life.killed
        if (told || !isGone()) return
        told = true
        cancelWatch()
        callback()
      }
      // The state tells of its tree, and the end of its output.
      cancelWatch = process.life.watch(() => {
        killed ||= process.life.killed
        if (process.ended) look()
      })
      process.whenEnded(look)
    },
    isGone,
    wasKilled: () => killed || process.life.killed,
    tree: () => process.tree,
  }
}

function treeTarget(id: string, tree: RunTree, watch: TreeWatch): Target {
  let gone = false
  let killed = false
  const kill = () => tree.kill({ again: true }) > 0
  watch.whenGone(tree, () => {
    gone = true
  })
  return {
    id,
    stop: (killAfterMs) => {
      if (killAfterMs > 0) tree.signal(SIGTERM)
      else killed = kill()
    },
    release: () => {},
    // What the kill has missed comes to light when something of it dies.
    whenGone: (callback) => watch.whenGone(tree, callback, () => void (killed && kill())),
    isGone: () => gone,
    wasKilled: () => killed,
    tree: () => tree,
  }
}
