// What belongs to one run of a process, wherever it has gone: found through /proc, starting from two places. From its main
// process down, by who is whose child. And from the orphans that the kernel handed to the daemon (it is their subreaper):
// those that are in the run's process group or session, or whose environment at exec has the run's mark; and all below them.
// So nothing is found by looking at every process of the machine. An orphan that was once found to belong to a run stays its own,
// whatever it does to its environment later (redis and nginx write their titles over it).
//
// What it can't find by itself: an orphan that has left group and session, and was executed without the mark.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { OrphanIndex } from './orphan-index.ts'
import { readUnlessGone } from './read-unless-gone.ts'

/** How a run is recognised. */
export interface RunMark {
  /** Its main process, which leads its group and session. */
  readonly pid: number
  /** Whether the main process has been reaped: its number may then be somebody else's. */
  readonly reaped: boolean
  /** `NAME=value`, as it stands in the environment that the run was executed with. */
  readonly variable: string
  /** Its main process after that, if there is one. */
  readonly heir?: number | undefined
  /** Orphans that are known to belong to it. */
  readonly adopted?: ReadonlySet<number> | undefined
}

/** What a look notes beside the members. */
export interface LookNotes {
  /** This one has died since the orphans were read: its children have become orphans since. */
  died(pid: number): void
  /** This orphan belongs to the run. */
  claimed(pid: number): void
}

const NO_NOTES: LookNotes = { died: () => {}, claimed: () => {} }

/** One process of a tree, as it was when it was looked at. */
export interface TreeMember {
  readonly pid: number
  /** Its program's name, at most 15 characters. */
  readonly name: string
  /** As ps shows it: `R`, `S`, `D` (waits in the kernel, and takes no signal), `T` (stopped), `Z` … */
  readonly state: string
  readonly uid: number
  /** Its process group. */
  readonly group: number
}

/** One process on the way from another up to the daemon. */
export interface Ancestor {
  readonly pid: number
  readonly group: number
  readonly session: number
}

interface Stat {
  readonly name: string
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
}

/** Looks for orphans in one turn that {@link ProcessTree.sharedOrphans} allows. */
const LOOKS_IN_TURN = 8
/** Nobody nests programs deeper. */
const ANCESTORS_MAX = 256

const SPACE = 0x20
const ZERO = 0x30

export class ProcessTree {
  readonly #root: string
  readonly #daemonPid: number
  #recent: readonly number[] | undefined
  /** How often orphans have been looked for in this turn. */
  #looks = 0
  /** For as long as somebody has the list. */
  readonly #indexes = new WeakMap<readonly number[], OrphanIndex>()
  readonly #reader = { stat: (pid: number) => this.#stat(pid), variables: (pid: number) => this.#variables(pid) }
  /** What is read at once: the kernel gives no more. */
  readonly #piece = Buffer.allocUnsafeSlow(4096)

  /** @param root another directory that looks like /proc, for tests */
  constructor(daemonPid = process.pid, root = '/proc') {
    this.#daemonPid = daemonPid
    this.#root = root
  }

  /**
   * The processes of a run that live, parents before their children. Zombies are not counted: they are dead.
   *
   * @param orphans see {@link orphans}
   * @throws Error if /proc can't be read at all: it is not mounted, or no file can be opened
   */
  members(run: RunMark, orphans: readonly number[], notes = NO_NOTES): TreeMember[] {
    const found = new Map<number, TreeMember>()
    if (!run.reaped) this.#addWithDescendants(run.pid, found, notes)
    if (run.heir !== undefined) this.#addWithDescendants(run.heir, found, notes)
    if (orphans.length === 0) return Array.from(found.values())
    const index = this.#indexOf(orphans)
    for (const pid of index.dead) if (!found.has(pid)) notes.died(pid)
    for (const pid of this.#claimed(run, index)) {
      if (found.has(pid) || pid === run.pid) continue
      notes.claimed(pid)
      this.#addWithDescendants(pid, found, notes)
    }
    return Array.from(found.values())
  }

  #claimed(run: RunMark, index: OrphanIndex): readonly number[] {
    const ours = new Set<number>()
    for (const pid of run.adopted ?? []) if (index.has(pid)) ours.add(pid)
    const inGroup = index.inGroup(run.pid)
    // A number that lives on as another process is not this run's group any more.
    const groupIsOurs = inGroup.length > 0 && (!run.reaped || this.#stat(run.pid) === undefined)
    if (groupIsOurs) for (const pid of inGroup) ours.add(pid)
    for (const pid of index.withVariable(run.variable)) ours.add(pid)
    return index.sorted(ours)
  }

  /** What orphans are, read once for each list of them. */
  #indexOf(orphans: readonly number[]): OrphanIndex {
    const known = this.#indexes.get(orphans)
    if (known !== undefined) return known
    const index = new OrphanIndex(orphans, this.#reader)
    this.#indexes.set(orphans, index)
    return index
  }

  /** As {@link orphans}, or as they were earlier in this turn of the event loop: for what is done to many runs at once. */
  recentOrphans(isMain: (pid: number) => boolean): readonly number[] {
    return this.#recent ?? this.orphans(isMain)
  }

  /**
   * As {@link orphans}, but only so often in one turn: beyond that, as they were at the last look. For what is done to thousands at
   * once, and done again to what was missed.
   */
  sharedOrphans(isMain: (pid: number) => boolean): readonly number[] {
    return this.#looks < LOOKS_IN_TURN ? this.orphans(isMain) : this.recentOrphans(isMain)
  }

  /** Of those of a run's main process's group at the last look, the ones that have left it since. */
  hasLeftGroup(pid: number, group: number): boolean {
    const stat = this.#stat(pid)
    return stat !== undefined && stat.group !== group
  }

  /**
   * The children of the daemon that it has not started itself. Looking costs as much as there are children, so one look
   * is to serve for many runs.
   *
   * @param isMain whether a process is the main one of any run
   */
  orphans(isMain: (pid: number) => boolean): number[] {
    const file = this.#childrenFile(this.#daemonPid, String(this.#daemonPid))
    const orphans: number[] = []
    const note = (pid: number) => {
      if (!isMain(pid)) orphans.push(pid)
    }
    readUnlessGone(() => this.#eachNumberOf(file, note))
    if (this.#recent === undefined) setImmediate(() => this.#forgetRecent())
    this.#recent = orphans
    this.#looks += 1
    return orphans
  }

  /**
   * A process and its ancestors below the daemon, the nearest first; none if the daemon is not among them, or it is gone.
   *
   * @throws Error if no file can be opened
   */
  lineage(first: number): Ancestor[] {
    const found: Ancestor[] = []
    for (let pid = first; pid !== this.#daemonPid; ) {
      const stat = this.#stat(pid)
      // The number of one that ended meanwhile may lead anywhere, and round in a circle.
      if (stat === undefined || pid <= 1 || found.length === ANCESTORS_MAX) return []
      found.push({ pid, group: stat.group, session: stat.session })
      pid = stat.parent
    }
    return found
  }

  /** A variable of the environment that a process was executed with; undefined: it has none, or can't be looked at. */
  variableOf(pid: number, name: string): string | undefined {
    const prefix = `${name}=`
    const found = this.#variables(pid)?.find((variable) => variable.startsWith(prefix))
    return found?.slice(prefix.length)
  }

  /** As {@link variableOf}: null if it has none; undefined if the kernel shows nothing of it yet, since it is being executed. */
  markOf(pid: number, name: string): string | null | undefined {
    const prefix = `${name}=`
    // What is being executed has neither environment nor arguments for a moment. One whose environment was cleared has arguments, and the
    // same when it is looked at again; `setsid sleep` is executed twice, and may be met both times.
    let before: string | undefined
    for (;;) {
      const variables = this.#variables(pid)
      const found = variables?.find((variable) => variable.startsWith(prefix))
      if (found !== undefined) return found.slice(prefix.length)
      if (!variables?.every((variable) => variable === '')) return null
      const line = readUnlessGone(() => readFileSync(join(this.#root, String(pid), 'cmdline'), 'latin1'))
      const stat = this.#stat(pid)
      if (stat === undefined || isDead(stat)) return null
      if (line === '' || (before !== undefined && line !== before)) return undefined
      if (line === before) return null
      before = line
    }
  }

  #forgetRecent(): void {
    this.#recent = undefined
    this.#looks = 0
  }

  #addWithDescendants(first: number, found: Map<number, TreeMember>, notes: LookNotes): void {
    const waiting = [first]
    for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
      if (found.has(pid)) continue
      const stat = this.#stat(pid)
      if (stat === undefined || isDead(stat)) notes.died(pid)
      if (stat === undefined) continue
      if (!isDead(stat)) {
        found.set(pid, { pid, name: stat.name, state: stat.state, uid: this.#uidOf(pid), group: stat.group })
      }
      waiting.push(...this.#childrenOf(pid))
    }
  }

  /** The children of all its threads: a child belongs to the thread that made it. */
  #childrenOf(pid: number): number[] {
    const tasks = join(this.#root, String(pid), 'task')
    const threads = readUnlessGone(() => readdirSync(tasks)) ?? []
    return threads.flatMap((thread) => this.#childrenOfThread(pid, thread))
  }

  /** The daemon's are all its main thread's: it makes them there, and the kernel hands orphans to it. */
  #childrenOfThread(pid: number, thread: string): number[] {
    const children: number[] = []
    readUnlessGone(() => this.#eachNumberOf(this.#childrenFile(pid, thread), (child) => children.push(child)))
    return children
  }

  /** Reads a file of numbers, each with a space behind it, and makes no texts of them: the daemon's has thousands, at each death. */
  #eachNumberOf(file: string, tell: (number: number) => void): void {
    const fd = openSync(file, 'r')
    try {
      const piece = this.#piece
      let number = 0
      for (;;) {
        const length = readSync(fd, piece, 0, piece.length, null)
        if (length === 0) return
        for (let at = 0; at < length; at++) {
          const byte = piece[at] ?? SPACE
          if (byte !== SPACE) {
            number = number * 10 + (byte - ZERO)
            continue
          }
          tell(number)
          number = 0
        }
      }
    } finally {
      closeSync(fd)
    }
  }

  #childrenFile(pid: number, thread: string): string {
    return join(this.#root, String(pid), 'task', thread, 'children')
  }

  /** See proc_pid_stat(5). */
  #stat(pid: number): Stat | undefined {
    const text = readUnlessGone(() => readFileSync(join(this.#root, String(pid), 'stat'), 'latin1'))
    const end = text?.lastIndexOf(')') ?? -1
    if (text === undefined || end < 0) return undefined
    const [state = '', parent, group, session] = text.slice(end + 2).split(' ')
    const name = text.slice(text.indexOf('(') + 1, end)
    return { name, state, parent: Number(parent), group: Number(group), session: Number(session) }
  }

  /** The environment that it was executed with, unless it has written over it; undefined if it can't be read. */
  #variables(pid: number): string[] | undefined {
    return readUnlessGone(() => readFileSync(join(this.#root, String(pid), 'environ'), 'latin1'))?.split('\0')
  }

  #uidOf(pid: number): number {
    return readUnlessGone(() => statSync(join(this.#root, String(pid))).uid) ?? -1
  }
}

const isDead = ({ state }: { readonly state: string }): boolean => state === 'Z' || state === 'X'
