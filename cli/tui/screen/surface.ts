// Between Ink and the terminal. Ink lays the boxes out; the text in them does not go through Ink, which would take it apart
// cell by cell (30 ms for a screen of 200×60, and its measurements are remembered for ever). Instead each row of text is one
// private-use character in Ink's picture, which stands for a line kept here. So foreign text never meets Ink, and each row
// is put exactly where its box begins, even if a terminal disagrees about the width of a character to the left of it.

import type { ColourDepth } from './style.ts'
import { type Line, lineCells, serialize } from './text.ts'

const FIRST = 0xe000
const LAST = 0xf8ff

export class Surface {
  readonly #depth: ColourDepth
  #lines: Line[] = []

  constructor(depth: ColourDepth) {
    this.#depth = depth
  }

  /** A new picture begins. */
  clear(): void {
    this.#lines = []
  }

  /** The character that stands for a line in Ink's picture. */
  token(line: Line): string {
    const code = FIRST + this.#lines.length
    if (code > LAST) throw new Error('internal error: more rows of text than a screen can have')
    this.#lines.push(line)
    return String.fromCharCode(code)
  }

  /** What a terminal is sent for each row of Ink's picture, from the row's first cell on. */
  compose(picture: string, columns: number): string[] {
    return picture.split('\n').map((row) => this.#composeRow(row, columns))
  }

  #composeRow(row: string, columns: number): string {
    let out = ''
    let at = 0
    for (let x = 0; x < row.length; x++) {
      const line = this.#lines[row.charCodeAt(x) - FIRST]
      if (line === undefined) continue
      out += ' '.repeat(Math.max(0, x - at))
      if (x > 0) out += `\x1b[${x + 1}G`
      out += serialize(line, this.#depth)
      at = x + lineCells(line)
    }
    return at < columns ? `${out}\x1b[K` : out
  }
}
