// The last line: what just happened, or else the keys that are most useful now.

import type { Command, Context } from '../keyboard/bindings.ts'
import { bindings, keyLabel } from '../keyboard/bindings.ts'
import { Rows } from '../screen/rows.tsx'
import { justify, type Line, lineCells, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { reportOf } from '../store/report.ts'
import type { Notice } from '../store/state.ts'
import { contextsOf } from '../store/update.ts'
import { useView } from './view-props.ts'

/** The keys of these commands, and what they do in a word. */
type Hint = readonly [commands: readonly Command[], words: string]

const hints: Readonly<Partial<Record<Context, readonly Hint[]>>> = {
  list: [
    [['select previous', 'select next'], 'select'],
    [['open'], 'open'],
    [['filter'], 'filter'],
    [['filter by state'], 'states'],
    [['toggle details'], 'details'],
    [['history'], 'history'],
    [['dependencies'], 'needs'],
    [['up'], 'up'],
    [['stop'], 'stop'],
    [['restart'], 'restart'],
    [['run'], 'run'],
    [['signal'], 'signal'],
    [['remove'], 'remove'],
    [['sort by next'], 'sort'],
    [['quit'], 'quit'],
  ],
  console: [
    [['scroll up', 'scroll down'], 'scroll'],
    [['search'], 'find'],
    [['toggle follow'], 'follow'],
    [['type'], 'type'],
    [['toggle wrap'], 'wrap'],
    [['close tab'], 'close'],
    [['back'], 'list'],
    [['quit'], 'quit'],
  ],
  input: [
    [['send line'], 'send'],
    [['older line', 'newer line'], 'history'],
    [['end input'], 'close input'],
    [['scroll page up', 'scroll page down'], 'scroll'],
    [['next pane'], 'next pane'],
    [['back'], 'list'],
    [['stop typing'], 'stop typing'],
  ],
  terminal: [[['stop typing'], 'stop typing']],
  choice: [
    [['choose previous', 'choose next'], 'choose'],
    [['accept'], 'take'],
    [['cancel'], 'cancel'],
  ],
  prompt: [
    [['accept'], 'accept'],
    [['cancel'], 'cancel'],
  ],
  page: [
    [['scroll up', 'scroll down'], 'scroll'],
    [['cancel'], 'close'],
  ],
}

const helpHint: Partial<Record<Context, string>> = { list: '?', console: '?', input: 'F1' }

export function Hints() {
  const { state, layout, theme } = useView()
  const { width } = layout.hints
  const [context = 'everywhere'] = contextsOf(state)
  const key = helpHint[context]
  const right: Line = key === undefined ? [] : [span(key, theme.key), span(' help ', theme.dim)]
  const room = width - lineCells(right) - 2
  const left =
    state.notice === undefined || reportOf(state) !== undefined
      ? hintSpans(context, theme, room)
      : noticeSpans(state.notice, theme)
  return <Rows lines={[justify(left, right, width)]} pane={layout.hints} />
}

function noticeSpans({ tone, text }: Notice, theme: Theme): Line {
  if (tone === 'bad') return [span(' ✕ ', theme.bad), span(text, theme.text)]
  if (tone === 'good') return [span(' ✓ ', theme.good), span(text, theme.text)]
  return [span(' · ', theme.accent), span(text, theme.text)]
}

/** As many hints as fit whole. */
function hintSpans(context: Context, theme: Theme, width: number): Line {
  const line: Span[] = [span(' ')]
  for (const [commands, words] of hints[context] ?? []) {
    const hint = [span(keysOf(commands, context), theme.key), span(` ${words}   `, theme.dim)]
    if (lineCells([...line, ...hint]) - 3 > width) break
    line.push(...hint)
  }
  return line
}

/** The first key of each. */
function keysOf(commands: readonly Command[], context: Context): string {
  const labels = commands.map((command) => {
    const fitting = bindings.filter((each) => each.command === command)
    const { keys } = fitting.find((each) => each.context === context) ??
      fitting.find((each) => each.context === 'panes') ?? { keys: [] }
    return keyLabel(keys[0] ?? '')
  })
  // Arrows stand together; words need something between them.
  return labels.join(labels.some((label) => label.length > 1) ? '/' : '')
}
