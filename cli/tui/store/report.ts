// What just happened, where one line does not hold it: it is shown above the hints, takes no keys, and goes away by itself.

import { wrapWords } from '../screen/wrap.ts'
import type { UiState } from './state.ts'

export interface Report {
  readonly text: readonly string[]
  /** The newest output of the process that it is about. */
  readonly lines: readonly string[]
}

/** Cells that the sign before a notice, and the hint to the help after it, take. */
const BESIDE = 12
const TEXT_ROWS = 4

/** Undefined: there is nothing to tell, or the line of the hints holds it. */
export function reportOf({ notice, size, dialog }: Pick<UiState, 'notice' | 'size' | 'dialog'>): Report | undefined {
  if (notice === undefined || dialog !== undefined) return undefined
  const isShort = notice.tone !== 'bad' || notice.text.length <= size.columns - BESIDE
  if (isShort && notice.lines.length === 0) return undefined
  return { text: wrapWords(notice.text, size.columns - 4, TEXT_ROWS), lines: notice.lines }
}
