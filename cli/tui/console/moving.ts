// What scrolling and searching make of the place at which a console is looked at. Pure: content and place in, place out.

import type { ConsoleContent } from './lines.ts'
import { atEnd, atStart, centred, type PaneShape, type Place, paused, scrolled } from './scrolling.ts'
import { findLine } from './searching.ts'

/** How to move. */
export type ScrollStep = { readonly rows: number } | { readonly pages: number } | 'start' | 'end' | 'pause'

/** Where the step leads. */
export function moved(content: ConsoleContent, place: Place, shape: PaneShape, step: ScrollStep): Place {
  if (step === 'start') return atStart(content)
  if (step === 'end') return atEnd
  if (step === 'pause') return paused(content, place, shape)
  if ('rows' in step) return scrolled(content, place, shape, step.rows)
  // A page leaves one row to go on from.
  return scrolled(content, place, shape, step.pages * Math.max(1, shape.height - 1))
}

/** From where to search: the end, or the match that was found last. */
export type FindStep = 'end' | 'older' | 'newer'

/** The line found, and the place to see it; the line is undefined if there is none. */
export function found(
  content: ConsoleContent,
  place: Place,
  shape: PaneShape,
  search: { readonly query: string; readonly line: number | undefined },
  step: FindStep,
): { readonly line: number | undefined; readonly place: Place } {
  const direction = step === 'newer' ? 'down' : 'up'
  const last = step === 'end' ? undefined : search.line
  const from = last === undefined ? content.end - 1 : direction === 'up' ? last - 1 : last + 1
  const line = findLine(content, search.query, from, direction)
  return { line, place: line === undefined ? place : centred(content, line, shape) }
}
