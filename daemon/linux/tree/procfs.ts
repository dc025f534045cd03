// Reads the table of processes from /proc. Processes come and go while it is read, and some may not be looked at: those are
// simply not there. Nothing is kept. See proc_pid_stat(5).

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../../proto/errno.ts'

/** One process, as the kernel counts it. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly session: number
  /** Processor time of its own, and of its children that have ended and were waited for. */
  readonly cpuMs: number
  /** Bytes of memory that are resident. */
  readonly memory: number
}

/** The units of /proc. */
interface Units {
  readonly ticksPerSecond: number
  readonly pageBytes: number
}

// <linux/auxvec.h>
const AT_PAGESZ = 6n
const AT_CLKTCK = 17n

/** Errors that say of one process that it is gone, or nobody's business. */
const notThere: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

/** A view of /proc. */
export class Procfs {
  readonly #root: string
  #units: Units | undefined

  /** @param root another directory that looks like it, for tests */
  constructor(root = '/proc') {
    this.#root = root
  }

  /** The processes that can be seen. @throws Error if none can: /proc is not mounted, or no file can be opened */
  pids(): number[] {
    const pids: number[] = []
    for (const name of readdirSync(this.#root)) {
      const pid = Number(name)
      if (Number.isInteger(pid)) pids.push(pid)
    }
    return pids
  }

  /** One process; undefined if it is gone, or can't be seen. @throws Error if no file can be opened */
  entry(pid: number): ProcessEntry | undefined {
    let text: string
    try {
      text = readFileSync(join(this.#root, String(pid), 'stat'), 'latin1')
    } catch (error) {
      if (notThere.has(errnoOf(error))) return undefined
      throw error
    }
    this.#units ??= readUnits(join(this.#root, 'self/auxv'))
    return parseStat(text, this.#units)
  }
}

/** What a line of /proc/pid/stat says; undefined if it is none: a file read at the moment of the process's end is empty. */
export function parseStat(text: string, { ticksPerSecond, pageBytes }: Units): ProcessEntry | undefined {
  // The second field is a name in parentheses, of any characters; no later field has any.
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  const ticks = field(14) + field(15) + field(16) + field(17)
  const entry = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    session: field(6),
    cpuMs: (ticks * 1000) / ticksPerSecond,
    memory: Math.max(0, field(24)) * pageBytes,
  }
  return end > 0 && Object.values(entry).every(Number.isFinite) ? entry : undefined
}

/** From the vector that the kernel hands to each program: pairs of a kind and a value, each as long as a pointer. */
function readUnits(path: string): Units {
  const units = { ticksPerSecond: 100, pageBytes: 4096 }
  const vector = readFileSync(path)
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    const kind = vector.readBigUInt64LE(at)
    const value = Number(vector.readBigUInt64LE(at + 8))
    if (kind === AT_PAGESZ) units.pageBytes = value
    else if (kind === AT_CLKTCK) units.ticksPerSecond = value
  }
  return units
}
