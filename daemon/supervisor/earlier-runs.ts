// What the runs of an earlier daemon have left, which was killed: ended before a process runs again, so that no two runs of it
// overlap. First with SIGTERM, after a while with SIGKILL. They are nobody's children of ours, so they are looked at again and again.

import type { Kernel } from '../linux/kernel.ts'
import { killTree } from '../linux/tree/kill-tree.ts'
import type { OldRun, OldRuns } from '../linux/tree/old-runs.ts'
import type { Clock } from '../loop/clock.ts'

const SIGTERM = 15
const SIGCONT = 18
const LOOK_MS = 100
/** Given up so long after SIGKILL: what is left hangs in the kernel. It is looked at all the same, now and then. */
const KILLED_MS = 5_000
const LOOK_LATER_MS = 2_000

/** One process, and how long what it has left may take to end. */
export interface Earlier extends OldRun {
  readonly waitMs: number
}

interface Left {
  readonly earlier: Earlier
  /** Its processes, and when each began. */
  members: ReadonlyMap<number, string | undefined>
  killAt: number
  killed: boolean
  hopeless: boolean
  readonly waiters: Set<() => void>
}

export interface EarlierRunsPorts {
  readonly kernel: Kernel
  readonly oldRuns: Pick<OldRuns, 'find' | 'startTimeOf'>
  readonly clock: Clock
  readonly log: { info(message: string): void; warning(message: string): void }
}

export class EarlierRuns {
  readonly #ports: EarlierRunsPorts
  readonly #left = new Map<string, Left>()
  #cancel: (() => void) | undefined

  constructor(ports: EarlierRunsPorts) {
    this.#ports = ports
  }

  /** Ends what is left of the runs of these processes. */
  end(processes: ReadonlyMap<string, Earlier>): void {
    const { oldRuns, clock, log, kernel } = this.#ports
    for (const [id, pids] of oldRuns.find(processes)) {
      const earlier = processes.get(id)
      if (earlier === undefined) continue
      const members = this.#withTimes(pids)
      const killAt = clock.now() + earlier.waitMs
      this.#left.set(id, { earlier, members, killAt, killed: false, hopeless: false, waiters: new Set() })
      log.info(`"${id}": ending what is left of its run under an earlier daemon (${pidsText(pids)})`)
      for (const pid of pids) {
        kernel.kill(pid, SIGTERM)
        // What is stopped takes no signal.
        kernel.kill(pid, SIGCONT)
      }
    }
    this.#later()
  }

  /** Calls back when nothing of this process is left; false: nothing is, and it is not called. */
  whenGone(id: string, callback: () => void): boolean {
    const left = this.#left.get(id)
    left?.waiters.add(callback)
    return left !== undefined
  }

  /** Nothing is looked at any more. */
  dispose(): void {
    this.#cancel?.()
    this.#left.clear()
  }

  #later(): void {
    if (this.#left.size === 0) return
    const isHopeful = Array.from(this.#left.values()).some(({ hopeless }) => !hopeless)
    this.#cancel = this.#ports.clock.after(isHopeful ? LOOK_MS : LOOK_LATER_MS, () => this.#look())
  }

  #look(): void {
    const now = this.#ports.clock.now()
    const gone = new Map<string, Earlier>()
    for (const [id, left] of this.#left) {
      left.members = new Map(Array.from(left.members).filter(([pid, time]) => this.#lives(pid, time)))
      if (left.members.size === 0) gone.set(id, left.earlier)
      else if (now >= left.killAt) this.#kill(id, left, now)
    }
    // Only what seems to be gone is looked for everywhere: it may have made others meanwhile.
    const found = this.#ports.oldRuns.find(gone)
    for (const id of gone.keys()) {
      const left = this.#left.get(id)
      const pids = found.get(id)
      if (left === undefined) continue
      if (pids === undefined) this.#gone(id, left)
      else left.members = this.#withTimes(pids)
    }
    this.#later()
  }

  #kill(id: string, left: Left, now: number): void {
    const { kernel, oldRuns, log } = this.#ports
    if (left.killed && !left.hopeless) {
      left.hopeless = true
      log.warning(
        `"${id}": SIGKILL did not end what is left of its earlier run (${pidsText([...left.members.keys()])})`,
      )
    }
    const one = new Map([[id, left.earlier]])
    const look = () => (oldRuns.find(one).get(id) ?? []).map((pid) => ({ pid }))
    killTree(kernel, look)
    left.killed = true
    left.killAt = now + KILLED_MS
  }

  #gone(id: string, { waiters }: Left): void {
    this.#left.delete(id)
    this.#ports.log.info(`"${id}": nothing is left of its earlier run`)
    for (const waiter of waiters) waiter()
  }

  #withTimes(pids: readonly number[]): Map<number, string | undefined> {
    return new Map(pids.map((pid) => [pid, this.#ports.oldRuns.startTimeOf(pid)]))
  }

  #lives(pid: number, time: string | undefined): boolean {
    return time !== undefined && this.#ports.oldRuns.startTimeOf(pid) === time
  }
}

function pidsText(pids: readonly number[]): string {
  return `pid ${pids.slice(0, 10).join(', ')}${pids.length > 10 ? ', …' : ''}`
}
