// The line under the console: what is being typed to the process, or why nothing can be.

import { cutText } from '../../../vt/cell-widths.ts'
import { stateWords } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import type { EditorState } from '../keyboard/line-editor.ts'
import { editorWindow } from '../keyboard/line-editor.ts'
import { isEnded, isLive, type ProcessSummary } from '../protocol-types.ts'
import { Rows } from '../screen/rows.tsx'
import type { Style } from '../screen/style.ts'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { type ConsoleView, selectedProcess, type UiState } from '../store/state.ts'
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
  const why = whyNot(process, view)
  if (why !== undefined) return [span(PROMPT, hasKeys ? theme.accent : theme.rule), span(why, theme.dim)]
  const prompt = span(PROMPT, hasKeys ? theme.accentStrong : theme.dim)
  if (hasKeys) return [prompt, ...fieldSpans(view.editor, width - PROMPT.length, theme)]
  if (view.editor.text !== '') return [prompt, span(cutText(view.editor.text, width - PROMPT.length), theme.dim)]
  const key = process.terminal === undefined ? 'i' : 't'
  return [prompt, span(key, theme.key), span(` to type into ${visible(process.id)}`, theme.dim)]
}

function whyNot(process: ProcessSummary, view: ConsoleView): string | undefined {
  if (isEnded(process.state)) return `${visible(process.id)} has ended: ${stateWords(process.state)}`
  if (!isLive(process.state)) return `${visible(process.id)}: ${visible(stateWords(process.state))}`
  return view.inputOpen || view.status === 'opening' ? undefined : `${visible(process.id)} takes no input`
}

/** A field with its cursor, in at most so many cells. Also for prompts and forms. */
export function fieldSpans(editor: EditorState, width: number, theme: Theme, style: Style = theme.text): Span[] {
  const { left, under, right } = editorWindow(editor, width)
  return [span(left, style), span(under, theme.cursor), span(right, style)]
}
