// Text being typed or pasted: the line that goes to the selected process, and the fields of prompts and forms.

import type { KeyEvent, PasteEvent } from '../../terminal/input-events.ts'
import { type Command, editKeys } from '../keyboard/bindings.ts'
import { type EditorState, edited, emptyLine, inserted, recalled, remembered } from '../keyboard/line-editor.ts'
import { isLive } from '../protocol-types.ts'
import { withConsole } from './console-updates.ts'
import { just, type Step, told } from './pane-commands.ts'
import { type ConsoleView, selectedProcess, type UiState } from './state.ts'

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

/** The console that is typed into; undefined: it takes no input. */
function target(state: UiState): { readonly handle: number; readonly view: ConsoleView } | undefined {
  const process = selectedProcess(state)
  if (process === undefined) return undefined
  const view = state.consoles.get(process.handle)
  // One that is being opened takes what is typed meanwhile.
  const takes = view?.inputOpen || (view?.status === 'opening' && state.link.kind === 'connected')
  return view !== undefined && takes && isLive(process.state) ? { handle: process.handle, view } : undefined
}

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
  return just({ ...state, dialog: { kind: 'paste', handle, text: event.text, cut: event.cut } })
}

/** Sends the pasted lines, the first one after what is in the field; an unfinished last one stays in it. */
export function sendPaste(state: UiState, handle: number, text: string): Step {
  const view = state.consoles.get(handle)
  if (view === undefined) return just(state)
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
