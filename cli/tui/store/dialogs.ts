// What is asked, and the answers: prompts, confirmations, the choice of a signal, the help. Nothing is asked of a daemon
// before its question was answered.

import type { InputEvent, KeyEvent } from '../../terminal/input-events.ts'
import type { Command } from '../keyboard/bindings.ts'
import type { EditorState } from '../keyboard/line-editor.ts'
import { searching } from './console-updates.ts'
import { chosenRow, dependencyRows, offsetsIn } from './dependencies.ts'
import { withSelected } from './pane-commands.ts'
import { signals } from './signals.ts'
import { formCommand, formKey, formPaste } from './start-form.ts'
import type { Dialog, UiState } from './state.ts'
import { type StateGroup, stateGroups } from './state-groups.ts'
import { just, type Step, told } from './steps.ts'
import { pastedInto, sendPaste, typed } from './typing.ts'

const closed = (state: UiState): UiState => ({ ...state, dialog: undefined })

/** A command while something is asked. */
export function dialogCommand(state: UiState, dialog: Dialog, command: Command): Step {
  if (dialog.kind === 'start') return formCommand(state, dialog, command)
  switch (command) {
    case 'accept':
      return accepted(closed(state), dialog)
    case 'cancel':
    case 'interrupt':
      return just(cancelled(closed(state), dialog))
    case 'choose previous':
    case 'choose next':
      return just(chosen(state, dialog, command === 'choose next' ? 1 : -1))
    default:
      return just(
        dialog.kind === 'help' || dialog.kind === 'history'
          ? { ...state, dialog: { ...dialog, top: helpTop(state, dialog.top, command) } }
          : state,
      )
  }
}

/** A key that is no command: text, where there is a field. */
export function dialogKey(state: UiState, dialog: Dialog, event: KeyEvent): Step {
  if (dialog.kind === 'start') return formKey(state, dialog, event)
  if (dialog.kind !== 'filter' && dialog.kind !== 'search') return just(state)
  const editor = typed(dialog.editor, event)
  return just(editor === undefined ? state : withEditor(state, dialog, editor))
}

export function dialogPaste(state: UiState, dialog: Dialog, event: Extract<InputEvent, { kind: 'paste' }>): Step {
  if (dialog.kind === 'start') return formPaste(state, dialog, event)
  if (dialog.kind !== 'filter' && dialog.kind !== 'search') return just(state)
  return just(withEditor(state, dialog, pastedInto(dialog.editor, event)))
}

/** A filter takes effect while it is typed. */
function withEditor(
  state: UiState,
  dialog: Extract<Dialog, { kind: 'filter' | 'search' }>,
  editor: EditorState,
): UiState {
  const asked = { ...state, dialog: { ...dialog, editor } }
  return dialog.kind === 'filter' ? { ...asked, list: { ...state.list, filter: editor.text, top: 0 } } : asked
}

function accepted(state: UiState, dialog: Exclude<Dialog, { kind: 'start' }>): Step {
  switch (dialog.kind) {
    case 'filter':
    case 'states':
    case 'help':
    case 'history':
      return just(state)
    case 'dependencies':
      return just(gone(state, dialog))
    case 'search': {
      const { handle, editor } = dialog
      const query = editor.text
      const found = searching(state, handle, query)
      return query === '' ? just(found) : just({ ...found, focus: 'console' }, { type: 'find', handle, step: 'end' })
    }
    case 'signal': {
      const signal = signals[dialog.chosen]?.name ?? 'TERM'
      return just(state, { type: 'signal', handle: dialog.handle, signal })
    }
    case 'stop':
    case 'restart':
      return just(state, { type: 'life', handle: dialog.handle, verb: dialog.kind })
    case 'remove':
      return just(state, { type: 'remove', handle: dialog.handle, force: dialog.running })
    case 'end input':
      return just(state, { type: 'end input', handle: dialog.handle })
    case 'paste':
      return sendPaste(state, dialog.handle, dialog.text)
  }
}

/** To the process that was chosen in the tree. */
function gone(state: UiState, dialog: Extract<Dialog, { kind: 'dependencies' }>): UiState {
  const row = chosenRow(dependencyRows(state, dialog.handle), dialog.chosen)
  if (row === undefined) return state
  if (row.process === undefined) return told(state, 'plain', `there is no process "${row.name}"`)
  return withSelected(state, row.process.handle)
}

function cancelled(state: UiState, dialog: Dialog): UiState {
  if (dialog.kind === 'filter') return { ...state, list: { ...state.list, filter: dialog.before } }
  return dialog.kind === 'states' ? { ...state, list: { ...state.list, group: dialog.before } } : state
}

function chosen(state: UiState, dialog: Dialog, step: number): UiState {
  // As a filter does, it takes effect at once.
  if (dialog.kind === 'states') return { ...state, list: { ...state.list, group: groupBeside(state, step), top: 0 } }
  if (dialog.kind === 'dependencies') {
    const offsets = offsetsIn(dependencyRows(state, dialog.handle))
    const chosen = Math.min(Math.max(offsets.first, dialog.chosen + step), offsets.last)
    return { ...state, dialog: { ...dialog, chosen } }
  }
  if (dialog.kind !== 'signal') return state
  return { ...state, dialog: { ...dialog, chosen: (dialog.chosen + step + signals.length) % signals.length } }
}

function groupBeside({ list }: UiState, step: number): StateGroup {
  const at = stateGroups.findIndex(({ name }) => name === list.group)
  return stateGroups[(at + step + stateGroups.length) % stateGroups.length]?.name ?? 'all'
}

/** The help is longer than its pane; the view stops at its end. */
function helpTop(state: UiState, top: number, command: Command): number {
  const page = Math.max(1, state.size.rows - 4)
  switch (command) {
    case 'scroll up':
      return Math.max(0, top - 1)
    case 'scroll down':
      return top + 1
    case 'scroll page up':
      return Math.max(0, top - page)
    case 'scroll page down':
      return top + page
    case 'scroll to start':
      return 0
    case 'scroll to end':
      return Number.MAX_SAFE_INTEGER
    default:
      return top
  }
}
