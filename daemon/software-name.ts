// What this daemon calls itself: the name and version of its package.

import { readFileSync } from 'node:fs'
import { errnoOf } from '../proto/errno.ts'

/** Name and version, from the package itself. */
export function softwareName(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'))
      return `${name} ${version}`
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return 'netdaemon'
}
