// All processes of one run: finds them, signals them, and kills them for certain.

import { errnoOf } from '../../proto/errno.ts'
import type { Kernel } from '../linux/kernel.ts'
import { killTree } from '../linux/tree/kill-tree.ts'
import type { ProcessTree, TreeMember } from '../linux/tree/process-tree.ts'

export type { TreeMember }

/** The variable that marks what belongs to a run, for those that leave its session. */
export const RUN_VARIABLE = 'NETDAEMON_RUN'

const SIGKILL = 9
/** Looks again at a tree that keeps dying, at most. */
const ROUNDS = 8

type Look = () => readonly number[]

export interface RunTreePorts {
  readonly kernel: Kernel
  readonly processes: ProcessTree
  /** Whether a process is the main one of any run. */
  readonly isMain: (pid: number) => boolean
}

export class RunTree {
  /** The value of {@link RUN_VARIABLE} of its processes. */
  readonly mark: string
  readonly #ports: RunTreePorts
  readonly #pid: number
  #reaped = false
  /** Its main process, if that is not the one it was started with. */
  #heir: number | undefined
  /** Orphans that are its own. Most runs have none. */
  #adopted: Set<number> | undefined

  /** @param mark the value of {@link RUN_VARIABLE} in the environment that it was executed with */
  constructor(ports: RunTreePorts, pid: number, mark: string) {
    this.#ports = ports
    this.#pid = pid
    this.mark = mark
  }

  /** The main process has been reaped: what is found from now on has outlived it. */
  reaped(): void {
    this.#reaped = true
    this.#heir = undefined
  }

  /** The main process has been reaped, and this is to be it from now on. Whether it can be: it lives, as a child of the daemon. */
  inherit(heir: number): boolean {
    const { processes } = this.#ports
    try {
      const lineage = processes.lineage(heir)
      if (lineage.length !== 1 || !this.members().some(({ pid }) => pid === heir)) return false
    } catch (error) {
      if (!isShortage(error)) throw error
      return false
    }
    this.#reaped = true
    this.#heir = heir
    return true
  }

  /**
   * Those that live. None where /proc can't be read, which is logged at start. While the daemon has no file descriptor left to
   * look with, the main process alone, which is known without a look.
   *
   * @param orphans what {@link orphans} has answered a moment ago; absent: looked for anew
   * @param again looks for them anew
   */
  members(orphans?: readonly number[], again: Look = () => this.orphans()): TreeMember[] {
    // What most runs leave, which takes no look at anything.
    if (orphans?.length === 0 && this.#reaped && this.#heir === undefined && this.#adopted === undefined) return []
    try {
      const dead = new Set<number>()
      for (let round = 0, known = orphans; ; round++, known = undefined) {
        const { size } = dead
        const members = this.#look(known ?? again(), dead)
        // One that dies during the look hands its children to the daemon, where the list of orphans did not have them yet.
        if (dead.size === size || round === ROUNDS) return members
      }
    } catch (error) {
      if (!isShortage(error)) throw error
      return this.#reaped ? [] : [{ pid: this.#pid, name: '', state: 'R', uid: -1, group: this.#pid }]
    }
  }

  /** An orphan that nothing else tells of is its own from now on. */
  adopt(pid: number): void {
    this.#adopted ??= new Set()
    this.#adopted.add(pid)
  }

  /** This process has been reaped: its number may be another's from now on. Answers whether it was one of its own. */
  disown(pid: number): boolean {
    return this.#adopted?.delete(pid) ?? false
  }

  /** Whether this orphan is known to be its own. */
  has(pid: number): boolean {
    return this.#adopted?.has(pid) ?? false
  }

  /** The mark of the run that an orphan belongs to; null: nothing tells of it; undefined: not at this moment, since it is being executed. */
  markOf(pid: number): string | null | undefined {
    return this.#ports.processes.markOf(pid, RUN_VARIABLE)
  }

  /** The orphans of all runs, to look for the members of many. None while no file descriptor is left to look with. */
  orphans(): number[] {
    const { processes, isMain } = this.#ports
    return this.#orElse<number[]>([], () => processes.orphans(isMain))
  }

  #sharedOrphans(): readonly number[] {
    const { processes, isMain } = this.#ports
    return this.#orElse<readonly number[]>([], () => processes.sharedOrphans(isMain))
  }

  /** What a look gives; something else while no file descriptor is left to look with. */
  #orElse<T>(otherwise: T, look: () => T): T {
    try {
      return look()
    } catch (error) {
      if (!isShortage(error)) throw error
      return otherwise
    }
  }

  /**
   * Sends signals to each of them, each signal once and in this order; answers to whom. What is made meanwhile outside of the main
   * process's group may be missed.
   */
  signal(...signals: readonly number[]): TreeMember[] {
    const { kernel, processes, isMain } = this.#ports
    const recent = this.#orElse<readonly number[]>([], () => processes.recentOrphans(isMain))
    const members = this.members(recent, () => this.#sharedOrphans())
    for (const signal of signals) {
      // The group of the main process at once, so that none of it is missed that is made meanwhile.
      if (!this.#reaped) kernel.kill(-this.#pid, signal)
      for (const { pid, group } of members) {
        const wasInGroup = !this.#reaped && group === this.#pid
        // Who leaves the group just then is in neither list.
        if (!wasInGroup || (pid !== this.#pid && processes.hasLeftGroup(pid, group))) kernel.kill(pid, signal)
      }
    }
    return members
  }

  /**
   * SIGKILL to each of them, and to what they make meanwhile; answers to how many.
   *
   * @param again it is called again as long as something is left: then thousands that are killed at once share their looks for
   *   orphans, and may miss one that has just become one
   */
  kill({ again = false } = {}): number {
    const { kernel } = this.#ports
    const look = again ? () => this.#sharedOrphans() : undefined
    const killed = killTree(kernel, () => this.members(look?.(), look))
    // Its group once more: whoever could not be seen for want of a file descriptor is in it, as a rule.
    if (!this.#reaped) kernel.kill(-this.#pid, SIGKILL)
    return killed
  }

  #look(orphans: readonly number[], dead: Set<number>): TreeMember[] {
    const { processes, isMain } = this.#ports
    // Those that are no orphans any more have been reaped; their numbers may be others' by now. That they are not in the list says
    // nothing yet: it may be older than they are.
    if (this.#adopted !== undefined) {
      const present = new Set(orphans)
      for (const pid of this.#adopted) {
        if (!present.has(pid) && (isMain(pid) || processes.lineage(pid).length !== 1)) this.#adopted.delete(pid)
      }
    }
    const variable = `${RUN_VARIABLE}=${this.mark}`
    const run = { pid: this.#pid, reaped: this.#reaped, variable, heir: this.#heir, adopted: this.#adopted }
    return processes.members(run, orphans, {
      died: (pid) => dead.add(pid),
      claimed: (pid) => this.adopt(pid),
    })
  }
}

function isShortage(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'EMFILE' || errno === 'ENFILE'
}
