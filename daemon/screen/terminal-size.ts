// The size rule of a terminal that several clients look at: it is as small as the smallest of them, so that each sees all
// of it.

import type { TerminalSize } from '../../proto/protocol.ts'

/** The smallest width and the smallest height of those that state a size; undefined if none does. */
export function smallestSize(stated: Iterable<TerminalSize | undefined>): TerminalSize | undefined {
  let smallest: TerminalSize | undefined
  for (const size of stated) {
    if (size === undefined) continue
    smallest = {
      columns: Math.min(size.columns, smallest?.columns ?? size.columns),
      rows: Math.min(size.rows, smallest?.rows ?? size.rows),
    }
  }
  return smallest
}
