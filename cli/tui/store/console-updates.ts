// What happens to consoles: they are opened, they grow, they are scrolled and searched. Which of them there are follows from
// what is looked at.

import { editorOf } from '../keyboard/line-editor.ts'
import type { Action } from './actions.ts'
import { type ConsoleView, type Handle, newConsole, TABS_MAX, type UiState } from './state.ts'

/** One console changed; one that has been closed meanwhile is let be. */
export function withConsole(state: UiState, handle: Handle, change: (view: ConsoleView) => ConsoleView): UiState {
  const view = state.consoles.get(handle)
  if (view === undefined) return state
  const changed = change(view)
  return changed === view ? state : { ...state, consoles: new Map(state.consoles).set(handle, changed) }
}

type ConsoleAction = Extract<
  Action,
  {
    type:
      | 'console opened'
      | 'console grew'
      | 'console input changed'
      | 'console closed'
      | 'scrolled'
      | 'found'
      | 'line refused'
  }
>

export function consoleChanged(state: UiState, action: ConsoleAction): UiState {
  return withConsole(state, action.handle, (view): ConsoleView => {
    switch (action.type) {
      case 'console opened':
        return { ...view, status: 'open', failure: undefined, inputOpen: action.inputOpen }
      case 'console grew':
        return { ...view, revision: action.revision, offset: action.offset, below: action.below }
      case 'console input changed':
        return { ...view, inputOpen: action.open }
      case 'console closed':
        return { ...view, status: 'closed', inputOpen: false, failure: action.failure }
      case 'line refused':
        // Several lines are no line that could be sent again, and nothing is put before what was typed since.
        return view.editor.text !== '' || /\n./.test(action.text)
          ? view
          : { ...view, editor: editorOf(action.text.replace(/\n$/, '')) }
      case 'scrolled':
        return { ...view, place: action.place, below: action.below }
      case 'found':
        if (view.search === undefined) return view
        return action.line === undefined
          ? { ...view, search: { ...view.search, line: undefined } }
          : { ...view, search: { ...view.search, line: action.line }, place: action.place }
    }
  })
}

/** The state with a console for each tab and for the selected process, and none besides. */
export function withWantedConsoles(state: UiState): UiState {
  const { selected } = state.list
  const wanted = selected === undefined || state.tabs.includes(selected) ? state.tabs : [...state.tabs, selected]
  const isSo = wanted.length === state.consoles.size && wanted.every((handle) => state.consoles.has(handle))
  if (isSo) return state
  return { ...state, consoles: new Map(wanted.map((handle) => [handle, state.consoles.get(handle) ?? newConsole])) }
}

/** Keeps a process's console as a tab, if there is room for one more; whether there was. */
export function withTab(state: UiState, handle: Handle): { readonly state: UiState; readonly kept: boolean } {
  if (state.tabs.includes(handle)) return { state, kept: true }
  if (state.tabs.length >= TABS_MAX) return { state, kept: false }
  return { state: { ...state, tabs: [...state.tabs, handle] }, kept: true }
}

/** Begins to search; an empty query ends searching. */
export function searching(state: UiState, handle: Handle, query: string): UiState {
  const search = query === '' ? undefined : { query, line: undefined }
  return withConsole(state, handle, (view) => ({ ...view, search }))
}
