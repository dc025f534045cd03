// What is asked at the bottom of the screen: a prompt, a confirmation, a choice. It names the process that it is about.

import { cutText, fitText } from '../../../vt/cell-widths.ts'
import { formatCount, formatSize } from '../../text/format.ts'
import { shortSignal } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import type { Rectangle } from '../screen/layout.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { type Report, reportOf } from '../store/report.ts'
import { signals } from '../store/signals.ts'
import { type Dialog, type Handle, pidOf, type UiState } from '../store/state.ts'
import { isIn, stateGroups } from '../store/state-groups.ts'
import { PASTE_PREVIEW } from '../store/view-layout.ts'
import { fieldSpans } from './input-line.tsx'
import { useView } from './view-props.ts'

export function Drawer() {
  const { state, layout, theme } = useView()
  const pane = layout.drawer
  const { dialog } = state
  const report = reportOf(state)
  if (pane !== undefined && report !== undefined) return <Rows lines={reportLines(report, theme, pane)} pane={pane} />
  if (pane === undefined || dialog === undefined) return null
  return <Rows lines={drawerLines(state, dialog, theme, pane)} pane={pane} />
}

/** The rule, the sentence, as much of the output as there is room for, its newest lines, and how it is put away. */
function reportLines({ text, lines }: Report, theme: Theme, { width, height }: Rectangle): Line[] {
  const room = Math.max(0, height - 2 - text.length)
  const shown = room === 0 ? [] : lines.slice(-room)
  return [
    [span('─'.repeat(width), theme.bad)],
    ...text.map((row, at): Line => [span(at === 0 ? ' ✕ ' : '   ', theme.bad), span(row, theme.text)]),
    ...shown.map((row): Line => [span('   │ ', theme.rule), span(row, theme.dim)]),
    answers([['Esc', 'put away']], theme),
  ]
}

function drawerLines(state: UiState, dialog: Dialog, theme: Theme, pane: Rectangle): Line[] {
  const { width } = pane
  switch (dialog.kind) {
    case 'help':
    case 'history':
    case 'dependencies':
    case 'start':
      return []
    case 'filter':
      return [[span(' filter ', theme.accent), ...fieldSpans(dialog.editor, width - 9, theme)]]
    case 'states':
      return [[span('─'.repeat(width), theme.accent)], ...groupLines(state, theme, pane)]
    case 'search':
      return [[span(' find ', theme.accent), ...fieldSpans(dialog.editor, width - 7, theme)]]
    default:
      return [[span('─'.repeat(width), theme.accent)], ...questionLines(state, dialog, theme, pane)]
  }
}

type Question = Extract<Dialog, { kind: 'signal' | 'stop' | 'restart' | 'remove' | 'end input' | 'paste' }>

function questionLines(state: UiState, dialog: Question, theme: Theme, { width, height }: Rectangle): Line[] {
  // The rule, the question and the answers; what is between them gives way.
  const room = Math.max(0, height - 3)
  const id = nameOf(state, dialog.handle)
  const name = span(id, theme.strong)
  switch (dialog.kind) {
    case 'stop':
    case 'restart':
      return [
        dialog.kind === 'stop'
          ? [span(' Stop '), name, span(', as its spec says, with all of its tree?')]
          : [span(' Stop '), name, span(', and start it again?')],
        answers(
          [
            ['y', dialog.kind],
            ['Esc', 'cancel'],
          ],
          theme,
        ),
      ]
    case 'remove':
      return [
        dialog.running
          ? [span(' Kill '), name, span(' (SIGKILL), and remove it and its output?')]
          : [span(' Remove '), name, span(' and its output?')],
        answers(
          [
            ['y', dialog.running ? 'kill and remove' : 'remove'],
            ['Esc', 'cancel'],
          ],
          theme,
        ),
      ]
    case 'end input':
      return [
        [span(' Close the input of '), name, span('? Nobody can type into it afterwards.')],
        answers(
          [
            ['y', 'close it'],
            ['Esc', 'cancel'],
          ],
          theme,
        ),
      ]
    case 'paste': {
      const lines = dialog.text.replace(/\n$/, '').split('\n')
      const cut = dialog.cut ? ' (cut: it was too long)' : ''
      const preview = lines
        .slice(0, Math.min(room, PASTE_PREVIEW))
        .map((text): Line => [span('   '), span(cutText(visible(text.replaceAll('\t', '  ')), width - 4), theme.dim)])
      return [
        [
          span(` Send ${formatCount(lines.length)} pasted lines, ${formatSize(dialog.text.length)}${cut}, to `),
          name,
          span('?'),
        ],
        ...preview,
        answers(
          [
            ['y', 'send'],
            ['Esc', 'cancel'],
          ],
          theme,
        ),
      ]
    }
    case 'signal': {
      const process = state.processes.get(dialog.handle)
      const pid = process === undefined ? undefined : pidOf(process.state)
      const chosen = signals[dialog.chosen]?.name ?? 'TERM'
      return [
        [span(' Send a signal to '), name, span(pid === undefined ? '' : `, pid ${pid} and its group`, theme.dim)],
        ...around(signals, dialog.chosen, room).map((each): Line => signalLine(each, each.name === chosen, theme)),
        answers(
          [
            ['Enter', `send ${shortSignal(chosen)}`],
            ['↑↓', 'choose'],
            ['Esc', 'cancel'],
          ],
          theme,
        ),
      ]
    }
  }
}

function groupLines(state: UiState, theme: Theme, { height }: Rectangle): Line[] {
  const at = stateGroups.findIndex(({ name }) => name === state.list.group)
  const processes = [...state.processes.values()]
  return [
    [span(' Show only')],
    ...around(stateGroups, at, height - 3).map(({ name, does }): Line => {
      const isChosen = name === state.list.group
      const count = processes.filter((process) => isIn(name, process)).length
      return [
        span(isChosen ? ' ▌ ' : '   ', theme.accent),
        span(fitText(name, 10), isChosen ? theme.accentStrong : theme.text),
        span(`${fitText(formatCount(count), 6, 'right')}  `, theme.text),
        span(does, theme.dim),
      ]
    }),
    answers(
      [
        ['Enter', 'keep'],
        ['↑↓', 'choose'],
        ['Esc', 'cancel'],
      ],
      theme,
    ),
  ]
}

function signalLine({ name, does }: (typeof signals)[number], isChosen: boolean, theme: Theme): Line {
  return [
    span(isChosen ? ' ▌ ' : '   ', theme.accent),
    span(fitText(name, 6), isChosen ? theme.accentStrong : theme.text),
    span(does, theme.dim),
  ]
}

/** As many of the choices as there is room for, with the chosen one among them. */
function around<T>(choices: readonly T[], chosen: number, room: number): readonly T[] {
  const first = Math.max(0, Math.min(chosen - Math.floor(room / 2), choices.length - room))
  return choices.slice(first, first + Math.max(0, room))
}

const nameOf = ({ processes }: UiState, handle: Handle) => visible(processes.get(handle)?.id ?? '')

/** What can be pressed, and what it does. */
export function answers(keys: readonly (readonly [key: string, words: string])[], theme: Theme): Line {
  return [span(' '), ...keys.flatMap(([key, words]): Span[] => [span(key, theme.key), span(` ${words}   `, theme.dim)])]
}
