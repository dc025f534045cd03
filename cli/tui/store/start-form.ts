// The form that starts a program: its fields, and what they make of what is typed into them.

import type { KeyEvent, PasteEvent } from '../../terminal/input-events.ts'
import type { Size } from '../../terminal/size.ts'
import type { Command } from '../keyboard/bindings.ts'
import type { EditorState } from '../keyboard/line-editor.ts'
import type { StartOrder } from './actions.ts'
import { type FormField, formFields, type StartForm, type UiState } from './state.ts'
import { just, type Step } from './steps.ts'
import { pastedInto, typed } from './typing.ts'
import { viewLayout } from './view-layout.ts'
import { splitLabels, splitWords } from './words.ts'

export function formCommand(state: UiState, form: StartForm, command: Command): Step {
  switch (command) {
    case 'next field':
      return just({ ...state, dialog: { ...form, field: fieldBeside(form.field, 1) } })
    case 'previous field':
      return just({ ...state, dialog: { ...form, field: fieldBeside(form.field, -1) } })
    case 'cancel':
    case 'interrupt':
      return just({ ...state, dialog: undefined })
    case 'accept':
      return form.busy ? just(state) : sent(state, form)
    default:
      return just(state)
  }
}

function fieldBeside(field: FormField, step: number): FormField {
  const at = formFields.indexOf(field) + step + formFields.length
  return formFields[at % formFields.length] ?? 'command'
}

export function formKey(state: UiState, form: StartForm, event: KeyEvent): Step {
  const { field } = form
  if (field === 'terminal') {
    return just(event.key === 'space' ? { ...state, dialog: { ...form, terminal: !form.terminal } } : state)
  }
  const editor = typed(form[field], event)
  return just(editor === undefined ? state : withField(state, form, field, editor))
}

export function formPaste(state: UiState, form: StartForm, event: PasteEvent): Step {
  const { field } = form
  return just(field === 'terminal' ? state : withField(state, form, field, pastedInto(form[field], event)))
}

function withField(
  state: UiState,
  form: StartForm,
  field: Exclude<FormField, 'terminal'>,
  editor: EditorState,
): UiState {
  return { ...state, dialog: { ...form, [field]: editor, problem: undefined } }
}

function sent(state: UiState, form: StartForm): Step {
  const order = orderOf(form, consoleSize(state))
  if ('problem' in order) return just({ ...state, dialog: { ...form, field: order.field, problem: order.problem } })
  return just({ ...state, dialog: { ...form, busy: true, problem: undefined } }, { type: 'start', order })
}

/** The terminal that it will be shown on. */
function consoleSize(state: UiState): Size {
  const pane = viewLayout({ ...state, dialog: undefined }).console
  return { columns: Math.max(1, (pane?.width ?? 80) - 1), rows: Math.max(1, pane?.height ?? 24) }
}

function orderOf(form: StartForm, size: Size): StartOrder | { readonly field: FormField; readonly problem: string } {
  const split = splitWords(form.command.text)
  if ('problem' in split) return { field: 'command', problem: split.problem }
  if (split.words.length === 0) return { field: 'command', problem: 'type a command' }
  const labels = splitLabels(form.labels.text)
  if ('problem' in labels) return { field: 'labels', problem: labels.problem }
  const directory = form.directory.text.trim()
  if (directory !== '' && !directory.startsWith('/'))
    return { field: 'directory', problem: 'a directory begins with "/"' }
  const name = form.name.text.trim()
  return {
    words: split.words,
    name: name === '' ? undefined : name,
    labels: labels.labels,
    directory: directory === '' ? undefined : directory,
    terminal: form.terminal ? size : undefined,
    again: form.again,
  }
}
