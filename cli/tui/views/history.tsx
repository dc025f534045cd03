// The last runs of a process on a page of their own: when each began and ended, and how.

import { stateSentence } from '../../text/state-sentence.ts'
import { historyTable } from '../../text/status-text.ts'
import { visible } from '../../text/table.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { wrapWords } from '../screen/wrap.ts'
import type { UiState } from '../store/state.ts'
import { titleLine } from './details.tsx'
import { stateStyle } from './figures.ts'
import { runLines } from './life-facts.ts'
import { useView } from './view-props.ts'

/** Rows that the sentence about what it is now may take. */
const SENTENCE_ROWS = 3
/** From here on there is room for the table. */
const TABLE_COLUMNS = 76

export function History() {
  const { state, layout, theme } = useView()
  const pane = layout.page
  const { dialog } = state
  if (pane === undefined || dialog?.kind !== 'history') return null
  const process = state.processes.get(dialog.handle)
  if (process === undefined) return null
  const id = visible(process.id)
  const sentence = wrapWords(`${id} ${stateSentence(process.state, state.now)}`, pane.width - 2, SENTENCE_ROWS)
  const head = [
    titleLine(`runs of ${id}`, pane.width, theme),
    ...sentence.map((row): Line => [span(` ${row}`, stateStyle(process.state, theme))]),
    [],
  ]
  const [titles = [], ...runs] = rowsOf(state, theme, pane.width)
  const room = Math.max(1, pane.height - head.length - 1)
  const top = Math.min(dialog.top, Math.max(0, runs.length - room))
  return <Rows lines={[...head, titles, ...runs.slice(top, top + room)]} pane={pane} />
}

/** The titles, and the runs, the newest first. */
function rowsOf({ detail, dialog, now }: UiState, theme: Theme, width: number): Line[] {
  const handle = dialog?.kind === 'history' ? dialog.handle : undefined
  if (detail === undefined || detail.handle !== handle) return [[span(' …', theme.dim)]]
  const ends = detail.runsKept?.length ?? 0
  if (width < TABLE_COLUMNS && ends > 0) return [[], ...runLines(detail, theme, ends)]
  const [titles = '', ...runs] = historyTable(detail, now, { width: width - 2, colour: false })
  if (runs.length === 0) return [[span(' no run has ended yet', theme.dim)]]
  return [[span(` ${titles}`, theme.dim)], ...runs.reverse().map((row): Line => [span(` ${row}`, theme.text)])]
}
