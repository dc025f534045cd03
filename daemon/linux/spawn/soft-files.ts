// The soft limit of open files that netdaemon was started with. Node raises its own to the hard limit before any of our code runs,
// and children would inherit that: programs that loop over all possible file descriptors then take seconds, and select(2) breaks.
//
// It is read where it can still be seen: at the nearest ancestor that is not Node. That is the shell, or the service manager. A manager
// that set limits for netdaemon alone is known by another hard limit; then our own soft limit is what it set, or what Node made of it.

import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Nobody nests programs deeper; a circle can't be, but /proc changes while it is read. */
const ANCESTORS_MAX = 32

interface Limit {
  readonly soft: number
  readonly hard: number
}

/**
 * The soft limit of open files that children are to have.
 *
 * @param root another directory that looks like /proc, for tests
 * @returns undefined if it can't be found out: they get the daemon's own
 */
export function inheritedSoftFiles(root = '/proc'): number | undefined {
  try {
    const own = limitOf(join(root, 'self'))
    const node = readlinkSync(join(root, 'self/exe'))
    let parent = parentOf(join(root, 'self'))
    for (let steps = 0; steps < ANCESTORS_MAX && parent > 0; steps++) {
      const place = join(root, String(parent))
      if (readlinkSync(join(place, 'exe')) !== node) {
        const given = limitOf(place)
        return given.hard === own.hard ? Math.min(given.soft, own.soft) : own.soft
      }
      parent = parentOf(place)
    }
  } catch {
    // EACCES, ENOENT: an ancestor of another user, or gone, or of another pid namespace.
  }
  return undefined
}

function limitOf(place: string): Limit {
  const line = /^Max open files +(\S+) +(\S+)/m.exec(readFileSync(join(place, 'limits'), 'latin1'))
  const number = (text = '') => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text))
  return { soft: number(line?.[1]), hard: number(line?.[2]) }
}

function parentOf(place: string): number {
  const stat = readFileSync(join(place, 'stat'), 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}
