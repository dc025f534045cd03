// What a process needs and what needs it, as a tree on a page of its own that is walked with the arrows.

import { cells, fitText } from '../../../vt/cell-widths.ts'
import { visible } from '../../text/table.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { type DependencyRow, dependencyRows, placeOf } from '../store/dependencies.ts'
import type { UiState } from '../store/state.ts'
import { titleLine } from './details.tsx'
import { stateGlyph, stateLabel, stateStyle } from './figures.ts'
import { useView } from './view-props.ts'

/** Cells of the state. */
const STATE_WIDTH = 14
/** The mark of the chosen one, the sign of its state, and a blank before and after that. */
const MARGIN = 5

export function Dependencies() {
  const { state, layout, theme } = useView()
  const pane = layout.page
  const { dialog } = state
  if (pane === undefined || dialog?.kind !== 'dependencies') return null
  const rows = dependencyRows(state, dialog.handle)
  const chosen = placeOf(rows) + dialog.chosen
  const widest = Math.max(...rows.map(({ branches, name }) => cells(branches) + cells(visible(name))))
  const nameWidth = Math.min(widest, Math.floor(pane.width / 2) - MARGIN)
  const lines: Line[] = []
  let at = 0
  for (const [index, row] of rows.entries()) {
    if (rows[index - 1]?.kind !== row.kind) lines.push(...heading(row, index, theme))
    if (index === chosen) at = lines.length
    lines.push(rowLine(row, { state, theme, nameWidth, isChosen: index === chosen }))
  }
  if (!rows.some(({ kind }) => kind === 'needs')) lines.unshift([span(' it needs no other process', theme.dim)], [])
  if (rows.at(-1)?.kind === 'itself') lines.push([], [span(' no other process needs it', theme.dim)])
  const room = pane.height - 1
  const top = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room))
  const id = visible(state.processes.get(dialog.handle)?.id ?? '')
  return <Rows lines={[titleLine(`around ${id}`, pane.width, theme), ...lines.slice(top, top + room)]} pane={pane} />
}

function heading({ kind }: DependencyRow, index: number, theme: Theme): Line[] {
  const blank: Line[] = index === 0 ? [] : [[]]
  if (kind === 'itself') return blank
  return [...blank, [span(kind === 'needs' ? ' it needs' : ' it is needed by', theme.dim)]]
}

interface Look {
  readonly state: UiState
  readonly theme: Theme
  readonly nameWidth: number
  readonly isChosen: boolean
}

function rowLine(row: DependencyRow, { state, theme, nameWidth, isChosen }: Look): Line {
  const { branches, name, process } = row
  const room = Math.max(1, nameWidth - cells(branches))
  const before = [span(isChosen ? ' ▌ ' : '   ', theme.accent), span(branches, theme.rule)]
  const fitted = span(fitText(visible(name), room), isChosen ? theme.accentStrong : theme.text)
  if (process === undefined) return [...before, span('? ', theme.bad), fitted, span('  no such process', theme.bad)]
  const style = stateStyle(process.state, theme)
  const label = stateLabel(process.state, state.now)
  return [
    ...before,
    span(`${stateGlyph(process.state)} `, style),
    fitted,
    span(`  ${row.need === undefined ? label : fitText(label, STATE_WIDTH)}`, style),
    ...needSpans(row, theme),
  ]
}

function needSpans({ kind, need, repeated }: DependencyRow, theme: Theme): Line {
  if (need === undefined) return []
  const { condition, met, binds } = need
  const words = kind === 'needs' ? `must be ${condition}` : `needs it ${condition}`
  return [
    span(met ? '✓ ' : '✕ ', met ? theme.good : theme.warn),
    span(`${words}${binds ? ', and is stopped with it' : ''}${repeated ? '; see above' : ''}`, theme.dim),
  ]
}
