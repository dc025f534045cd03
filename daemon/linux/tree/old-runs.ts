// Finds what is left of the runs of a daemon that was killed: by the marks in the environments that programs were executed with,
// by the main process (its pid, and when it started), its session and group, and all below these. It looks at every process of the
// machine, so it is done at the start of the daemon only. What is left are nobody's children of ours.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../../proto/errno.ts'

/** How a run is recognised. */
export interface OldRun {
  /** Its main process; null: unknown. `startTime` as {@link OldRuns.startTimeOf} told it. */
  readonly main: { readonly pid: number; readonly startTime: string; readonly mark: string } | null
  /** What its mark begins with. */
  readonly key: string
}

interface Entry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  readonly startTime: string
  readonly mark: string | undefined
}

/** Errors that say of one process that it is gone, or nobody's business. */
const notThere: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

export class OldRuns {
  readonly #root: string
  readonly #ownPid: number
  readonly #variable: string
  #boot: string | undefined

  /**
   * @param variable the one that holds the mark
   * @param root another directory that looks like /proc, for tests
   */
  constructor(variable: string, ownPid = process.pid, root = '/proc') {
    this.#variable = `${variable}=`
    this.#ownPid = ownPid
    this.#root = root
  }

  /** When a process started, so that another one of the same number is not taken for it; undefined: it is gone. */
  startTimeOf(pid: number): string | undefined {
    return this.#entry(pid, false)?.startTime
  }

  /** What is left of each of these runs: living processes, by the same keys. Those without any are left out. */
  find<K>(runs: ReadonlyMap<K, OldRun>): Map<K, number[]> {
    const entries = new Map<number, Entry>()
    if (runs.size > 0) for (const pid of this.#pids()) this.#add(pid, entries)
    const never = this.#ancestors(entries)
    const children = new Map<number, number[]>()
    for (const { pid, parent } of entries.values()) children.set(parent, [...(children.get(parent) ?? []), pid])
    const found = new Map<K, number[]>()
    for (const [name, run] of runs) {
      const members = new Set<number>()
      const waiting = Array.from(entries.values())
        .filter((entry) => belongs(entry, run, entries))
        .map(({ pid }) => pid)
      for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
        // This daemon may have been started by what it is to end.
        if (members.has(pid) || never.has(pid)) continue
        members.add(pid)
        waiting.push(...(children.get(pid) ?? []))
      }
      if (members.size > 0) found.set(name, Array.from(members))
    }
    return found
  }

  #ancestors(entries: ReadonlyMap<number, Entry>): Set<number> {
    const ancestors = new Set<number>()
    for (let pid = this.#ownPid; pid > 0 && !ancestors.has(pid); pid = entries.get(pid)?.parent ?? 0) ancestors.add(pid)
    return ancestors
  }

  #pids(): number[] {
    return readdirSync(this.#root)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  }

  #add(pid: number, entries: Map<number, Entry>): void {
    const entry = this.#entry(pid, true)
    if (entry !== undefined) entries.set(pid, entry)
  }

  /** See proc_pid_stat(5). Undefined for a zombie: it is dead. */
  #entry(pid: number, withMark: boolean): Entry | undefined {
    const text = this.#read(join(String(pid), 'stat'))
    const end = text?.lastIndexOf(')') ?? -1
    if (text === undefined || end < 0) return undefined
    const fields = text.slice(end + 2).split(' ')
    const [state, parent, group, session] = fields
    if (state === 'Z' || state === 'X') return undefined
    this.#boot ??= this.#read('sys/kernel/random/boot_id')?.trim() ?? ''
    const mark = withMark ? this.#markOf(pid) : undefined
    const numbers = { parent: Number(parent), group: Number(group), session: Number(session) }
    return { pid, ...numbers, startTime: `${this.#boot} ${fields[19]}`, mark }
  }

  #markOf(pid: number): string | undefined {
    const variable = this.#read(join(String(pid), 'environ'))
      ?.split('\0')
      .find((each) => each.startsWith(this.#variable))
    return variable?.slice(this.#variable.length)
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), 'latin1')
    } catch (error) {
      if (notThere.has(errnoOf(error))) return undefined
      throw error
    }
  }
}

function belongs(entry: Entry, { main, key }: OldRun, entries: ReadonlyMap<number, Entry>): boolean {
  if (entry.mark?.startsWith(`${key}-`)) return true
  if (main === null) return false
  if (entry.mark === main.mark) return true
  if (entry.pid === main.pid) return entry.startTime === main.startTime
  if (entry.group !== main.pid && entry.session !== main.pid) return false
  // Without its leader, the number of a group may have become another's.
  return entries.get(main.pid)?.startTime === main.startTime
}
