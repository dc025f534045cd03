// Turns what people write after an option into values: sizes, durations, pairs. An error names the option, the word, and what
// would have been right.

import { UsageError } from '../complaint.ts'
import { formatSize } from '../text/format.ts'

const SIZE_FACTORS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes from `65536`, `64k`, `1M`, `1GiB`, within bounds. */
export function parseSize(
  option: string,
  word: string,
  bounds?: { readonly min: number; readonly max: number },
): number {
  const parts = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/i.exec(word.trim())
  const factor = SIZE_FACTORS[parts?.[2]?.toLowerCase() ?? '']
  if (parts?.[1] === undefined || factor === undefined) {
    throw new UsageError(`${option} takes a size such as 65536, 256k, 4M or 1G, not "${word}"`)
  }
  const bytes = Math.round(Number(parts[1]) * factor)
  if (bounds !== undefined && (bytes < bounds.min || bytes > bounds.max)) {
    throw new UsageError(`${option} must be from ${formatSize(bounds.min)} to ${formatSize(bounds.max)}, not ${word}`)
  }
  return bytes
}

const DURATION_FACTORS: Record<string, number> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** No duration in the protocol is longer. */
const DURATION_MAX_MS = 7 * 86_400_000

/** Milliseconds from `10` (seconds), `1.5s`, `200ms`, `5m`, `2h`, `7d`: a week at most. */
export function parseDurationMs(option: string, word: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/i.exec(word.trim())
  const factor = DURATION_FACTORS[parts?.[2]?.toLowerCase() ?? '']
  if (parts?.[1] === undefined || factor === undefined) {
    throw new UsageError(`${option} takes a duration such as 10, 1.5s, 200ms, 5m or 2h, not "${word}"`)
  }
  const ms = Math.round(Number(parts[1]) * factor)
  if (ms > DURATION_MAX_MS) throw new UsageError(`${option} must be at most 7d, not ${word}`)
  return ms
}

/** A whole number from 0 to `max`. */
export function parseCount(option: string, word: string, max = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  if (!(value <= max)) {
    const bound = max === Number.MAX_SAFE_INTEGER ? '' : ` up to ${max.toLocaleString('en-US')}`
    throw new UsageError(`${option} takes a whole number${bound}, not "${word}"`)
  }
  return value
}

/** More cells than that no terminal of the protocol has. */
const CELLS_MAX = 1000

/** A terminal's size from `80x24`. */
export function parseTerminalSize(option: string, word: string): { columns: number; rows: number } {
  const [, columns = 0, rows = 0] = (/^(\d+)x(\d+)$/i.exec(word) ?? []).map(Number)
  if (Math.min(columns, rows) < 1 || Math.max(columns, rows) > CELLS_MAX) {
    throw new UsageError(`${option} takes columns and rows up to ${CELLS_MAX}, such as 80x24, not "${word}"`)
  }
  return { columns, rows }
}

/** A record from `K=V` words; a later one wins. */
export function parsePairs(option: string, words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => splitPair(option, word)))
}

/**
 * Variables from `K=V` words, and from `K` alone, which passes on the caller's.
 *
 * @param callers the caller's environment
 */
export function parseVariables(
  option: string,
  words: readonly string[],
  callers: NodeJS.ProcessEnv,
): Record<string, string> {
  const pairs = words.map((word): [key: string, value: string] => {
    if (word.includes('=')) return splitPair(option, word)
    const value = callers[word]
    if (value !== undefined) return [word, value]
    throw new UsageError(`${option} ${word}: this variable is not set in your shell; write ${word}=VALUE`)
  })
  return Object.fromEntries(pairs)
}

function splitPair(option: string, word: string): [key: string, value: string] {
  const at = word.indexOf('=')
  if (at < 1) throw new UsageError(`${option} takes KEY=VALUE, not "${word}"`)
  return [word.slice(0, at), word.slice(at + 1)]
}
