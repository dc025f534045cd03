// The names of signals, as far as this system's Node knows them: for completions, and for refusing a mistyped one with a
// hint. What a signal does is the daemon's and the kernel's business.

import { constants } from 'node:os'
import { nearest } from '../../proto/nearest-word.ts'
import { UsageError } from '../complaint.ts'

/** Other names of signals that are listed, or of ones that nothing uses. */
const unlisted: ReadonlySet<string> = new Set(['IOT', 'POLL', 'UNUSED', 'STKFLT'])

/** `HUP`, `INT` and so on, in the order of their numbers. */
export const signalNames: readonly string[] = Object.entries(constants.signals)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name.slice('SIG'.length))
  .filter((name) => !unlisted.has(name))

/** Whether a word names a signal of this system, or is the number of one. */
export function isSignalName(word: string): boolean {
  const name = word.toUpperCase().replace(/^SIG/, '')
  return /^\d+$/.test(word) || `SIG${name}` in constants.signals || /^RT(MIN|MAX)([+-]\d+)?$/.test(name)
}

/**
 * The signal that a word means: a number, or a name for the daemon to read.
 *
 * @throws UsageError if it is a mistyped name. A word that is like no name, the daemon refuses.
 */
export function readSignal(word: string): string | number {
  if (/^\d+$/.test(word)) return Number(word)
  const name = word.trim().toUpperCase().replace(/^SIG/, '')
  if (isSignalName(name) || name === 'CLD') return word
  const near = nearest(name, signalNames)
  if (near === undefined) return word
  throw new UsageError(`there is no signal "${word}"; did you mean ${near}?`)
}
