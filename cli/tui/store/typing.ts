// Text being typed or pasted: the line that goes to the selected process, and the fields of prompts and forms.

import type { KeyEvent, PasteEvent } from '../../terminal/input-events.ts'
import { type Command, editKeys } from '../keyboard/bindings.ts'
import { type EditorState, edited, emptyLine, inserted, recalled, remembered } from '../keyboard/line-editor.ts'
import { withConsole } from './console-updates.ts'
import { type ConsoleView, selectedProcess, type UiState } from './state.ts'
import { just, type Step, told } from './steps.ts'
import { mayBeTyped, whyNoInput } from './taking-input.ts'

/** What a key does to a line of text; undefined: nothing. */
export function typed(editor: EditorState, event: KeyEvent): EditorState | undefined {
  const operation = (editKeys as Readonly<Record<string, (typeof editKeys)[keyof typeof editKeys] | undefined>>)[
    event.key
  ]
  if (operation !== undefined) return edited(editor, operation)
  return event.text === undefined ? undefined : inserted(editor, event.text)
}

/** A paste into a field of one line. */
export const pastedInto = (editor: EditorState, { text }: PasteEvent): EditorState =>
  inserted(editor, text.replace(/\s*\n\s*/g, ' ').trim())

/** What is typed into. */
interface Target {
  readonly handle: number
  readonly view: ConsoleView
  /** Why nothing can be sent at present. */
  readonly whyNot: string | undefined
}

/** The console that is typed into; undefined: nothing may be. */
function target(state: UiState): Target | undefined {
  const process = selectedProcess(state)
  const view = process === undefined ? undefined : state.consoles.get(process.handle)
  if (process === undefined || view === undefined || !mayBeTyped(process, view, state)) return undefined
  return { handle: process.handle, view, whyNot: whyNoInput(process, view, state) }
}

/** Says why it was not sent. What was typed stays in the line. */
const refused = (state: UiState, whyNot: string): Step =>
  just(told(state, 'bad', `not sent: ${whyNot}; your line stays here`))

/** A key in the input line that is no command. */
export function inputKey(state: UiState, event: KeyEvent): Step {
  const to = target(state)
  if (to === undefined) return just(state)
  const editor = typed(to.view.editor, event)
  return just(editor === undefined ? state : withConsole(state, to.handle, (view) => ({ ...view, editor })))
}

/** A command of the input line. */
export function inputCommand(state: UiState, command: Command): Step {
  const to = target(state)
  if (to === undefined) return just(state)
  const { handle, view } = to
  const set = (changed: Partial<ConsoleView>) => withConsole(state, handle, (before) => ({ ...before, ...changed }))
  switch (command) {
    case 'send line': {
      if (to.whyNot !== undefined) return view.editor.text === '' ? just(state) : refused(state, to.whyNot)
      const sent = set({
        editor: emptyLine,
        history: remembered(view.history, view.editor.text),
        place: { kind: 'end' },
      })
      return just(sent, { type: 'write', handle, text: `${view.editor.text}\n` })
    }
    case 'older line':
    case 'newer line': {
      const { history, text } = recalled(view.history, view.editor.text, command === 'older line' ? -1 : 1)
      return just(set({ history, editor: { text, cursor: text.length } }))
    }
    case 'end input':
      if (view.editor.text !== '') return just(set({ editor: edited(view.editor, 'erase right') }))
      // To a terminal it is a key like any other, and its input stays open.
      if (to.whyNot !== undefined) return just(told(state, 'plain', to.whyNot))
      if (selectedProcess(state)?.terminal !== undefined) return just(state, { type: 'end input', handle })
      return just({ ...state, dialog: { kind: 'end input', handle } })
    default:
      return just(state)
  }
}

/** Text has been pasted into the input line. Several lines are asked about first. */
export function inputPaste(state: UiState, event: PasteEvent): Step {
  const to = target(state)
  if (to === undefined) return just(told(state, 'plain', 'nothing was pasted: this process takes no input'))
  const { handle } = to
  const text = event.text.replace(/\n$/, '')
  if (!text.includes('\n'))
    return just(withConsole(state, handle, (view) => ({ ...view, editor: inserted(view.editor, text) })))
  if (to.whyNot !== undefined) return just(told(state, 'bad', `nothing was pasted: ${to.whyNot}`))
  return just({ ...state, dialog: { kind: 'paste', handle, text: event.text, cut: event.cut } })
}

/** Sends the pasted lines, the first one after what is in the field; an unfinished last one stays in it. */
export function sendPaste(state: UiState, handle: number, text: string): Step {
  const view = state.consoles.get(handle)
  const process = state.processes.get(handle)
  if (view === undefined || process === undefined) return just(state)
  const whyNot = whyNoInput(process, view, state)
  if (whyNot !== undefined) return just(told(state, 'bad', `nothing was pasted: ${whyNot}`))
  const { text: before, cursor } = view.editor
  const whole = before.slice(0, cursor) + text + before.slice(cursor)
  const end = whole.lastIndexOf('\n') + 1
  const rest = whole.slice(end)
  const sent = withConsole(state, handle, (each) => ({
    ...each,
    editor: { text: rest, cursor: rest.length },
    place: { kind: 'end' },
  }))
  return just(sent, { type: 'write', handle, text: whole.slice(0, end) })
}
