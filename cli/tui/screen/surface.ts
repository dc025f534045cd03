// Between Ink and the terminal. Ink lays boxes out; the text in them does not go through Ink, which would take it apart cell
// by cell (30 ms for a screen of 200×60) and remember the width of each text for ever. In Ink's picture a block of rows is
// one private-use character, at the block's first cell, that stands for lines kept here. So Ink draws only when boxes change,
// foreign text never meets it, and each row begins exactly where its box does, even if a terminal disagrees about the width
// of a character to the left of it.

import type { ColourDepth } from './style.ts'
import { fitLine, type Line, serialize } from './text.ts'

const FIRST = 0xe000
const LAST = 0xf8ff

/** Lines that stand in one box. */
interface Block {
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
}

/** Where a block is: cells from the left and from the top. */
interface Placement {
  readonly slot: number
  readonly x: number
  readonly y: number
}

export class Surface {
  readonly #depth: ColourDepth
  readonly #blocks = new Map<number, Block>()
  #picture: string | undefined
  #placements: readonly Placement[] = []

  constructor(depth: ColourDepth) {
    this.#depth = depth
  }

  /** A place for a block; it must be given back. */
  open(): number {
    let slot = 0
    while (this.#blocks.has(slot)) slot++
    if (FIRST + slot > LAST) throw new Error('internal error: more blocks of text than a screen can have')
    this.#blocks.set(slot, { lines: [], width: 0, height: 0 })
    return slot
  }

  close(slot: number): void {
    this.#blocks.delete(slot)
  }

  /** The character that stands for the block in Ink's picture. */
  token(slot: number): string {
    return String.fromCharCode(FIRST + slot)
  }

  put(slot: number, block: Block): void {
    this.#blocks.set(slot, block)
  }

  /** What a terminal is sent for each row of Ink's picture, from the row's first cell on. */
  compose(picture: string, columns: number): string[] {
    if (picture !== this.#picture) {
      this.#picture = picture
      this.#placements = placementsIn(picture)
    }
    const count = picture.split('\n').length
    const rows = Array.from({ length: count }, (): { x: number; line: Line; width: number }[] => [])
    for (const { slot, x, y } of this.#placements) {
      const block = this.#blocks.get(slot)
      if (block === undefined) continue
      const { lines, width, height } = block
      for (let at = 0; at < height; at++) rows[y + at]?.push({ x, width, line: lines[at] ?? [] })
    }
    return rows.map((parts) =>
      this.#row(
        parts.sort((one, other) => one.x - other.x),
        columns,
      ),
    )
  }

  #row(parts: readonly { readonly x: number; readonly line: Line; readonly width: number }[], columns: number): string {
    let out = ''
    let at = 0
    for (const { x, line, width } of parts) {
      out += ' '.repeat(Math.max(0, x - at))
      if (x > 0) out += `\x1b[${x + 1}G`
      out += serialize(fitLine(line, width), this.#depth)
      at = x + width
    }
    return at < columns ? `${out}\x1b[K` : out
  }
}

function placementsIn(picture: string): Placement[] {
  return picture.split('\n').flatMap((row, y) =>
    [...row].flatMap((character, x) => {
      const code = character.charCodeAt(0)
      return code >= FIRST && code <= LAST ? [{ slot: code - FIRST, x, y }] : []
    }),
  )
}
