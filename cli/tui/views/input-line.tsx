// The line under the console: what is being typed to the process, or why nothing can be.

import { cells, cutText } from '../../../vt/cell-widths.ts'
import { visible } from '../../text/table.ts'
import type { EditorState } from '../keyboard/line-editor.ts'
import { editorWindow } from '../keyboard/line-editor.ts'
import { Rows } from '../screen/rows.tsx'
import type { Style } from '../screen/style.ts'
import { justify, type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { selectedProcess, type UiState } from '../store/state.ts'
import { mayBeTyped, whyNoInput } from '../store/taking-input.ts'
import { useView } from './view-props.ts'

const PROMPT = ' › '

export function InputLine() {
  const { state, layout, theme } = useView()
  const pane = layout.input
  if (pane === undefined) return null
  return <Rows lines={[inputLine(state, theme, pane.width)]} pane={pane} />
}

function inputLine(state: UiState, theme: Theme, width: number): Line {
  const process = selectedProcess(state)
  const view = process === undefined ? undefined : state.consoles.get(process.handle)
  if (process === undefined || view === undefined) return []
  const hasKeys = state.focus === 'input' && state.dialog === undefined
  if (state.focus === 'terminal') {
    return [
      span(' » ', theme.accentStrong),
      span(`every key goes to ${visible(process.id)}`, theme.accent),
      span('   Ctrl-] stops typing', theme.dim),
    ]
  }
  const why = whyNoInput(process, view, state)
  if (why !== undefined && (view.editor.text === '' || !mayBeTyped(process, view, state))) {
    return [span(PROMPT, hasKeys ? theme.accent : theme.rule), span(why, theme.dim)]
  }
  if (why !== undefined) return unsentLine(theme, width, { editor: view.editor, why, hasKeys })
  const prompt = span(PROMPT, hasKeys ? theme.accentStrong : theme.dim)
  if (hasKeys) return [prompt, ...fieldSpans(view.editor, width - PROMPT.length, theme)]
  if (view.editor.text !== '') return [prompt, span(cutText(view.editor.text, width - PROMPT.length), theme.dim)]
  const key = process.terminal === undefined ? 'i' : 't'
  return [prompt, span(key, theme.key), span(` to type into ${visible(process.id)}`, theme.dim)]
}

/** A line that can't be sent at present, and why, as far as there is room for that. */
function unsentLine(
  theme: Theme,
  width: number,
  { editor, why, hasKeys }: { readonly editor: EditorState; readonly why: string; readonly hasKeys: boolean },
): Line {
  const reason = cutText(why, Math.floor(width / 2))
  const room = width - PROMPT.length - cells(reason) - 2
  const line = hasKeys ? fieldSpans(editor, room, theme) : [span(cutText(editor.text, room), theme.dim)]
  return justify([span(PROMPT, hasKeys ? theme.accent : theme.rule), ...line], [span(`${reason} `, theme.warn)], width)
}

/** A field with its cursor, in at most so many cells. Also for prompts and forms. */
export function fieldSpans(editor: EditorState, width: number, theme: Theme, style: Style = theme.text): Span[] {
  const { left, under, right } = editorWindow(editor, width)
  return [span(left, style), span(under, theme.cursor), span(right, style)]
}
