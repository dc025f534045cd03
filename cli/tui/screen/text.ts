// Styled text: spans, lines of an exact width, and their serialisation. Nothing here interprets
// escape sequences; texts must not hold any (see console/ for the output of processes).

import { cells, prefix } from '../../../vt/cell-widths.ts'
import { type ColourDepth, plain, type Style, sgrParameters } from './style.ts'

/** Text of one style. Holds no control characters. */
export interface Span {
  readonly text: string
  readonly style: Style
}

/** One row of a screen, or part of one. */
export type Line = readonly Span[]

export const span = (text: string, style: Style = plain): Span => ({ text, style })

export const lineCells = (line: Line): number => line.reduce((sum, { text }) => sum + cells(text), 0)

/** A line in exactly so many cells: cut with "…", or filled up with blanks. */
export function fitLine(line: Line, width: number, fill: Style = plain): Line {
  const fitted: Span[] = []
  let left = width
  const spans = line.filter(({ text }) => text !== '')
  for (const [at, { text, style }] of spans.entries()) {
    const used = cells(text)
    const more = spans.slice(at + 1).some((rest) => cells(rest.text) > 0)
    if (used < left || (used === left && !more)) {
      fitted.push({ text, style })
      left -= used
      continue
    }
    const cut = prefix(text, left - 1)
    if (left > 0) fitted.push({ text: `${cut.text}…`, style })
    left -= cut.cells + 1
    break
  }
  if (left > 0) fitted.push({ text: ' '.repeat(left), style: fill })
  return fitted
}

/** Left and right parts in one line of exactly so many cells; the left one gives way, the right one is kept whole. */
export function justify(left: Line, right: Line, width: number, fill: Style = plain): Line {
  const rightCells = lineCells(right)
  if (rightCells === 0) return fitLine(left, width, fill)
  if (rightCells >= width) return fitLine(right, width, fill)
  return [...fitLine(left, width - rightCells - 1, fill), { text: ' ', style: fill }, ...right]
}

/** What a terminal is sent to show the line at its cursor; it ends in the default style, as it must begin. */
export function serialize(line: Line, depth: ColourDepth): string {
  let out = ''
  let current = ''
  for (const { text, style } of line) {
    if (text === '') continue
    const parameters = sgrParameters(style, depth)
    if (parameters !== current) {
      // From the default style there is nothing to reset.
      out += current === '' ? `\x1b[${parameters}m` : parameters === '' ? '\x1b[m' : `\x1b[0;${parameters}m`
      current = parameters
    }
    out += text
  }
  return current === '' ? out : `${out}\x1b[m`
}
