// The list of processes as a table: as many columns as there is room for, the least important going first.

import { cells, fitText } from '../../../vt/cell-widths.ts'
import { formatAge } from '../../text/format.ts'
import { visible } from '../../text/table.ts'
import { isLive, type ProcessState, type ProcessSummary } from '../protocol-types.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { isNarrowed, type SortKey, type UiState, unreadOf } from '../store/state.ts'
import { listRows } from '../store/view-layout.ts'
import { percent, shortSize, stateGlyph, stateLabel, stateStyle } from './figures.ts'
import { useView } from './view-props.ts'

interface Column {
  readonly title: string
  readonly width: number
  readonly align: 'left' | 'right'
  readonly sort?: SortKey
  readonly cell: (process: ProcessSummary) => Span
}

const GAP = '  '
/** The mark of the selected one, the sign of the state, a blank. */
const MARGIN = 3
/** The scroll bar, and a blank before it. */
const BAR = 2
const ID_MIN = 12
const ID_GOOD = 16
const ID_MAX = 32
const LABELS_MIN = 10
const LABELS_GOOD = 24

export function ProcessTable() {
  const { state, layout, theme } = useView()
  const pane = layout.list
  if (pane === undefined) return null
  const rows = listRows(layout)
  const columns = columnsFor(state, theme, pane.width - MARGIN - BAR)
  const { shown, top } = state.list
  const lines = shown.slice(top, top + rows).flatMap((handle, at): Line[] => {
    const process = state.processes.get(handle)
    if (process === undefined) return []
    const bar = scrollBar(at, rows, top, shown.length)
    return [[...processLine(process, columns, state, theme), span(' '), span(bar, theme.rule)]]
  })
  const below = lines.length === 0 ? [emptyLine(state, theme)] : lines
  return <Rows lines={[titles(columns, state, theme), ...below]} pane={pane} />
}

function emptyLine(state: UiState, theme: Theme): Line {
  const words = !state.listed
    ? ''
    : !isNarrowed(state.list)
      ? 'no processes yet; press r to start one'
      : 'no process matches the filter; Esc clears it'
  return [span(' '.repeat(MARGIN)), span(words, theme.dim)]
}

function titles(columns: readonly Column[], { list }: UiState, theme: Theme): Line {
  const arrow = list.reversed ? '▴' : '▾'
  return [
    span(' '.repeat(MARGIN)),
    ...columns.flatMap(({ title, width, align, sort }, at): Span[] => {
      const isSorted = sort !== undefined && sort === list.sort
      const text = isSorted ? (align === 'right' ? `${arrow}${title}` : `${title} ${arrow}`) : title
      return [span(at === 0 ? '' : GAP), span(fitText(text, width, align), isSorted ? theme.accent : theme.dim)]
    }),
  ]
}

function processLine(process: ProcessSummary, columns: readonly Column[], state: UiState, theme: Theme): Line {
  const isSelected = process.handle === state.list.selected
  const hasKeys = state.focus === 'list' && state.dialog === undefined
  const shown = isPlain(process.state) ? columns : withStateWords(columns, state, theme)
  return [
    span(isSelected ? '▌' : ' ', hasKeys ? theme.accent : theme.dim),
    span(`${stateGlyph(process.state)} `, stateStyle(process.state, theme)),
    ...shown.flatMap(({ width, align, cell }, at): Span[] => {
      const { text, style } = cell(process)
      const emphasis = isSelected && at === 0 ? (hasKeys ? theme.accentStrong : theme.strong) : style
      return [span(at === 0 ? '' : GAP), span(fitText(text, width, align), emphasis)]
    }),
  ]
}

/** Whether there is nothing to tell of it but that it runs. */
const isPlain = (state: ProcessState): boolean => state.kind === 'running' && state.health !== 'down'

/** Where there is no column for the states, words stand in place of what a process uses that does not simply run. */
function withStateWords(columns: readonly Column[], { now }: UiState, theme: Theme): readonly Column[] {
  const at = columns.findIndex(({ sort }) => sort === 'cpu')
  const [cpu, memory] = columns.slice(at, at + 2)
  if (columns.some(({ sort }) => sort === 'state') || cpu === undefined || memory === undefined) return columns
  const words: Column = {
    title: '',
    width: cpu.width + GAP.length + memory.width,
    align: 'right',
    cell: (process) => span(stateLabel(process.state, now), stateStyle(process.state, theme)),
  }
  return [...columns.slice(0, at), words, ...columns.slice(at + 2)]
}

/** The columns that fit into so many cells. */
function columnsFor(state: UiState, theme: Theme, width: number): Column[] {
  const ids = [...state.processes.values()].map(({ id }) => cells(id))
  const widestId = Math.min(ID_MAX, Math.max(ID_MIN, ...ids))
  const { id, stateColumn, cpu, memory, uptime, unread, labels } = columnsOf(state, theme)
  const taken = (chosen: readonly Column[]) => chosen.reduce((sum, each) => sum + GAP.length + each.width, 0)
  // What there is room for, in the order of its worth; the id is cut to no less than its least.
  let chosen = taken([cpu, memory, uptime]) + ID_MIN <= width ? [cpu, memory, uptime] : [cpu, memory]
  if (taken(chosen) + taken([stateColumn]) + ID_MIN <= width) chosen = [stateColumn, ...chosen]
  if (taken(chosen) + taken([unread]) + ID_MIN + 4 <= width) chosen = [...chosen, unread]
  const left = width - taken(chosen)
  // Long ids give way to the labels, down to a length at which most can still be told apart.
  const idWidth = Math.min(widestId, Math.max(ID_GOOD, left - GAP.length - LABELS_GOOD))
  const labelsWidth = left - GAP.length - idWidth
  if (labelsWidth >= LABELS_MIN) return [{ ...id, width: idWidth }, ...chosen, { ...labels, width: labelsWidth }]
  return [{ ...id, width: Math.max(ID_MIN, left) }, ...chosen]
}

function columnsOf(state: UiState, theme: Theme) {
  const whenAlive = (process: ProcessSummary, text: () => Span): Span =>
    isLive(process.state) ? text() : span('', theme.dim)
  const column = (
    title: string,
    width: number,
    align: Column['align'],
    sort: SortKey | undefined,
    cell: Column['cell'],
  ) => ({ title, width, align, cell, ...(sort === undefined ? {} : { sort }) }) satisfies Column
  return {
    id: column('ID', ID_MIN, 'left', 'id', ({ id }) => span(visible(id), theme.text)),
    stateColumn: column('STATE', 12, 'left', 'state', (process) =>
      span(stateLabel(process.state, state.now), stateStyle(process.state, theme)),
    ),
    cpu: column('CPU%', 6, 'right', 'cpu', (process) =>
      whenAlive(process, () => {
        const share = state.usage.get(process.handle)?.cpu
        return span(percent(share), share === undefined || share < 0.0005 ? theme.dim : theme.text)
      }),
    ),
    memory: column('MEM', 5, 'right', 'memory', (process) =>
      whenAlive(process, () => {
        const usage = state.usage.get(process.handle)
        return usage === undefined ? span('·', theme.dim) : span(shortSize(usage.memory), theme.text)
      }),
    ),
    uptime: column('UPTIME', 7, 'right', 'uptime', (process) =>
      whenAlive(process, () => span(formatAge(state.now - runStart(process)), theme.dim)),
    ),
    unread: column('UNREAD', 7, 'right', 'unread', (process) => {
      const bytes = unreadOf(state, process)
      return span(bytes === 0 ? '' : shortSize(bytes), theme.accent)
    }),
    labels: column('LABELS', 10, 'left', undefined, ({ labels }) =>
      span(
        visible(
          Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(' '),
        ),
        theme.dim,
      ),
    ),
  }
}

/** When its run began. */
const runStart = ({ state, startedAt }: ProcessSummary): number => ('since' in state ? state.since : startedAt)

/** A piece of the bar that shows which part of the list is to be seen. */
function scrollBar(row: number, rows: number, top: number, total: number): string {
  if (total <= rows) return ' '
  const size = Math.max(1, Math.round((rows * rows) / total))
  const start = Math.round((top / Math.max(1, total - rows)) * (rows - size))
  return row >= start && row < start + size ? '┃' : '│'
}
