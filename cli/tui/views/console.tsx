// The console of the selected process: rows of its output, with a mark beside those from stderr, and with gaps and ends told
// in lines of their own.

import { cells, graphemes, prefix } from '../../../vt/cell-widths.ts'
import { formatSize } from '../../text/format.ts'
import { type ConsoleLine, lineSpans } from '../console/lines.ts'
import { type ConsoleRow, visibleRows } from '../console/scrolling.ts'
import { matchesIn } from '../console/searching.ts'
import { Rows } from '../screen/rows.tsx'
import type { Style } from '../screen/style.ts'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import type { ConsoleView } from '../store/state.ts'
import { consoleShape } from '../store/view-layout.ts'
import { type CursorPlace, useView } from './view-props.ts'

export function Console() {
  const { state, layout, theme, consoleOf } = useView()
  const pane = layout.console
  if (pane === undefined) return null
  const handle = state.list.selected
  const view = handle === undefined ? undefined : state.consoles.get(handle)
  const shown = handle === undefined ? undefined : consoleOf(handle)
  const shape = view === undefined ? undefined : consoleShape(layout, view)
  const rows =
    view === undefined || shape === undefined || shown === undefined
      ? [[span(state.processes.size === 0 ? '' : ' …', theme.dim)]]
      : visibleRows(shown.content, view.place, shape).map((row) =>
          rowLine(row, view, { theme, width: pane.width }, state.focus === 'terminal' ? shown.cursor : undefined),
        )
  const failure = view?.failure === undefined ? [] : [[span(' '), span(`✕ ${view.failure}`, theme.bad)]]
  // What went wrong is the last thing that is known.
  const lines = [...rows.slice(0, pane.height - failure.length), ...failure]
  return <Rows lines={lines} pane={pane} />
}

function rowLine(
  row: ConsoleRow,
  view: ConsoleView,
  { theme, width }: { readonly theme: Theme; readonly width: number },
  cursor: CursorPlace | undefined,
): Line {
  const { line } = row
  if (line.kind === 'border') {
    const left = `── ${line.text} `
    return [span(' '), span(left, theme.dim), span('─'.repeat(Math.max(0, width - 1 - cells(left))), theme.rule)]
  }
  if (line.kind === 'gap')
    return [span(' '), span(`┄┄ ${formatSize(line.bytes)} of output are missing here ┄┄`, theme.dim)]
  if (line.kind === 'note') return [span(' '), span(`── ${line.text} ──`, theme.dim)]
  const spans = withMatches(lineSpans(line, row.from, row.to), row, view, theme)
  const text = cursor?.line === row.number ? withCursor(spans, cursor.column, theme) : spans
  return [line.channel === 2 ? span('▎', theme.stderr) : span(' '), ...text]
}

/** The spans, with what the search found shown in them. */
function withMatches(spans: Span[], row: ConsoleRow, { search }: ConsoleView, theme: Theme): Span[] {
  if (search === undefined || row.line.kind !== 'text') return spans
  const ranges = matchesIn(textOf(row.line), search.query)
  if (ranges.length === 0) return spans
  const style = search.line === row.number ? theme.matchHere : theme.match
  const marked: Span[] = []
  let at = row.from
  for (const each of spans) {
    let from = at
    const end = at + each.text.length
    for (const [start, stop] of ranges) {
      if (stop <= from || start >= end) continue
      push(marked, each.text.slice(from - at, Math.max(from, start) - at), each.style)
      push(marked, each.text.slice(Math.max(from, start) - at, Math.min(stop, end) - at), style)
      from = Math.min(stop, end)
    }
    push(marked, each.text.slice(from - at), each.style)
    at = end
  }
  return marked
}

const textOf = (line: ConsoleLine) => (line.kind === 'gap' ? '' : line.text)

function push(spans: Span[], text: string, style: Style): void {
  if (text !== '') spans.push(span(text, style))
}

/** The spans, with the cell of the cursor shown in them, which may be beyond their end. */
function withCursor(spans: readonly Span[], column: number, theme: Theme): Span[] {
  const marked: Span[] = []
  let left = column
  let isPlaced = false
  for (const each of spans) {
    const width = cells(each.text)
    if (isPlaced || left >= width) {
      marked.push(each)
      left -= isPlaced ? 0 : width
      continue
    }
    const before = prefix(each.text, left).text
    const [under = ' '] = graphemes(each.text.slice(before.length))
    push(marked, before, each.style)
    marked.push(span(under, { ...each.style, ...theme.cursor }))
    push(marked, each.text.slice(before.length + under.length), each.style)
    isPlaced = true
  }
  if (!isPlaced) marked.push(span(' '.repeat(Math.max(0, left))), span(' ', theme.cursor))
  return marked
}
