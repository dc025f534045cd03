// The line above the console: its tabs, and how the console is looked at.

import { formatCount } from '../../text/format.ts'
import { isLive } from '../protocol-types.ts'
import { Rows } from '../screen/rows.tsx'
import { justify, type Line, lineCells, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { selectedProcess, type UiState } from '../store/state.ts'
import { type Tab, tabsOf } from '../store/tab-line.ts'
import { useView } from './view-props.ts'

export function TabLine() {
  const { state, layout, theme } = useView()
  const pane = layout.tabs
  if (pane === undefined) return null
  const tabs = tabsOf(state)
  const left = tabs.flatMap((tab, at) => tabSpans(tab, at, state, theme))
  const right = [...looking(state, theme), span(' ')]
  const room = pane.width - lineCells(left) - lineCells(right) - 2
  const rule = room > 0 ? span(` ${'─'.repeat(room)}`, theme.rule) : span('')
  return <Rows lines={[justify([...left, rule], right, pane.width)]} pane={pane} />
}

function tabSpans({ number, label, selected, unread }: Tab, at: number, state: UiState, theme: Theme): Span[] {
  const hasKeys = state.focus !== 'list' && state.dialog === undefined
  const style = selected ? (hasKeys ? theme.accentStrong : theme.strong) : theme.dim
  return [
    span(at === 0 ? ' ' : '  '),
    ...(number === undefined ? [] : [span(`${number} `, selected && hasKeys ? theme.accent : theme.dim)]),
    // One that is only looked at goes when another is.
    span(label, number === undefined ? { ...style, italic: true } : style),
    ...(unread ? [span(' •', theme.accent)] : []),
  ]
}

function looking(state: UiState, theme: Theme): Line {
  const process = selectedProcess(state)
  const view = process === undefined ? undefined : state.consoles.get(process.handle)
  if (process === undefined || view === undefined) return []
  const parts: Span[] = []
  if (view.search !== undefined) {
    const found = view.search.line === undefined ? 'not found' : 'n N'
    parts.push(span('/', theme.dim), span(view.search.query, theme.accent), span(` ${found}  `, theme.dim))
  }
  if (!view.wrap) parts.push(span('long lines cut  ', theme.dim))
  if (view.status === 'opening') parts.push(span('opening…', theme.dim))
  else if (view.place.kind === 'at') {
    const below = view.below === 0 ? '' : `, ${formatCount(view.below)} lines below`
    parts.push(span(`paused${below}`, theme.warn))
  } else if (view.status === 'open' && isLive(process.state)) parts.push(span('following', theme.dim))
  return parts
}
