// All keys, made from the table of bindings.

import { cells, fitText } from '../../../vt/cell-widths.ts'
import { bindings, type Context, editHelp, keysLabel } from '../keyboard/bindings.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, lineCells, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { titleLine } from './details.tsx'
import { useView } from './view-props.ts'

/** The sections, in two columns where there is room. */
const sections: readonly (readonly [title: string, contexts: readonly Context[]])[] = [
  ['In the list', ['list']],
  ['In the list and the console', ['panes']],
  ['In the console', ['console']],
  ['In the input line', ['input']],
  ['While every key goes to a terminal', ['terminal']],
  ['Everywhere, except in a terminal', ['everywhere']],
  ['In a question or a form', ['prompt', 'confirmation', 'choice', 'form', 'page']],
]

const INDENT = '   '
const KEYS_WIDTH = 15
const TWO_COLUMNS = 116

export function Help() {
  const { state, layout, theme } = useView()
  const pane = layout.page
  if (pane === undefined || state.dialog?.kind !== 'help') return null
  const lines = helpLines(pane.width, theme)
  const room = pane.height - 1
  const top = Math.min(state.dialog.top, Math.max(0, lines.length - room))
  const more =
    lines.length > room ? `keys, ${top + 1} to ${Math.min(lines.length, top + room)} of ${lines.length}` : 'keys'
  return <Rows lines={[titleLine(more, pane.width, theme), ...lines.slice(top, top + room)]} pane={pane} />
}

function helpLines(width: number, theme: Theme): Line[] {
  const half = width < TWO_COLUMNS ? width : Math.floor(width / 2)
  const blocks = sections.map(([title, contexts]) => sectionLines(title, contexts, half - 1, theme))
  if (half === width) return blocks.flat()
  const total = blocks.reduce((sum, block) => sum + block.length, 0)
  const left: Line[] = []
  const right: Line[] = []
  for (const block of blocks) (left.length + block.length / 2 <= total / 2 ? left : right).push(...block)
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row): Line => {
    const [one = [], other = []] = [left[row], right[row]]
    return [...one, span(' '.repeat(Math.max(0, half - lineCells(one)))), ...other]
  })
}

function sectionLines(title: string, contexts: readonly Context[], width: number, theme: Theme): Line[] {
  const rows = contexts.flatMap((context) =>
    bindings
      .filter((each) => each.context === context)
      .map(({ keys, help }): readonly [string, string] => [keysLabel(keys), help]),
  )
  const all = contexts.includes('input') ? [...rows, ...editHelp] : rows
  return [
    [],
    [span(` ${title}`, theme.strong)],
    ...all.map(([keys, help]): Line => {
      const label = cells(keys) < KEYS_WIDTH ? fitText(keys, KEYS_WIDTH) : `${keys} `
      const room = width - INDENT.length - cells(label)
      return [span(INDENT), span(label, theme.key), span(cells(help) > room ? fitText(help, room) : help, theme.text)]
    }),
  ]
}
