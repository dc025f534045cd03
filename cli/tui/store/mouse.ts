// The mouse: the wheel scrolls what is under it, a click selects it. Everything it does has a key as well.

import type { MouseEvent } from '../../terminal/input-events.ts'
import { contains } from '../screen/layout.ts'
import { opened, withSelected } from './pane-commands.ts'
import { withTop } from './process-list.ts'
import type { UiState } from './state.ts'
import { just, type Step } from './steps.ts'
import { tabAt } from './tab-line.ts'
import { listRows, viewLayout } from './view-layout.ts'

const WHEEL_ROWS = 3

export function moused(state: UiState, { action, column, row }: MouseEvent): Step {
  const layout = viewLayout(state)
  if (action === 'wheel up' || action === 'wheel down') {
    const by = action === 'wheel up' ? -WHEEL_ROWS : WHEEL_ROWS
    const { dialog } = state
    if (dialog?.kind === 'help' || dialog?.kind === 'history')
      return just({ ...state, dialog: { ...dialog, top: Math.max(0, dialog.top + by) } })
    if (contains(layout.list, column, row)) {
      return just({ ...state, list: withTop(state.list, state.list.top + by, listRows(layout)) })
    }
    const handle = state.list.selected
    if (handle === undefined || !contains(layout.console, column, row)) return just(state)
    return just(state, { type: 'scroll', handle, step: { rows: by } })
  }
  // What is asked stays asked.
  if (action !== 'press' || state.dialog !== undefined) return just(state)
  if (layout.list !== undefined && contains(layout.list, column, row)) {
    const handle = state.list.shown[state.list.top + row - layout.list.top - 1]
    const there = handle === undefined || row === layout.list.top ? state : withSelected(state, handle)
    return just({ ...there, focus: 'list' })
  }
  if (layout.tabs !== undefined && contains(layout.tabs, column, row)) {
    const handle = tabAt(state, column - layout.tabs.left)
    return just(handle === undefined ? state : withSelected(state, handle))
  }
  if (contains(layout.console, column, row))
    return just(state.focus === 'terminal' ? state : { ...state, focus: 'console' })
  return just(contains(layout.input, column, row) ? opened(state) : state)
}
