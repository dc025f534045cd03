// The store: one pure function from what is and what happens to what is then, and what is to be done. Each kind of action has
// its own file; here they come together, and what follows from others is brought up to date.

import type { InputEvent, KeyEvent } from '../../terminal/input-events.ts'
import { type Context, commandOf } from '../keyboard/bindings.ts'
import { emptyLine } from '../keyboard/line-editor.ts'
import { isLive, type ProcessSummary } from '../protocol-types.ts'
import type { Action } from './actions.ts'
import { consoleChanged, withConsole, withWantedConsoles } from './console-updates.ts'
import { happened, linkChanged, listed, measured } from './daemon-updates.ts'
import { dialogCommand, dialogKey, dialogPaste } from './dialogs.ts'
import { moused } from './mouse.ts'
import { opened, paneCommand, withSelected } from './pane-commands.ts'
import { refreshed, scrolledToSelected, withTop } from './process-list.ts'
import { reportOf } from './report.ts'
import { type Dialog, pidOf, selectedProcess, type UiState } from './state.ts'
import { just, type Step, told } from './steps.ts'
import { inputCommand, inputKey, inputPaste } from './typing.ts'
import { listRows, viewLayout } from './view-layout.ts'

/** What is after this has happened. */
export function update(state: UiState, action: Action): Step {
  const { state: next, effects } = changed(state, action)
  return { state: next === state ? state : settled(state, next), effects }
}

function changed(state: UiState, action: Action): Step {
  switch (action.type) {
    case 'input':
      return input(state, action.event)
    case 'resized':
      return just({ ...state, size: action.size })
    case 'ticked':
      return just(ticked(state, action.now))
    case 'link changed':
      return just(linkChanged(state, action.link))
    case 'listed':
      return just(listed(state, action.processes))
    case 'happened':
      return just(happened(state, action))
    case 'measured':
      return just(measured(state, action.usage))
    case 'detailed':
      return just({ ...state, detail: action.detail })
    case 'declared':
      return just({ ...state, declared: new Map([...state.declared, ...action.declared]) })
    case 'told':
      return just(told(state, action.tone, action.text, action.lines))
    case 'started':
      return just(startedHere(state, action.process))
    case 'open asked':
      return just(openedHere(state, action.process))
    case 'start failed':
      return just(ofForm(state, (form) => ({ ...form, busy: false, problem: action.problem })))
    case 'form filled':
      return just(ofForm(state, (form) => ({ ...form, ...action.form })))
    default:
      return just(consoleChanged(state, action))
  }
}

/** What follows from the change: what the list shows, which consoles there are, whether what was asked still makes sense. */
function settled(before: UiState, after: UiState): UiState {
  let state = after
  const rows = listRows(viewLayout(state))
  const outdated =
    before.processes !== state.processes ||
    before.list !== state.list ||
    (state.list.sort !== 'start' && before !== state)
  if (outdated) state = { ...state, list: refreshed(state) }
  // One that was asked for on the command line is selected before the others are known.
  const isMoved =
    before.list.selected !== state.list.selected || before.size !== state.size || before.listed !== state.listed
  state = { ...state, list: isMoved ? scrolledToSelected(state.list, rows) : withTop(state.list, state.list.top, rows) }
  if (before.list.selected !== state.list.selected) state = leftSeen(before, state)
  return withWantedConsoles(withPossibleFocus(withPossibleDialog(state)))
}

/** All that was written by the process that was looked at until now has been seen. */
function leftSeen(before: UiState, state: UiState): UiState {
  const left = selectedProcess(before)
  if (left === undefined) return state
  const end = Math.max(left.output.end, before.consoles.get(left.handle)?.offset ?? 0)
  return { ...state, seen: new Map(state.seen).set(left.handle, end) }
}

/** Nothing is asked about a process that has gone. */
function withPossibleDialog(state: UiState): UiState {
  const { dialog } = state
  const isGone = dialog !== undefined && 'handle' in dialog && !state.processes.has(dialog.handle)
  return isGone ? { ...state, dialog: undefined } : state
}

/**
 * Keys that a terminal was to get must not become commands when its process has ended: they go to the input line, which then
 * takes none.
 */
function withPossibleFocus(state: UiState): UiState {
  if (state.focus !== 'terminal') return state
  const process = selectedProcess(state)
  const isPossible = process?.terminal !== undefined && isLive(process.state)
  return isPossible ? state : { ...state, focus: process === undefined ? 'list' : 'input' }
}

function ticked(state: UiState, now: number): UiState {
  const { notice } = state
  return { ...state, now, notice: notice !== undefined && notice.until <= now ? undefined : notice }
}

function ofForm(state: UiState, change: (form: Extract<Dialog, { kind: 'start' }>) => Dialog): UiState {
  return state.dialog?.kind === 'start' ? { ...state, dialog: change(state.dialog) } : state
}

/** A process that the form has started. */
function startedHere(state: UiState, process: ProcessSummary): UiState {
  const pid = pidOf(process.state)
  return told(
    openedHere({ ...state, dialog: undefined }, process),
    'good',
    `started ${process.id}${pid === undefined ? '' : `, pid ${pid}`}`,
  )
}

function openedHere(state: UiState, process: ProcessSummary): UiState {
  const processes = new Map(state.processes).set(process.handle, process)
  const known = { ...state, processes }
  return opened(withSelected({ ...known, list: refreshed(known) }, process.handle))
}

const dialogContext: Readonly<Record<Dialog['kind'], Context>> = {
  help: 'page',
  history: 'page',
  dependencies: 'choice',
  filter: 'prompt',
  search: 'prompt',
  states: 'choice',
  signal: 'choice',
  stop: 'confirmation',
  restart: 'confirmation',
  remove: 'confirmation',
  'end input': 'confirmation',
  paste: 'confirmation',
  start: 'form',
}

/** Where the keys go now, the nearest first. */
export function contextsOf(state: UiState): readonly Context[] {
  if (state.dialog !== undefined) return [dialogContext[state.dialog.kind], 'everywhere']
  switch (state.focus) {
    case 'list':
      return ['list', 'panes', 'everywhere']
    case 'console':
      return ['console', 'panes', 'everywhere']
    case 'input':
      return ['input', 'everywhere']
    case 'terminal':
      return ['terminal']
  }
}

function input(state: UiState, event: InputEvent): Step {
  const { dialog } = state
  if (event.kind === 'mouse') return state.mouse ? moused(state, event) : just(state)
  if (event.kind === 'paste') {
    if (dialog !== undefined) return dialogPaste(state, dialog, event)
    if (state.focus === 'input') return inputPaste(state, event)
    const handle = state.list.selected
    if (state.focus === 'terminal' && handle !== undefined)
      return just(state, { type: 'write paste', handle, text: event.text })
    return just(told(state, 'plain', 'press i first: text is pasted into the input line'))
  }
  return pressed(state, event)
}

function pressed(state: UiState, event: KeyEvent): Step {
  const { dialog } = state
  const command = commandOf(event.key, contextsOf(state))
  if (command === 'redraw' || command === 'suspend') return just(state, { type: command })
  if (dialog !== undefined)
    return command === undefined ? dialogKey(state, dialog, event) : dialogCommand(state, dialog, command)
  if (state.focus === 'terminal') {
    if (command === 'stop typing') return paneCommand(state, command, event.key)
    const handle = state.list.selected
    return handle === undefined
      ? just(state)
      : just(state, { type: 'write key', handle, raw: event.raw, key: event.key })
  }
  if (event.key === 'escape' && reportOf(state) !== undefined) return just({ ...state, notice: undefined })
  if (command === 'interrupt') return interrupted(state)
  if (state.focus !== 'input') return command === undefined ? just(state) : paneCommand(state, command, event.key)
  if (command === undefined) return inputKey(state, event)
  const isOfLine = ['send line', 'older line', 'newer line', 'end input'].includes(command)
  return isOfLine ? inputCommand(state, command) : paneCommand(state, command, event.key)
}

/** Ctrl-C: the line, if there is one; else the UI. */
function interrupted(state: UiState): Step {
  const handle = state.list.selected
  const text = handle === undefined ? '' : (state.consoles.get(handle)?.editor.text ?? '')
  if (state.focus === 'input' && handle !== undefined && text !== '') {
    return just(withConsole(state, handle, (view) => ({ ...view, editor: emptyLine })))
  }
  return just(state, { type: 'quit' })
}
