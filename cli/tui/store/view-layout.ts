// The layout of what a state shows: how much room its dialog needs, and which pane is where.

import type { PaneShape } from '../console/scrolling.ts'
import { type Layout, layoutOf } from '../screen/layout.ts'
import { reportOf } from './report.ts'
import { signals } from './signals.ts'
import type { ConsoleView, Dialog, UiState } from './state.ts'
import { stateGroups } from './state-groups.ts'

/** Lines of a paste that are shown before it is sent. */
export const PASTE_PREVIEW = 4

export function viewLayout({ size, detailsWanted, dialog, notice }: UiState): Layout {
  const report = reportOf({ notice, size, dialog })
  return layoutOf({
    size,
    details: detailsWanted,
    drawer: report === undefined ? drawerRows(dialog) : 2 + report.text.length + report.lines.length,
    page: dialog?.kind === 'help' || dialog?.kind === 'history' || dialog?.kind === 'dependencies',
    form: dialog?.kind === 'start',
  })
}

/** A rule, what is asked, and what can be pressed. */
function drawerRows(dialog: Dialog | undefined): number {
  switch (dialog?.kind) {
    case undefined:
    case 'help':
    case 'history':
    case 'dependencies':
    case 'start':
      return 0
    case 'filter':
    case 'search':
      return 1
    case 'signal':
      return 3 + signals.length
    case 'states':
      return 3 + stateGroups.length
    case 'paste':
      return 3 + Math.min(PASTE_PREVIEW, dialog.text.split('\n').length)
    case 'stop':
    case 'restart':
    case 'remove':
    case 'end input':
      return 3
  }
}

/** Rows of the list's pane that hold processes. */
export const listRows = (layout: Layout): number => Math.max(0, (layout.list?.height ?? 0) - 1)

/** Cells at the left of a console, for the mark of stderr. */
const GUTTER = 1

/** The part of the console's pane that holds text; undefined: it is not shown. */
export function consoleShape(layout: Layout, view: ConsoleView): PaneShape | undefined {
  const pane = layout.console
  if (pane === undefined) return undefined
  return { width: Math.max(1, pane.width - GUTTER), height: pane.height, wrap: view.wrap }
}
