// The version of this package, from its package.json.

import { readFileSync } from 'node:fs'
import { errnoOf } from '../proto/errno.ts'

/** As `0.1.0`. The compiled file may lie one directory deeper than its source. */
export function packageVersion(): string {
  for (const up of ['../package.json', '../../package.json', '../../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'))
      if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return 'unknown'
}
