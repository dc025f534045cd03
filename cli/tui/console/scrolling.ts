// Which rows of a console are to be seen: long lines wrapped to the pane's width, from a place in the scrollback, or at its
// end. Pure: content and place in, rows or another place out. Looks only at lines near the place, however many there are.

import { graphemeCells, graphemes, isSimple } from '../../../vt/cell-widths.ts'
import type { ConsoleContent, ConsoleLine } from './lines.ts'

/** Where a console is looked at: at its end, as it grows; or with this row of this line at the top. */
export type Place = { readonly kind: 'end' } | { readonly kind: 'at'; readonly line: number; readonly row: number }

export const atEnd: Place = { kind: 'end' }

/** The pane that shows it. */
export interface PaneShape {
  readonly width: number
  readonly height: number
  /** Long lines go on in further rows; else they are cut. */
  readonly wrap: boolean
}

/** One row of the pane: a part of a line, in characters. */
export interface ConsoleRow {
  readonly number: number
  readonly line: ConsoleLine
  readonly from: number
  readonly to: number
}

/** Where each row of a text begins, when it is wrapped. */
export function wrapStarts(text: string, width: number): number[] {
  if (width < 1 || text === '') return [0]
  if (isSimple(text)) {
    return Array.from({ length: Math.ceil(text.length / width) }, (_, row) => row * width)
  }
  const starts = [0]
  let at = 0
  let used = 0
  for (const grapheme of graphemes(text)) {
    const next = graphemeCells(grapheme)
    if (used + next > width && used > 0) {
      starts.push(at)
      used = 0
    }
    used += next
    at += grapheme.length
  }
  return starts
}

function startsOf(line: ConsoleLine, shape: PaneShape): number[] {
  return shape.wrap && line.kind === 'text' ? wrapStarts(line.text, shape.width) : [0]
}

/** The rows to be seen, at most as many as the pane is high. */
export function visibleRows(content: ConsoleContent, place: Place, shape: PaneShape): ConsoleRow[] {
  const top = topOf(content, place, shape)
  const rows: ConsoleRow[] = []
  for (let number = top.line; number < content.end && rows.length < shape.height; number++) {
    const line = content.line(number)
    if (line === undefined) continue
    const starts = startsOf(line, shape)
    const skipped = number === top.line ? Math.min(top.row, starts.length - 1) : 0
    for (let row = skipped; row < starts.length && rows.length < shape.height; row++) {
      rows.push({ number, line, from: starts[row] ?? 0, to: starts[row + 1] ?? lengthOf(line) })
    }
  }
  return rows
}

const lengthOf = (line: ConsoleLine) => (line.kind === 'gap' ? 0 : line.text.length)

interface Top {
  readonly line: number
  readonly row: number
}

/** The row at the top of the pane. */
function topOf(content: ConsoleContent, place: Place, shape: PaneShape): Top {
  const last = lastTop(content, shape)
  if (place.kind === 'end' || isBefore(last, place)) return last
  return place.line < content.first ? { line: content.first, row: 0 } : { line: place.line, row: place.row }
}

const isBefore = (one: Top, other: Top) => one.line < other.line || (one.line === other.line && one.row < other.row)

/** The row at the top when the end is at the bottom. */
function lastTop(content: ConsoleContent, shape: PaneShape): Top {
  return back(content, { line: content.end, row: 0 }, shape.height, shape)
}

/** So many rows further up, or the first one. */
function back(content: ConsoleContent, from: Top, count: number, shape: PaneShape): Top {
  let { line, row } = from
  let left = count
  while (left > row) {
    if (line <= content.first) return { line: content.first, row: 0 }
    left -= row + 1
    line -= 1
    const above = content.line(line)
    row = above === undefined ? 0 : startsOf(above, shape).length - 1
  }
  row -= left
  return { line, row }
}

/** So many rows further down. */
function forth(content: ConsoleContent, from: Top, count: number, shape: PaneShape): Top {
  let { line, row } = from
  for (let left = count; left > 0 && line < content.end; left--) {
    const here = content.line(line)
    if (here !== undefined && row + 1 < startsOf(here, shape).length) row += 1
    else {
      line += 1
      row = 0
    }
  }
  return { line, row }
}

/** The place after scrolling by so many rows, down if positive. At the end it follows again. */
export function scrolled(content: ConsoleContent, place: Place, shape: PaneShape, by: number): Place {
  const top = topOf(content, place, shape)
  const moved = by < 0 ? back(content, top, -by, shape) : forth(content, top, by, shape)
  if (by >= 0 && !isBefore(moved, lastTop(content, shape))) return atEnd
  return { kind: 'at', ...moved }
}

/** The place that stays what it is while more comes: where the pane's top is now. */
export function paused(content: ConsoleContent, place: Place, shape: PaneShape): Place {
  return { kind: 'at', ...topOf(content, place, shape) }
}

/** The oldest line at the top. */
export const atStart = (content: ConsoleContent): Place => ({ kind: 'at', line: content.first, row: 0 })

/** A place that has this line in the middle of the pane. */
export function centred(content: ConsoleContent, line: number, shape: PaneShape): Place {
  return { kind: 'at', ...back(content, { line, row: 0 }, Math.floor(shape.height / 2), shape) }
}

/** Lines below the pane. */
export function linesBelow(content: ConsoleContent, place: Place, shape: PaneShape): number {
  if (place.kind === 'end') return 0
  const last = visibleRows(content, place, shape).at(-1)
  return last === undefined ? 0 : content.end - 1 - last.number
}
