// Aligned text measured in terminal cells, and harmless spellings of foreign text. Pure: no I/O, no clock, no environment.

import { cells, cutText } from '../../vt/cell-widths.ts'
import { escaped } from './steering.ts'

/** Colours that add to what the words say, and never say anything alone. */
export type Paint = 'none' | 'good' | 'warn' | 'bad' | 'dim' | 'strong'

const SGR: Record<Exclude<Paint, 'none'>, string> = { good: '32', warn: '33', bad: '31', dim: '2', strong: '1' }

/** One cell of a table; a plain string is unpainted. */
export type Cell = string | { readonly text: string; readonly paint: Paint }

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** The narrowest this column may be cut to; absent: never cut. */
  readonly min?: number
}

export interface TableStyle {
  /** Cells of the terminal; Infinity: nothing is cut. */
  readonly width: number
  readonly colour: boolean
}

const GAP = '  '

/** Lines of an aligned table, title first. Columns with `min` give way, the last first, when the terminal is too narrow. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): string[] {
  const texts = rows.map((row) => columns.map((_, at) => visible(textOf(row[at] ?? ''))))
  const widths = columns.map((column, at) => Math.max(cells(column.title), ...texts.map((row) => cells(row[at] ?? ''))))
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - style.width
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const min = columns[at]?.min
    if (min === undefined) continue
    const given = Math.min(excess, Math.max(0, (widths[at] ?? 0) - min))
    widths[at] = (widths[at] ?? 0) - given
    excess -= given
  }
  const line = (words: readonly string[], paints: readonly Paint[]) =>
    words
      .map((text, at) => {
        const width = widths[at] ?? 0
        const shown = cutText(text, width)
        const padding = ' '.repeat(Math.max(0, width - cells(shown)))
        const painted = paint(shown, paints[at] ?? 'none', style.colour)
        return columns[at]?.align === 'right' ? padding + painted : painted + padding
      })
      .join(GAP)
      .trimEnd()
  return [
    line(
      columns.map((column) => column.title),
      columns.map(() => 'dim'),
    ),
    ...rows.map((row, at) => line(texts[at] ?? [], row.map(paintOf))),
  ]
}

/** Lines of `name  value`, names aligned; a value of several lines is indented under its first. */
export function facts(entries: readonly (readonly [name: string, value: Cell])[], colour: boolean): string[] {
  const width = Math.max(0, ...entries.map(([name]) => cells(name)))
  return entries.flatMap(([name, value]) =>
    textOf(value)
      .split('\n')
      .map((text, at) => {
        const label = (at === 0 ? name : '').padEnd(width)
        return `${paint(label, 'dim', colour)}${GAP}${paint(visible(text), paintOf(value), colour)}`.trimEnd()
      }),
  )
}

const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text)
const paintOf = (cell: Cell) => (typeof cell === 'string' ? 'none' : cell.paint)

export function paint(text: string, how: Paint, colour: boolean): string {
  return colour && how !== 'none' && text !== '' ? `\x1b[${SGR[how]}m${text}\x1b[0m` : text
}

const control = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const spelling: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }

/** Foreign text (a command line, a label) with nothing in it that would steer a terminal, spelt as JSON spells it. */
export function visible(text: string): string {
  return text.replace(control, (found) => spelling[found] ?? escaped(found))
}
