// What the keys of the panes do: moving about, consoles, and the requests to processes, which open a dialog first.

import type { ScrollStep } from '../console/moving.ts'
import type { Command } from '../keyboard/bindings.ts'
import { editorOf, emptyLine } from '../keyboard/line-editor.ts'
import { isEnded, isLive } from '../protocol-types.ts'
import type { Effect } from './actions.ts'
import { searching, withConsole, withTab } from './console-updates.ts'
import { lifeCommand } from './life-commands.ts'
import { moved, scrolledToSelected } from './process-list.ts'
import { type Focus, type Handle, type SortKey, selectedProcess, sortKeys, TABS_MAX, type UiState } from './state.ts'
import { just, type Step, told } from './steps.ts'
import { listRows, viewLayout } from './view-layout.ts'

/** Carries a command of the list, the console or both out. */
export function paneCommand(state: UiState, command: Command, key: string): Step {
  switch (command) {
    case 'select previous':
      return just(selected(state, -1))
    case 'select next':
      return just(selected(state, 1))
    case 'select page up':
      return just(selected(state, -listRows(viewLayout(state))))
    case 'select page down':
      return just(selected(state, listRows(viewLayout(state))))
    case 'select first':
      return just(selected(state, 'first'))
    case 'select last':
      return just(selected(state, 'last'))
    case 'filter':
      return just({
        ...state,
        dialog: { kind: 'filter', editor: editorOf(state.list.filter), before: state.list.filter },
      })
    case 'filter by state':
      return just({ ...state, dialog: { kind: 'states', before: state.list.group } })
    case 'clear filter':
      return just({ ...state, list: { ...state.list, filter: '', group: 'all' } })
    case 'sort by next':
      return just(sortedByNext(state))
    case 'reverse order':
      return just({ ...state, list: { ...state.list, reversed: !state.list.reversed } })
    case 'scroll up':
      return scroll(state, { rows: -1 })
    case 'scroll down':
      return scroll(state, { rows: 1 })
    case 'scroll page up':
      return scroll(state, { pages: -1 })
    case 'scroll page down':
      return scroll(state, { pages: 1 })
    case 'scroll to start':
      return scroll(state, 'start')
    case 'scroll to end':
      return scroll(state, 'end')
    case 'toggle follow':
      return toggleFollow(state)
    case 'toggle wrap':
      return just(onSelected(state, (handle) => withConsole(state, handle, (view) => ({ ...view, wrap: !view.wrap }))))
    case 'search':
      return just(onSelected(state, (handle) => ({ ...state, dialog: { kind: 'search', handle, editor: emptyLine } })))
    case 'find older':
      return findAgain(state, 'older')
    case 'find newer':
      return findAgain(state, 'newer')
    case 'next pane':
      return just(withFocus(state, 1))
    case 'previous pane':
      return just(withFocus(state, -1))
    case 'go to tab':
      return just(atTab(state, Number(key.slice(-1)) - 1))
    case 'next tab':
      return just(besideTab(state, 1))
    case 'previous tab':
      return just(besideTab(state, -1))
    case 'close tab':
      return just({ ...state, tabs: state.tabs.filter((handle) => handle !== state.list.selected) })
    case 'open':
    case 'type':
      return just(opened(state))
    case 'enter terminal':
      return just(inTerminal(state))
    case 'stop typing':
      // Not to the input line: what is typed next would be sent.
      return just({ ...state, focus: 'console' })
    case 'back':
      return just(back(state))
    case 'up':
    case 'stop':
    case 'restart':
    case 'reload':
      return lifeCommand(state, command)
    case 'signal':
    case 'remove':
    case 'run':
      return requestDialog(state, command)
    case 'history':
      return just(onSelected(state, (handle) => ({ ...state, dialog: { kind: 'history', handle, top: 0 } })))
    case 'dependencies': {
      const handle = state.list.selected
      if (handle === undefined) return just(state)
      return just({ ...state, dialog: { kind: 'dependencies', handle, chosen: 0 } }, { type: 'ask declared' })
    }
    case 'toggle details': {
      const shown = viewLayout({ ...state, dialog: undefined }).details !== undefined
      return just({ ...state, detailsWanted: !shown })
    }
    case 'toggle mouse': {
      const mouse = !state.mouse
      const words = mouse
        ? 'the mouse scrolls and selects in the UI'
        : 'your terminal has the mouse: select text with it; m takes it back'
      return just(told({ ...state, mouse }, 'plain', words))
    }
    case 'help':
      return just({ ...state, dialog: { kind: 'help', top: 0 } })
    case 'quit':
      return just(state, { type: 'quit' })
    default:
      return just(state)
  }
}

function onSelected(state: UiState, change: (handle: Handle) => UiState): UiState {
  return state.list.selected === undefined ? state : change(state.list.selected)
}

function selected(state: UiState, to: number | 'first' | 'last'): UiState {
  return { ...state, list: scrolledToSelected(moved(state.list, to), listRows(viewLayout(state))) }
}

/** Another process is selected, wherever it is. */
export function withSelected(state: UiState, handle: Handle): UiState {
  const whole = state.list.shown.includes(handle) ? {} : ({ filter: '', group: 'all' } as const)
  const list = { ...state.list, ...whole, selected: handle }
  return { ...state, list: scrolledToSelected(list, listRows(viewLayout(state))) }
}

const sortWords: Readonly<Record<SortKey, string>> = {
  start: 'in the order of their start',
  id: 'sorted by id',
  state: 'sorted by state',
  cpu: 'sorted by processor use',
  memory: 'sorted by memory',
  uptime: 'sorted by uptime',
  unread: 'sorted by unread output',
}

function sortedByNext(state: UiState): UiState {
  const next = sortKeys[(sortKeys.indexOf(state.list.sort) + 1) % sortKeys.length] ?? 'start'
  return told({ ...state, list: { ...state.list, sort: next, reversed: false } }, 'plain', sortWords[next])
}

/** Scrolls what is shown: the help, or the selected console. */
function scroll(state: UiState, step: ScrollStep): Step {
  const handle = state.list.selected
  return handle === undefined ? just(state) : just(state, { type: 'scroll', handle, step })
}

function toggleFollow(state: UiState): Step {
  const handle = state.list.selected
  const view = handle === undefined ? undefined : state.consoles.get(handle)
  if (handle === undefined || view === undefined) return just(state)
  return just(state, { type: 'scroll', handle, step: view.place.kind === 'end' ? 'pause' : 'end' })
}

function findAgain(state: UiState, step: 'older' | 'newer'): Step {
  const handle = state.list.selected
  const isSearching = handle !== undefined && state.consoles.get(handle)?.search !== undefined
  return isSearching ? just(state, { type: 'find', handle, step }) : just(state)
}

const panes: readonly Focus[] = ['list', 'console', 'input']

function withFocus(state: UiState, step: number): UiState {
  const focus = panes[(panes.indexOf(state.focus) + step + panes.length) % panes.length] ?? 'list'
  return { ...state, focus }
}

function atTab(state: UiState, index: number): UiState {
  const handle = state.tabs[index]
  return handle === undefined ? state : withSelected(state, handle)
}

function besideTab(state: UiState, step: 1 | -1): UiState {
  const { tabs } = state
  const at = state.list.selected === undefined ? -1 : tabs.indexOf(state.list.selected)
  const next = at === -1 ? (step === 1 ? 0 : tabs.length - 1) : (at + step + tabs.length) % tabs.length
  return atTab(state, next)
}

/** The selected console becomes a tab, and gets the keys: those of a terminal go to it as they are. */
export function opened(state: UiState): UiState {
  const process = selectedProcess(state)
  if (process === undefined) return state
  const { state: tabbed, kept } = withTab(state, process.handle)
  const noted = kept ? tabbed : told(tabbed, 'plain', `${TABS_MAX} tabs are open already; c closes one`)
  // Between two runs a line can be made ready for the next.
  const isBetween = !isEnded(process.state) && process.terminal === undefined
  if (!isLive(process.state) && !isBetween) return { ...noted, focus: 'console' }
  return { ...noted, focus: process.terminal === undefined ? 'input' : 'terminal' }
}

function inTerminal(state: UiState): UiState {
  const process = selectedProcess(state)
  if (process === undefined) return state
  if (process.terminal === undefined)
    return told(state, 'plain', `${process.id} has no terminal; press i to type lines into it`)
  return opened(state)
}

/** One step back to where one came from. */
function back(state: UiState): UiState {
  const { selected: handle } = state.list
  const isSearching = handle !== undefined && state.consoles.get(handle)?.search !== undefined
  if (state.focus === 'console' && isSearching) return searching(state, handle, '')
  return { ...state, focus: 'list' }
}

function requestDialog(state: UiState, command: 'signal' | 'remove' | 'run'): Step {
  const process = selectedProcess(state)
  if (command === 'run') return runDialog(state)
  if (process === undefined) return just(state)
  const { handle } = process
  if (command === 'remove') {
    return just({ ...state, dialog: { kind: 'remove', handle, running: !isEnded(process.state) } })
  }
  if (isEnded(process.state))
    return just(told(state, 'plain', `${process.id} has ended; u starts it again, x removes it`))
  return just({ ...state, dialog: { kind: 'signal', handle, chosen: 0 } })
}

/** The form to run a program; filled with an ended one, if that is selected. */
function runDialog(state: UiState): Step {
  const process = selectedProcess(state)
  const again = process !== undefined && isEnded(process.state) ? process.handle : undefined
  const form: UiState['dialog'] = {
    kind: 'start',
    field: 'command',
    command: emptyLine,
    name: emptyLine,
    labels: emptyLine,
    directory: editorOf(state.directory),
    terminal: again !== undefined && process?.terminal !== undefined,
    again,
    problem: undefined,
    busy: false,
  }
  const effects: Effect[] = again === undefined ? [] : [{ type: 'fill form', handle: again }]
  return { state: { ...state, dialog: form }, effects }
}
