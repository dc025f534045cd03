// What has outlived the main processes of ended runs: programs that went to the background, jobs of shells, orphans. They run on
// until somebody asks for their end; the daemon names them, and ends them when it ends. Looked at after each sweep of the dead: the
// last of a tree is always an orphan, so nothing has to be polled.

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
  /** Their main processes have died in the sweep under way. Their orphans are all there only after it. */
  readonly #unseen = new Map<RunTree, string>()
  readonly #waiters = new Map<RunTree, Set<() => void>>()

  /** The main process of this run has died. */
  add(id: string, tree: RunTree): void {
    this.#unseen.set(tree, id)
  }

  /** What is left of a run, as it was when it was looked at last. Another object when it has changed. */
  of(tree: RunTree): readonly TreeMember[] {
    // Asked of each process for each LIST, and there are none, as a rule.
    return this.#byTree.size === 0 ? NONE : (this.#byTree.get(tree)?.members ?? NONE)
  }

  /** The dead have been reaped, orphans among them or not: looks at what may have changed. */
  swept(orphansReaped: boolean): void {
    const looked = Array.from(this.#unseen, ([tree, id]) => ({ id, tree }))
    this.#unseen.clear()
    // A copy: what is put back into a map while it is gone through comes again, without end.
    if (orphansReaped) looked.push(...Array.from(this.#byTree.values()))
    // One look for orphans serves for all: of thousands of processes each look is dear.
    const orphans = looked[0]?.tree.orphans()
    for (const { id, tree } of looked) {
      const members = tree.members(orphans)
      if (members.length > 0) this.#byTree.set(tree, { id, tree, members })
      else this.#gone(tree)
    }
  }

  /** Calls back when nothing is left of a run, at once if it is known that nothing is; the returned function takes that back. */
  whenGone(tree: RunTree, callback: () => void): () => void {
    if (!this.#byTree.has(tree) && !this.#unseen.has(tree)) {
      callback()
      return () => {}
    }
    const waiters = this.#waiters.get(tree) ?? new Set()
    this.#waiters.set(tree, waiters.add(callback))
    return () => waiters.delete(callback)
  }

  #gone(tree: RunTree): void {
    this.#byTree.delete(tree)
    const waiters = this.#waiters.get(tree)
    this.#waiters.delete(tree)
    for (const waiter of waiters ?? []) waiter()
  }

  *[Symbol.iterator](): IterableIterator<Leftover> {
    yield* Array.from(this.#byTree.values())
  }
}
