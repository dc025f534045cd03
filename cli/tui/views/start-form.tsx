// The form that starts a program, in the console's place.

import { cutText } from '../../../vt/cell-widths.ts'
import { visible } from '../../text/table.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import type { StartForm as Form, FormField, UiState } from '../store/state.ts'
import { titleLine } from './details.tsx'
import { answers } from './drawer.tsx'
import { fieldSpans } from './input-line.tsx'
import { useView } from './view-props.ts'

const NAME_WIDTH = 11

const fields: readonly (readonly [field: FormField, name: string, hint: string])[] = [
  ['command', 'command', 'quoted as in a shell; for pipes, sh -c "…"'],
  ['name', 'name', 'its id (default: made from the program)'],
  ['labels', 'labels', 'key=value, separated by blanks'],
  ['directory', 'directory', 'working directory'],
  ['terminal', 'terminal', 'Space: give it a terminal, as shells and editors need'],
]

export function StartForm() {
  const { state, layout, theme } = useView()
  const pane = layout.form
  const form = state.dialog
  if (pane === undefined || form?.kind !== 'start') return null
  const lines = formLines(form, theme, pane.width)
  // A blank line between fields where there is room for it.
  const isRoomy = pane.height >= 18
  const spaced = isRoomy ? lines.flatMap((line) => [[], line]) : lines
  return <Rows lines={[titleLine(titleOf(state, form), pane.width, theme), ...spaced]} pane={pane} />
}

function titleOf({ processes }: UiState, form: Form): string {
  const again = form.again === undefined ? undefined : processes.get(form.again)
  return again === undefined ? 'start a program' : `start ${visible(again.id)} again`
}

function formLines(form: Form, theme: Theme, width: number): Line[] {
  const lines = fields.map(([field, name, hint]): Line => {
    const isHere = form.field === field
    const label = span(`${isHere ? ' ▌ ' : '   '}${name.padEnd(NAME_WIDTH)}`, isHere ? theme.accent : theme.dim)
    return [label, ...valueSpans(form, field, hint, width - NAME_WIDTH - 4, theme)]
  })
  const problem: Line[] = form.problem === undefined ? [] : [[span('   '), span(`✕ ${form.problem}`, theme.bad)]]
  const busy: Line = [span('   starting…', theme.dim)]
  return [
    ...lines,
    ...problem,
    form.busy
      ? busy
      : [
          span('  '),
          ...answers(
            [
              ['Enter', 'start'],
              ['Tab', 'next field'],
              ['Esc', 'cancel'],
            ],
            theme,
          ),
        ],
  ]
}

function valueSpans(form: Form, field: FormField, hint: string, width: number, theme: Theme): Line {
  const isHere = form.field === field
  if (field === 'terminal') {
    return [
      span(form.terminal ? '[x]' : '[ ]', isHere ? theme.accentStrong : theme.text),
      span(`  ${cutText(hint, width - 5)}`, theme.dim),
    ]
  }
  const editor = form[field]
  if (isHere && editor.text !== '') return fieldSpans(editor, width, theme)
  if (editor.text !== '') return [span(cutText(editor.text, width))]
  return [span(isHere ? ' ' : '', theme.cursor), span(cutText(`${isHere ? ' ' : ''}${hint}`, width - 1), theme.dim)]
}
