// Learns of every death below the daemon. Two kinds of children die: processes that are watched (their status is told), and
// orphans that the kernel handed to us as the subreaper (reaped and counted, so that no zombie stays). The daemon starts no
// children through Node: they would count as orphans here, and Node would never learn of their end. One turn of the event
// loop does a bounded amount of work.

import type { EndedChild, Kernel } from '../kernel.ts'
import { CLD_DUMPED, CLD_EXITED, errnoName, errnos, PR_SET_CHILD_SUBREAPER } from '../kernel.ts'
import { signalName } from './signals.ts'

/** How a process ended, as wait(2) tells. */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly coreDumped: boolean }

export interface ReaperOptions {
  /** Called after a sweep that has reaped something, with the orphans that were handed to us among it. */
  readonly onSwept?: (orphans: readonly number[]) => void
  /** Called with a sentence when something works less well than it should. */
  readonly onWarning?: (message: string) => void
  /** Calls back again and again until the returned function is called. Default: an unref'd setInterval. */
  readonly every?: (periodMs: number, callback: () => void) => () => void
}

/** Deaths handled in one turn, so that a mass death does not hold up everything else. */
const DEATHS_PER_TURN = 256
/** A safety net under SIGCHLD: a child that dies during an exec of the daemon raises none. */
const SWEEP_PERIOD_MS = 10_000

export class Reaper {
  readonly #kernel: Kernel
  readonly #options: ReaperOptions
  readonly #watched = new Map<number, (status: ExitStatus) => void>()
  #reaped = 0
  #sweptOrphans: number[] = []
  #orphansReaped = 0
  #scheduled: NodeJS.Immediate | undefined
  #stopPeriod: (() => void) | undefined
  readonly #onSigchld = (): void => this.#schedule()

  constructor(kernel: Kernel, options: ReaperOptions = {}) {
    this.#kernel = kernel
    this.#options = options
  }

  /** How many orphans have been reaped. */
  get orphansReaped(): number {
    return this.#orphansReaped
  }

  /**
   * Begins: orphans come to this process from now on, and deaths are noticed. Children that have died already are told
   * of in the next turn, so those taken over from before an exec can be watched first.
   */
  start(): void {
    if (this.#stopPeriod) return
    const adopted = this.#kernel.prctl(PR_SET_CHILD_SUBREAPER, 1)
    if (adopted < 0) {
      const errno = errnoName(adopted)
      this.#options.onWarning?.(`cannot become the reaper of orphans (${errno}); they go to init, and are not counted`)
    }
    process.on('SIGCHLD', this.#onSigchld)
    this.#stopPeriod = (this.#options.every ?? everyUnref)(SWEEP_PERIOD_MS, this.#onSigchld)
    this.#schedule()
  }

  /** Ends: from now on nothing is reaped or told. Idempotent. */
  stop(): void {
    process.off('SIGCHLD', this.#onSigchld)
    this.#stopPeriod?.()
    this.#stopPeriod = undefined
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
  }

  /** Whether it is watched, and has not ended. */
  watches(pid: number): boolean {
    return this.#watched.has(pid)
  }

  /** Tells once how this child ended. To be called in the same turn as its spawn. */
  watch(pid: number, onEnded: (status: ExitStatus) => void): void {
    this.#watched.set(pid, onEnded)
  }

  /**
   * Reaps what has ended, up to a limit; the rest follows in the next turn. An exception of a callback comes out of
   * here, and costs no other child its report.
   */
  sweep(): void {
    let again = true
    const before = this.#reaped
    this.#sweptOrphans = []
    try {
      again = this.#sweepUpTo(DEATHS_PER_TURN)
    } finally {
      if (again) this.#schedule()
      if (this.#reaped > before) this.#options.onSwept?.(this.#sweptOrphans)
    }
  }

  /** Returns whether there may be more. */
  #sweepUpTo(limit: number): boolean {
    for (let deaths = 0; deaths < limit; deaths++) {
      const ended = this.#kernel.peekEnded()
      if (typeof ended === 'number') {
        if (ended === -errnos.EINTR) continue
        if (ended < 0 && ended !== -errnos.ECHILD) {
          this.#options.onWarning?.(`cannot look for ended children (${errnoName(ended)})`)
        }
        return false
      }
      this.#reap(ended.pid)
    }
    return true
  }

  /** Reaps one child that has ended, and tells of it. */
  #reap(pid: number): void {
    const ended = this.#kernel.reap(pid)
    // ECHILD: reaped between the look at it and now.
    if (typeof ended === 'number') return
    this.#reaped++
    const onEnded = this.#watched.get(pid)
    if (onEnded === undefined) {
      this.#orphansReaped++
      this.#sweptOrphans.push(pid)
      return
    }
    this.#watched.delete(pid)
    onEnded(exitStatus(ended))
  }

  /** Signals coalesce, and so do sweeps: any number of SIGCHLD in one turn makes one. */
  #schedule(): void {
    if (!this.#stopPeriod) return
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.sweep()
    })
  }
}

/** The status in words, from what waitid tells. */
function exitStatus(ended: EndedChild): ExitStatus {
  if (ended.code === CLD_EXITED) return { kind: 'exited', code: ended.status }
  return { kind: 'killed', signal: signalName(ended.status), coreDumped: ended.code === CLD_DUMPED }
}

function everyUnref(periodMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, periodMs).unref()
  return () => clearInterval(timer)
}
