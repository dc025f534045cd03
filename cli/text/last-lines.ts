// The newest output of a process that did not come up, as an error shows it below its sentence. Pure.

import { visible } from './table.ts'

const LINES_MAX = 10

/** The last lines of a text, harmless for a terminal. */
export function lastLines(output: string): string[] {
  if (output === '') return []
  return output
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .slice(-LINES_MAX)
    .map(visible)
}
