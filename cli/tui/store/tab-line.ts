// The tabs: one for each console that is kept open, and one for the selected process if it has none. Where each is in its
// line, for the view and for the mouse.

import { cells, cutText } from '../../../vt/cell-widths.ts'
import { type Handle, type UiState, unreadOf } from './state.ts'

export interface Tab {
  readonly handle: Handle
  /** `1`…; undefined: it is only looked at, and goes when another is. */
  readonly number: number | undefined
  readonly label: string
  readonly selected: boolean
  /** It wrote something since it was looked at. */
  readonly unread: boolean
  /** Cells from the left. */
  readonly left: number
}

const LABEL_MAX = 18
/** Blanks after each. */
const TAB_GAP = 2

export function tabsOf(state: UiState): Tab[] {
  const { tabs, list, processes } = state
  const shown = list.selected === undefined || tabs.includes(list.selected) ? tabs : [...tabs, list.selected]
  let left = 1
  return shown.flatMap((handle, at): Tab[] => {
    const process = processes.get(handle)
    if (process === undefined) return []
    const number = at < tabs.length ? at + 1 : undefined
    const label = cutText(process.id, LABEL_MAX)
    const tab: Tab = {
      handle,
      number,
      label,
      selected: handle === list.selected,
      unread: unreadOf(state, process) > 0,
      left,
    }
    left += tabWidth(tab) + TAB_GAP
    return [tab]
  })
}

/** Cells of a tab: its number, its label, and the mark of what is unread. */
const tabWidth = ({ number, label, unread }: Tab): number =>
  (number === undefined ? 0 : 2) + cells(label) + (unread ? 2 : 0)

/** Whose tab is so many cells from the left. */
export const tabAt = (state: UiState, column: number): Handle | undefined =>
  tabsOf(state).find((tab) => column >= tab.left && column < tab.left + tabWidth(tab))?.handle
