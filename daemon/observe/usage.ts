// What processes use, each with all its descendants. /proc is read only on request, in slices between everything else, and
// at most every half second: a request that comes sooner is answered with the last measurement.
//
// A descendant belongs to the process that its parents lead to. One whose parent has ended was given to the daemon (or to
// init); it is known by the session, which each process leads and its descendants are in unless they have left it.

import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessEntry, Procfs } from '../linux/tree/procfs.ts'
import type { Clock } from '../loop/clock.ts'
import type { Slices } from '../loop/slices.ts'

/** Nothing is measured more often. */
const INTERVAL_MS = 500
/** Processes looked at in one slice: some 20 µs each. */
const SLICE_ENTRIES = 32

/** A process that the daemon runs. */
export interface Measured {
  readonly handle: number
  readonly pid: number
}

/** What one process and its descendants use. */
export interface Usage {
  readonly cpuMs: number
  readonly memory: number
  readonly processes: number
}

/** All that was measured at one time. */
export interface Measurement {
  readonly at: number
  /** By handle; a process that could not be seen is missing. */
  readonly usages: ReadonlyMap<number, Usage>
}

/** What measuring needs of the daemon. */
export interface UsageParts {
  readonly clock: Clock
  readonly slices: Slices
  readonly procfs: Procfs
  /** The processes that run now. */
  readonly running: () => Iterable<Measured>
}

type Waiter = (measured: Measurement | NetdaemonError) => void

export class UsageMeter {
  readonly #parts: UsageParts
  readonly #waiters = new Set<Waiter>()
  #last: Measurement | undefined
  #measuring = false

  constructor(parts: UsageParts) {
    this.#parts = parts
  }

  /** Calls back with what is measured now, or was a moment ago; the returned function takes that back. */
  measure(callback: Waiter): () => void {
    const { clock } = this.#parts
    const age = this.#last === undefined ? Number.POSITIVE_INFINITY : clock.now() - this.#last.at
    // The clock may have been set back.
    if (this.#last !== undefined && !this.#measuring && age >= 0 && age < INTERVAL_MS) {
      callback(this.#last)
      return () => {}
    }
    this.#waiters.add(callback)
    if (!this.#measuring) this.#begin()
    return () => this.#waiters.delete(callback)
  }

  /** Calls back with the bytes that one process and its descendants have; undefined: they could not be seen. As {@link measure}. */
  memoryOf(handle: number, callback: (bytes: number | undefined) => void): () => void {
    return this.measure((measured) => {
      callback('usages' in measured ? measured.usages.get(handle)?.memory : undefined)
    })
  }

  #begin(): void {
    const { clock, slices, procfs } = this.#parts
    this.#measuring = true
    const at = clock.now()
    const entries = new Map<number, ProcessEntry>()
    let pids: number[] | undefined
    slices.add(() => {
      try {
        pids ??= procfs.pids()
        for (const pid of pids.splice(-SLICE_ENTRIES)) {
          const entry = procfs.entry(pid)
          if (entry !== undefined) entries.set(pid, entry)
        }
      } catch (error) {
        this.#end(unreadable(error))
        return false
      }
      if (pids.length > 0) return true
      this.#last = { at, usages: sumUp(entries, this.#parts.running()) }
      this.#end(this.#last)
      return false
    })
  }

  #end(result: Measurement | NetdaemonError): void {
    this.#measuring = false
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter(result)
  }
}

/** What each of the processes uses with its descendants. */
export function sumUp(entries: ReadonlyMap<number, ProcessEntry>, running: Iterable<Measured>): Map<number, Usage> {
  const totals = new Map<number, { cpuMs: number; memory: number; processes: number }>()
  /** The handle of the process that each pid belongs to; undefined: to none. */
  const owners = new Map<number, number | undefined>()
  const sessions = new Map<number, number>()
  for (const { handle, pid } of running) {
    if (!entries.has(pid)) continue
    owners.set(pid, handle)
    sessions.set(pid, handle)
    totals.set(handle, { cpuMs: 0, memory: 0, processes: 0 })
  }
  for (const entry of entries.values()) {
    const owner = findOwner(entry, entries, owners, sessions)
    const total = owner === undefined ? undefined : totals.get(owner)
    if (total === undefined) continue
    total.cpuMs += entry.cpuMs
    total.memory += entry.memory
    total.processes += 1
  }
  return totals
}

/** Follows the parents to one whose owner is known, and notes it for all on the way. */
function findOwner(
  entry: ProcessEntry,
  entries: ReadonlyMap<number, ProcessEntry>,
  owners: Map<number, number | undefined>,
  sessions: ReadonlyMap<number, number>,
): number | undefined {
  const path: ProcessEntry[] = []
  let owner: number | undefined
  for (let next: ProcessEntry | undefined = entry; next !== undefined; next = entries.get(next.parent)) {
    if (owners.has(next.pid)) {
      owner = owners.get(next.pid)
      break
    }
    path.push(next)
    // /proc was not read in one moment: pids may have changed hands, and lead round in a circle.
    if (path.length > entries.size) break
  }
  // From the top: what is nobody's by its parents may be somebody's by its session, and so are its children.
  for (const each of path.reverse()) {
    owner ??= sessions.get(each.session)
    owners.set(each.pid, owner)
  }
  return owner
}

function unreadable(cause: unknown): NetdaemonError {
  const errno = errnoOf(cause)
  return new NetdaemonError('SYSTEM', `the daemon cannot look at the processes in /proc (${errno})`, { errno, cause })
}
