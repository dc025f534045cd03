// What has outlived the main processes of ended runs: programs that went to the background, jobs of shells, orphans. They run on
// until somebody asks for their end; the daemon names them, and ends them when it ends. Looked at after each sweep of the dead: the
// last of a tree is always an orphan, so nothing has to be polled.
//
// An orphan that nothing marks (its environment is cleared, or written over) belongs to the one run of which something died when it
// came; if things of several runs did, nobody can tell.

import type { RunTree, TreeMember } from '../run/run-tree.ts'

export interface Leftover {
  /** Of the process whose run it was. */
  readonly id: string
  readonly tree: RunTree
  readonly members: readonly TreeMember[]
}

/** Who waits for a tree. */
interface Waiter {
  readonly gone: () => void
  readonly look: ((members: readonly TreeMember[]) => void) | undefined
}

const NONE: readonly TreeMember[] = []

export class Leftovers {
  readonly #byTree = new Map<RunTree, Leftover>()
  /** Their main processes have died in the sweep under way. Their orphans are all there only after it. */
  readonly #unseen = new Map<RunTree, string>()
  readonly #waiters = new Map<RunTree, Set<Waiter>>()
  /** All orphans that there were at the last look. */
  #known: ReadonlySet<number> = new Set()

  /** The main process of this run has died. */
  add(id: string, tree: RunTree): void {
    this.#unseen.set(tree, id)
  }

  /** What is left of a run, as it was when it was looked at last. Another object when it has changed. */
  of(tree: RunTree): readonly TreeMember[] {
    return this.#byTree.get(tree)?.members ?? NONE
  }

  /** The dead have been reaped, these orphans among them: looks at what may have changed. */
  swept(reaped: readonly number[]): void {
    const died = Array.from(this.#unseen, ([tree, id]) => ({ id, tree }))
    this.#unseen.clear()
    // A copy: what is put back into a map while it is gone through comes again, without end.
    const others = reaped.length === 0 ? [] : Array.from(this.#byTree.values())
    // One look for orphans serves for all: of thousands of processes each look is dear.
    const orphans = (died[0] ?? others[0])?.tree.orphans()
    if (orphans === undefined) return
    const touched = [...died, ...others.filter(({ tree }) => reaped.some((pid) => tree.has(pid)))]
    const looked = [...died, ...others].map(({ id, tree }) => ({ id, tree, members: tree.members(orphans) }))
    const [only] = touched
    const strays = this.#strays(orphans, looked)
    if (only !== undefined && touched.length === 1) for (const pid of strays) only.tree.adopt(pid)
    this.#known = new Set(orphans)
    for (const { id, tree, members } of looked) {
      this.#note(id, tree, tree === only?.tree && strays.length > 0 ? tree.members(orphans) : members)
    }
  }

  /** Calls back when nothing is left of a run, at once if it is known that nothing is; the returned function takes that back. */
  whenGone(tree: RunTree, gone: () => void, look?: (members: readonly TreeMember[]) => void): () => void {
    if (!this.#byTree.has(tree) && !this.#unseen.has(tree)) {
      gone()
      return () => {}
    }
    const waiter = { gone, look }
    const waiters = this.#waiters.get(tree) ?? new Set()
    this.#waiters.set(tree, waiters.add(waiter))
    return () => waiters.delete(waiter)
  }

  /** Orphans that have come since the last look, and that nothing marks. */
  #strays(orphans: readonly number[], looked: readonly Omit<Leftover, 'members'>[]): number[] {
    const [first] = looked
    if (first === undefined) return []
    return orphans.filter(
      (pid) => !this.#known.has(pid) && !looked.some(({ tree }) => tree.has(pid)) && first.tree.isUnmarked(pid),
    )
  }

  #note(id: string, tree: RunTree, members: readonly TreeMember[]): void {
    const waiters = this.#waiters.get(tree)
    if (members.length > 0) {
      this.#byTree.set(tree, { id, tree, members })
      for (const { look } of waiters ?? []) look?.(members)
      return
    }
    this.#byTree.delete(tree)
    this.#waiters.delete(tree)
    for (const { gone } of waiters ?? []) gone()
  }

  *[Symbol.iterator](): IterableIterator<Leftover> {
    yield* Array.from(this.#byTree.values())
  }
}
