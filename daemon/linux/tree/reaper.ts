// Learns of every death below the daemon. Three kinds of children die: processes that are watched (their status is
// told), children of libuv (left alone, so that Node can tell of them), and orphans that the kernel handed to us as the
// subreaper (reaped and counted, so that no zombie stays). Invariants: a pid is reaped only after its death was seen to
// be ours; never waitpid(-1), which would steal libuv's; one turn of the event loop does a bounded amount of work.

import { readFileSync } from 'node:fs'
import type { EndedChild, Kernel } from '../kernel.ts'
import { CLD_DUMPED, CLD_EXITED, errnoName, errnos, PR_SET_CHILD_SUBREAPER } from '../kernel.ts'

/** How a process ended. */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number; readonly coreDumped: boolean }

export interface ReaperOptions {
  /** Called for every orphan that was adopted and has ended. */
  readonly onOrphan?: (pid: number, status: ExitStatus) => void
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
  readonly #excluded = new Set<number>()
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

  /** Ends: nothing is reaped or told any more. Idempotent. */
  stop(): void {
    process.off('SIGCHLD', this.#onSigchld)
    this.#stopPeriod?.()
    this.#stopPeriod = undefined
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
  }

  /** Tells once how this child ended. To be called in the same turn as its spawn. */
  watch(pid: number, onEnded: (status: ExitStatus) => void): void {
    // Its pid may have been that of a child of Node's whose release is still on its way.
    this.#excluded.delete(pid)
    this.#watched.set(pid, onEnded)
  }

  /** Leaves this child to libuv (execa, node:child_process). To be called in the same turn as its spawn. */
  exclude(pid: number): void {
    this.#excluded.add(pid)
  }

  /** Ends {@link exclude}: to be called when Node has told of the child's exit, since its pid can come again. */
  release(pid: number): void {
    this.#excluded.delete(pid)
  }

  /**
   * Reaps what has ended, up to a limit; the rest follows in the next turn. An exception of a callback comes out of
   * here, and costs no other child its report.
   */
  sweep(): void {
    let again = true
    try {
      again = this.#sweepUpTo(DEATHS_PER_TURN)
    } finally {
      if (again) this.#schedule()
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
      // The kernel shows the same zombie until it is reaped, and this one isn't ours to reap. Others may be behind it.
      if (this.#excluded.has(ended.pid)) return this.#sweepBehind(limit - deaths)
      this.#reap(ended.pid)
    }
    return true
  }

  /**
   * Goes round a zombie of libuv's, which stays until libuv has handled its own SIGCHLD, by asking for each of the other
   * children. Costs one call a child, and is rare: libuv is mostly done by the time of a sweep.
   */
  #sweepBehind(limit: number): boolean {
    let deaths = 0
    for (const pid of new Set([...this.#watched.keys(), ...childrenOfThisProcess()])) {
      if (this.#excluded.has(pid)) continue
      if (deaths === limit) return true
      if (this.#reap(pid)) deaths++
    }
    return false
  }

  /** Reaps one child if it has ended, and tells of it. */
  #reap(pid: number): boolean {
    const ended = this.#kernel.reap(pid)
    // 0: still running. ECHILD: ended and reaped between the listing and now.
    if (typeof ended === 'number') return false
    const status = exitStatus(ended)
    const onEnded = this.#watched.get(pid)
    if (onEnded) {
      this.#watched.delete(pid)
      onEnded(status)
    } else {
      this.#orphansReaped++
      this.#options.onOrphan?.(pid, status)
    }
    return true
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
  return { kind: 'killed', signal: ended.status, coreDumped: ended.code === CLD_DUMPED }
}

/** Orphans are handed to the main thread, and spawns happen in it: its list is complete. */
function childrenOfThisProcess(): number[] {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    // ENOENT: a kernel without CONFIG_PROC_CHILDREN. Then orphans wait until libuv's zombie has gone.
    return []
  }
}

function everyUnref(periodMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, periodMs).unref()
  return () => clearInterval(timer)
}
