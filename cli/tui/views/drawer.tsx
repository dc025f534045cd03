// What is asked at the bottom of the screen: a prompt, a confirmation, a choice. It names the process that it is about.

import { cutText, fitText } from '../../../vt/cell-widths.ts'
import { formatCount, formatSize } from '../../text/format.ts'
import { shortSignal } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import type { Rectangle } from '../screen/layout.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { signals } from '../store/signals.ts'
import type { Dialog, Handle, UiState } from '../store/state.ts'
import { PASTE_PREVIEW } from '../store/view-layout.ts'
import { fieldSpans } from './input-line.tsx'
import { useView } from './view-props.ts'

export function Drawer() {
  const { state, layout, theme } = useView()
  const pane = layout.drawer
  const { dialog } = state
  if (pane === undefined || dialog === undefined) return null
  return <Rows lines={drawerLines(state, dialog, theme, pane)} pane={pane} />
}

function drawerLines(state: UiState, dialog: Dialog, theme: Theme, pane: Rectangle): Line[] {
  const { width } = pane
  switch (dialog.kind) {
    case 'help':
    case 'start':
      return []
    case 'filter':
      return [[span(' filter ', theme.accent), ...fieldSpans(dialog.editor, width - 9, theme)]]
    case 'search':
      return [[span(' find ', theme.accent), ...fieldSpans(dialog.editor, width - 7, theme)]]
    default:
      return [[span('─'.repeat(width), theme.accent)], ...questionLines(state, dialog, theme, pane)]
  }
}

type Question = Extract<Dialog, { kind: 'signal' | 'remove' | 'end input' | 'paste' }>

function questionLines(state: UiState, dialog: Question, theme: Theme, { width, height }: Rectangle): Line[] {
  // The rule, the question and the answers; what is between them gives way.
  const room = Math.max(0, height - 3)
  const id = nameOf(state, dialog.handle)
  const name = span(id, theme.strong)
  switch (dialog.kind) {
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
      const pid = process !== undefined && 'pid' in process.state ? `, pid ${process.state.pid} and its group` : ''
      const chosen = signals[dialog.chosen]?.name ?? 'TERM'
      const first = Math.max(0, Math.min(dialog.chosen - Math.floor(room / 2), signals.length - room))
      return [
        [span(' Send a signal to '), name, span(pid, theme.dim)],
        ...signals.slice(first, first + room).map((each): Line => signalLine(each, each.name === chosen, theme)),
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

function signalLine({ name, does }: (typeof signals)[number], isChosen: boolean, theme: Theme): Line {
  return [
    span(isChosen ? ' ▌ ' : '   ', theme.accent),
    span(fitText(name, 6), isChosen ? theme.accentStrong : theme.text),
    span(does, theme.dim),
  ]
}

const nameOf = ({ processes }: UiState, handle: Handle) => visible(processes.get(handle)?.id ?? '')

/** What can be pressed, and what it does. */
export function answers(keys: readonly (readonly [key: string, words: string])[], theme: Theme): Line {
  return [span(' '), ...keys.flatMap(([key, words]): Span[] => [span(key, theme.key), span(` ${words}   `, theme.dim)])]
}
