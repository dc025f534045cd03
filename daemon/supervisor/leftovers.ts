// What has outlived the main processes of ended runs: programs that went to the background, jobs of shells, orphans. Nobody asked for
// their end, so they run on; the daemon names them, and ends them when it ends. Looked at when a main process dies, and when
// orphans have been reaped: the last of a tree is always an orphan, so nothing has to be polled.

import type { RunTree, TreeMember } from '../run/run-tree.ts'

export interface Leftover {
  /** Of the process whose run it was. */
  readonly id: string
  readonly tree: RunTree
  readonly members: readonly TreeMember[]
}

const NONE: readonly TreeMember[] = []

export class Leftovers {
  readonly #byTree = new Map<RunTree, Leftover>()
  #orphans: readonly number[] | undefined
  readonly #waiters = new Map<RunTree, Set<() => void>>()

  /** The main process of this run has died. */
  add(id: string, tree: RunTree): void {
    // One look for orphans serves for all deaths of a turn: of thousands of processes each look is dear.
    if (this.#orphans === undefined) {
      this.#orphans = tree.orphans()
      setImmediate(() => {
        this.#orphans = undefined
      })
    }
    const members = tree.members(this.#orphans)
    if (members.length > 0) this.#byTree.set(tree, { id, tree, members })
  }

  /** What is left of a run, as it was when it was looked at last. Another object when it has changed. */
  of(tree: RunTree): readonly TreeMember[] {
    return this.#byTree.get(tree)?.members ?? NONE
  }

  /** Looks again. */
  look(): void {
    this.#orphans = undefined
    // A copy: what is put back into a map while it is gone through comes again, without end.
    for (const { id, tree } of Array.from(this.#byTree.values())) {
      this.#byTree.delete(tree)
      this.add(id, tree)
      if (!this.#byTree.has(tree)) this.#gone(tree)
    }
  }

  /** Calls back when nothing is left of a run, at once if nothing is; the returned function takes that back. */
  whenGone(tree: RunTree, callback: () => void): () => void {
    if (!this.#byTree.has(tree)) {
      callback()
      return () => {}
    }
    const waiters = this.#waiters.get(tree) ?? new Set()
    this.#waiters.set(tree, waiters.add(callback))
    return () => waiters.delete(callback)
  }

  #gone(tree: RunTree): void {
    const waiters = this.#waiters.get(tree)
    this.#waiters.delete(tree)
    for (const waiter of waiters ?? []) waiter()
  }

  *[Symbol.iterator](): IterableIterator<Leftover> {
    yield* Array.from(this.#byTree.values())
  }
}
