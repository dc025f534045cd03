// What a terminal shows: a grid of cells, read out of a terminal without a window that was fed the bytes of a recording.

import headless, { type IBufferCell } from '@xterm/headless'

/** A number of the palette of 256, `#rrggbb`, or undefined for the terminal's own. */
export type Colour = number | `#${string}` | undefined

export interface Style {
  readonly foreground: Colour
  readonly background: Colour
  readonly bold: boolean
  readonly dim: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly strikethrough: boolean
  readonly inverse: boolean
}

export interface Cell {
  /** One letter with what combines with it; a blank where nothing was written. */
  readonly text: string
  /** Columns that it takes: 2 for a wide letter, whose second column has no cell of its own. */
  readonly width: 1 | 2
  readonly style: Style
}

export interface Screen {
  readonly columns: number
  readonly rows: number
  readonly lines: readonly (readonly Cell[])[]
  /** Where the cursor is; absent: hidden. */
  readonly cursor?: { readonly column: number; readonly row: number }
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The screen of a terminal of this size after these bytes. */
export async function screenOf(bytes: Uint8Array | string, size: Size): Promise<Screen> {
  const terminal = new headless.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0 })
  try {
    await new Promise<void>((resolve) => terminal.write(bytes, resolve))
    const buffer = terminal.buffer.active
    const lines = Array.from({ length: size.rows }, (_, row) => {
      const line = buffer.getLine(buffer.baseY + row)
      const cells: Cell[] = []
      for (let column = 0; column < size.columns; column++) {
        const cell = line?.getCell(column)
        if (cell !== undefined && cell.getWidth() > 0) cells.push(cellOf(cell))
      }
      return cells
    })
    return { ...size, lines, cursor: { column: buffer.cursorX, row: buffer.cursorY } }
  } finally {
    terminal.dispose()
  }
}

/** The text of a line, without the blanks at its end. */
export const textOf = (line: readonly Cell[]): string =>
  line
    .map(({ text }) => text)
    .join('')
    .trimEnd()

function cellOf(cell: IBufferCell): Cell {
  const text = cell.isInvisible() ? '' : cell.getChars()
  return {
    text: text === '' ? ' ' : text,
    width: cell.getWidth() === 2 ? 2 : 1,
    style: {
      foreground: colour(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
      background: colour(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
      bold: cell.isBold() !== 0,
      dim: cell.isDim() !== 0,
      italic: cell.isItalic() !== 0,
      underline: cell.isUnderline() !== 0,
      strikethrough: cell.isStrikethrough() !== 0,
      inverse: cell.isInverse() !== 0,
    },
  }
}

function colour(isDefault: boolean, isRgb: boolean, value: number): Colour {
  if (isDefault) return undefined
  return isRgb ? `#${value.toString(16).padStart(6, '0')}` : value
}
