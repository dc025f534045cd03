// The limit of open files, which bounds how many processes a daemon can have.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Words in front of a command that let it have so many open files, if this user may raise the limit. */
export function withOpenFiles(count: number): readonly string[] {
  // Node raises its own soft limit to the hard one.
  if (openFilesLimit(process.pid) >= count) return []
  const prefix = ['prlimit', `--nofile=${count}:${count}`]
  const [command = '', ...args] = [...prefix, 'true']
  return spawnSync(command, args).status === 0 ? prefix : []
}

/** How many files a process may have open. */
export function openFilesLimit(pid: number): number {
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
}
