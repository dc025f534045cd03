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
   */
  members(orphans?: readonly number[]): TreeMember[] {
    const { processes } = this.#ports
    const variable = `${RUN_VARIABLE}=${this.mark}`
    const run = { pid: this.#pid, reaped: this.#reaped, variable, heir: this.#heir }
    try {
      const dead = new Set<number>()
      for (let round = 0, known = orphans; ; round++, known = undefined) {
        const { size } = dead
        const members = processes.members(run, known ?? this.orphans(), (pid) => dead.add(pid))
        // One that dies during the look hands its children to the daemon, where the list of orphans did not have them yet.
        if (dead.size === size || round === ROUNDS) return members
      }
    } catch (error) {
      if (!isShortage(error)) throw error
      return this.#reaped ? [] : [{ pid: this.#pid, name: '', state: 'R', uid: -1, group: this.#pid }]
    }
  }

  /** The orphans of all runs, to look for the members of many. None while no file descriptor is left to look with. */
  orphans(): number[] {
    const { processes, isMain } = this.#ports
    try {
      return processes.orphans(isMain)
    } catch (error) {
      if (!isShortage(error)) throw error
      return []
    }
  }

  /** Sends a signal to each of them, once. */
  signal(signal: number, orphans?: readonly number[]): void {
    const { kernel } = this.#ports
    const members = this.members(orphans)
    // The group of the main process at once, so that none of it is missed that is made meanwhile.
    if (!this.#reaped) kernel.kill(-this.#pid, signal)
    for (const { pid, group } of members) if (this.#reaped || group !== this.#pid) kernel.kill(pid, signal)
  }

  /** SIGKILL to each of them, and to what they make meanwhile; answers to how many. */
  kill(): number {
    const { kernel } = this.#ports
    const killed = killTree(kernel, () => this.members())
    // Its group once more: whoever could not be seen for want of a file descriptor is in it, as a rule.
    if (!this.#reaped) kernel.kill(-this.#pid, SIGKILL)
    return killed
  }
}

function isShortage(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'EMFILE' || errno === 'ENFILE'
}
