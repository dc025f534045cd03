// What every view is given: the state, how things look, and the text of consoles. Views read nothing else and change nothing.
// It comes by a context, so that the tree of boxes above the views need not change with it.

import { createContext, useContext } from 'react'
import type { ConsoleContent } from '../console/lines.ts'
import type { Layout } from '../screen/layout.ts'
import type { Theme } from '../screen/theme.ts'
import type { Handle, UiState } from '../store/state.ts'

/** A cell of a console in which a terminal's cursor is. */
export interface CursorPlace {
  readonly line: number
  readonly column: number
}

/** The content of a console, if it is open. */
export interface ShownConsole {
  readonly content: ConsoleContent
  /** Of a process that has a terminal, while its cursor is to be seen. */
  readonly cursor: CursorPlace | undefined
}

export interface ViewProps {
  readonly state: UiState
  readonly layout: Layout
  readonly theme: Theme
  readonly consoleOf: (handle: Handle) => ShownConsole | undefined
}

export const ViewContext = createContext<ViewProps | undefined>(undefined)

export function useView(): ViewProps {
  const props = useContext(ViewContext)
  if (props === undefined) throw new Error('internal error: a view outside of the app')
  return props
}
