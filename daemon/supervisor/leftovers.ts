// What has outlived the main processes of ended runs: programs that went to the background, jobs of shells, orphans. They run on
// until somebody asks for their end; the daemon names them, and ends them when it ends. Looked at after each sweep of the dead: the
// last of a tree is always an orphan, so nothing has to be polled. A look costs as much as the daemon has children, so beside thousands of
// them it serves for all that die within a while.
//
// An orphan that is being executed at that moment shows no mark, though it has one. Until it does, what has died with it may not count as
// gone: it is looked at again, a moment later.
//
// An orphan that nothing marks (its environment is cleared, or written over) belongs to the one run of which something died when it
// came; if things of several runs did, nobody can tell.

import type { Clock } from '../loop/clock.ts'
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

type Dead = Omit<Leftover, 'members'>

/** New orphans that do not tell yet whose they are, those of runs that are not known to have died, and who has got others. */
interface Unclaimed {
  readonly untold: readonly number[]
  readonly foreign: readonly number[]
  readonly adopters: ReadonlySet<RunTree>
}

const NOTHING_UNCLAIMED: Unclaimed = { untold: [], foreign: [], adopters: new Set() }
const NONE: readonly TreeMember[] = []
const NO_ORPHANS: ReadonlySet<number> = new Set()
/** A look that takes so long is one among thousands of processes, of which the kernel lists all. */
const LONG_LOOK_MS = 2
/** After it, no other follows for so many times as long as it took: what dies meanwhile is looked for at once. */
const REST = 4
/** Until one that is being executed is looked at again. */
const EXECUTION_MS = 5
/** Looks at such, at most: one whose program lies on a disk that does not answer keeps nobody waiting for ever. */
const EXECUTION_LOOKS = 400

export class Leftovers {
  readonly #byTree = new Map<RunTree, Leftover>()
  /** Their main processes have died in the sweep under way. Their orphans are all there only after it. */
  readonly #unseen = new Map<RunTree, string>()
  readonly #waiters = new Map<RunTree, Set<Waiter>>()
  /** All orphans that there were at the last look. */
  #known: ReadonlySet<number> = NO_ORPHANS
  /** Those of which an orphan has been reaped since then. */
  readonly #touched = new Set<RunTree>()
  #isReaped = false
  /** Looks one after the other that have met one that was being executed. */
  #executionLooks = 0
  /** Until when no look is taken. */
  #restUntil = Number.NEGATIVE_INFINITY
  #cancelLook: (() => void) | undefined
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

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
    for (const { tree } of this.#byTree.values()) {
      for (const pid of reaped) if (tree.disown(pid)) this.#touched.add(tree)
    }
    this.#isReaped ||= reaped.length > 0
    if (this.#cancelLook !== undefined || !this.#mayHaveChanged) return
    const now = this.#clock.now()
    if (now >= this.#restUntil) this.#look()
    else this.#cancelLook = this.#clock.after(this.#restUntil - now, () => this.#look())
  }

  /** Looks no more. */
  dispose(): void {
    this.#cancelLook?.()
  }

  get #mayHaveChanged(): boolean {
    return this.#unseen.size > 0 || (this.#isReaped && this.#byTree.size > 0)
  }

  #look(): void {
    const begun = this.#clock.now()
    this.#cancelLook = undefined
    const died = Array.from(this.#unseen, ([tree, id]) => ({ id, tree }))
    // A copy: what is put back into a map while it is gone through comes again, without end.
    const others = this.#isReaped ? Array.from(this.#byTree.values()) : []
    const touched = [...died, ...others.filter(({ tree }) => this.#touched.has(tree))]
    this.#unseen.clear()
    this.#touched.clear()
    this.#isReaped = false
    // One look for orphans serves for all.
    const orphans = (died[0] ?? others[0])?.tree.orphans()
    if (orphans === undefined) return
    this.#lookAmong(orphans, died, others, touched)
    const ended = this.#clock.now()
    const tookMs = ended - begun
    this.#restUntil = tookMs < LONG_LOOK_MS ? ended : ended + REST * tookMs
  }

  #lookAmong(
    orphans: readonly number[],
    died: readonly Dead[],
    others: readonly Dead[],
    touched: readonly Dead[],
  ): void {
    const isNew = orphans.some((pid) => !this.#known.has(pid))
    // What has lost nothing, and can have gained nothing, is as it was.
    const looked = (isNew ? [...died, ...others] : touched).map(({ id, tree }) => ({
      id,
      tree,
      members: tree.members(orphans),
    }))
    const { untold, foreign, adopters } = isNew ? this.#tellUnclaimed(orphans, looked, touched) : NOTHING_UNCLAIMED
    this.#known = orphans.length === 0 ? NO_ORPHANS : new Set(orphans)
    // They are new again at the next look: that of their own run may meet them while they are being executed.
    if (untold.length + foreign.length > 0) {
      this.#known = new Set(orphans.filter((pid) => !untold.includes(pid) && !foreign.includes(pid)))
    }
    if (untold.length > 0) this.#lookLater(touched)
    for (const { id, tree, members } of looked) {
      const all = adopters.has(tree) ? tree.members(orphans) : members
      this.#note(id, tree, this.#touched.has(tree) ? [...all, ...untold.map(executed)] : all)
    }
  }

  /** Some may belong to what has just died: until it is known, each of that has them. */
  #lookLater(touched: readonly Dead[]): void {
    for (const { tree } of touched) this.#touched.add(tree)
    this.#isReaped = true
    this.#cancelLook = this.#clock.after(EXECUTION_MS, () => this.#look())
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

  /** Finds the owners of orphans that have come since the last look, and that no tree has claimed. */
  #tellUnclaimed(orphans: readonly number[], looked: readonly Leftover[], touched: readonly Dead[]): Unclaimed {
    const untold: number[] = []
    const foreign: number[] = []
    const adopters = new Set<RunTree>()
    const [first] = looked
    const [only] = touched
    const adopt = (tree: RunTree | undefined, pid: number) => {
      if (tree !== undefined) adopters.add(tree)
      tree?.adopt(pid)
    }
    for (const pid of orphans) {
      if (first === undefined || this.#known.has(pid) || looked.some(({ tree }) => tree.has(pid))) continue
      const mark = first.tree.markOf(pid)
      if (mark === undefined && this.#executionLooks < EXECUTION_LOOKS) untold.push(pid)
      else if (mark == null) adopt(touched.length === 1 ? only?.tree : undefined, pid)
      // It has been executed since it was looked at.
      else {
        const owner = looked.find(({ tree }) => tree.mark === mark)
        if (owner === undefined) foreign.push(pid)
        else adopt(owner.tree, pid)
      }
    }
    this.#executionLooks = untold.length === 0 ? 0 : this.#executionLooks + 1
    return { untold, foreign, adopters }
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

  /** All that are known; what has died a moment ago is looked for first. */
  *[Symbol.iterator](): IterableIterator<Leftover> {
    if (this.#cancelLook !== undefined) {
      this.#cancelLook()
      this.#look()
    }
    yield* Array.from(this.#byTree.values())
  }
}

/** One that is being executed, of which no more is known. */
function executed(pid: number): TreeMember {
  return { pid, name: '', state: 'R', uid: -1, group: 0 }
}
