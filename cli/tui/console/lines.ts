// The lines of a console, as they are kept and read. Pure data: nothing here knows where they come from.

import { plain, type Style } from '../screen/style.ts'
import type { Span } from '../screen/text.ts'

/** A channel of output: 1 is stdout, 2 is stderr. */
export type Channel = 1 | 2

/** From here to the next run, or to the end of the line, the text has this style. */
export interface StyleRun {
  readonly at: number
  readonly style: Style
}

export interface TextLine {
  readonly kind: 'text'
  readonly channel: Channel
  readonly text: string
  /** Empty: all of it is plain. */
  readonly runs: readonly StyleRun[]
}

export type ConsoleLine =
  | TextLine
  /** Output that the daemon does not keep any more. */
  | { readonly kind: 'gap'; readonly bytes: number }
  /** What the UI has to say: how the process ended, that the daemon was away. */
  | { readonly kind: 'note'; readonly text: string }
  /** Where one run ended, or another began. */
  | { readonly kind: 'border'; readonly text: string }

/** What may be read of a console; pipes and terminals have it in common. */
export interface ConsoleContent {
  /** Changes whenever the content does. */
  readonly revision: number
  /** The number of the oldest line there is. */
  readonly first: number
  /** The number that the next line will have. */
  readonly end: number
  line(number: number): ConsoleLine | undefined
}

/** The part of a line from one character to another, as spans. */
export function lineSpans(line: TextLine, from = 0, to = line.text.length): Span[] {
  if (line.runs.length === 0) return to > from ? [{ text: line.text.slice(from, to), style: plain }] : []
  const spans: Span[] = []
  const runs = [{ at: 0, style: plain }, ...line.runs]
  for (const [index, { at, style }] of runs.entries()) {
    const start = Math.max(from, at)
    const end = Math.min(to, runs[index + 1]?.at ?? line.text.length)
    if (end > start) spans.push({ text: line.text.slice(start, end), style })
  }
  return spans
}
