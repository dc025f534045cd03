// Styled text measured in terminal cells: spans, lines of an exact width, and their serialisation. Nothing here interprets
// escape sequences; texts must not hold any (see console/ for the output of processes).

import stringWidth from 'string-width'
import { type ColourDepth, plain, type Style, sgrParameters } from './style.ts'

/** Text of one style. Holds no control characters. */
export interface Span {
  readonly text: string
  readonly style: Style
}

/** One row of a screen, or part of one. */
export type Line = readonly Span[]

export const span = (text: string, style: Style = plain): Span => ({ text, style })

/**
 * Texts of characters that take one cell each and do not join with others: ASCII, letters of Europe, punctuation, arrows and
 * box drawing. All others are taken apart into graphemes, which costs a hundred times as much.
 */
export const simple =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc]*$/
const segmenter = new Intl.Segmenter('en')

/** Widths of the graphemes seen; bounded, since a process may write any. */
const widths = new Map<string, number>()
const WIDTHS_MAX = 4096

/** Cells that one grapheme takes: 0, 1 or 2, and more for a few clusters. */
export function graphemeCells(grapheme: string): number {
  if (simple.test(grapheme)) return grapheme.length
  const known = widths.get(grapheme)
  if (known !== undefined) return known
  const width = stringWidth(grapheme)
  if (widths.size >= WIDTHS_MAX) widths.clear()
  widths.set(grapheme, width)
  return width
}

/** The graphemes of a text. */
export function* graphemes(text: string): Generator<string, undefined> {
  for (const { segment } of segmenter.segment(text)) yield segment
}

/** Cells that a text takes on a terminal. */
export function cells(text: string): number {
  if (simple.test(text)) return text.length
  let sum = 0
  for (const grapheme of graphemes(text)) sum += graphemeCells(grapheme)
  return sum
}

export const lineCells = (line: Line): number => line.reduce((sum, { text }) => sum + cells(text), 0)

/** The part of a text that fits into so many cells, and how many it takes. */
export function prefix(text: string, width: number): { readonly text: string; readonly cells: number } {
  if (simple.test(text)) {
    const kept = text.length <= width ? text : text.slice(0, Math.max(0, width))
    return { text: kept, cells: kept.length }
  }
  let end = 0
  let used = 0
  for (const grapheme of graphemes(text)) {
    const next = graphemeCells(grapheme)
    if (used + next > width) break
    used += next
    end += grapheme.length
  }
  return { text: text.slice(0, end), cells: used }
}

/** A text in at most so many cells, with "…" where something is missing. */
export function cutText(text: string, width: number): string {
  if (width <= 0) return ''
  if (cells(text) <= width) return text
  return `${prefix(text, width - 1).text}…`
}

/** A text in exactly so many cells. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutText(text, width)
  const padding = ' '.repeat(Math.max(0, width - cells(cut)))
  return align === 'right' ? padding + cut : cut + padding
}

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
