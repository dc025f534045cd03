// Text in rows, broken between words.

import { cells } from '../../../vt/cell-widths.ts'

/** The text in at most so many rows of so many cells. The last row may be longer, and so may a single long word: who shows them cuts them. */
export function wrapWords(text: string, width: number, rowsMax: number): string[] {
  const rows: string[] = []
  let row = ''
  for (const word of text.split(' ')) {
    if (row !== '' && cells(row) + 1 + cells(word) > width && rows.length < rowsMax - 1) {
      rows.push(row)
      row = word
    } else row = row === '' ? word : `${row} ${word}`
  }
  return [...rows, row]
}
