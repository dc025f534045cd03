// All about the selected process: what it is, what it uses, what happened to it.

import { cells, cutText } from '../../../vt/cell-widths.ts'
import { formatAge, formatCount, formatSize, formatTime } from '../../text/format.ts'
import { endWords, stateWords } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import { isEnded, isLive, type ProcessDetail, type ProcessSummary } from '../protocol-types.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { wrapWords } from '../screen/wrap.ts'
import { type Happening, selectedProcess, type UiState } from '../store/state.ts'
import { joinWords } from '../store/words.ts'
import { curve, percent, stateGlyph, stateStyle } from './figures.ts'
import { useView } from './view-props.ts'

/** Cells of the names of facts. */
const NAME_WIDTH = 11
/** Rows that the command line may take. */
const COMMAND_ROWS = 3

export function Details() {
  const { state, layout, theme } = useView()
  const pane = layout.details
  if (pane === undefined) return null
  const process = selectedProcess(state)
  const lines = process === undefined ? [] : factLines(process, state, theme, pane.width)
  const room = pane.height - 1
  const used = lines.slice(0, room)
  const events = process === undefined ? [] : eventLines(process, state, theme, room - used.length)
  return <Rows lines={[titleLine('details', pane.width, theme), ...used, ...events]} pane={pane} />
}

/** A title in a rule across the pane. */
export function titleLine(title: string, width: number, theme: Theme): Line {
  return [span(` ${title} `, theme.dim), span('─'.repeat(Math.max(0, width - cells(title) - 2)), theme.rule)]
}

function factLines(process: ProcessSummary, state: UiState, theme: Theme, width: number): Line[] {
  const detail = state.detail?.handle === process.handle ? state.detail : undefined
  const room = width - NAME_WIDTH - 2
  const fact = (name: string, ...value: Line): Line => [span(` ${name.padEnd(NAME_WIDTH)}`, theme.dim), ...value]
  const plainFact = (name: string, text: string): Line => fact(name, span(cutText(text, room), theme.text))
  const words = visible(detail === undefined ? process.command : joinWords([detail.path, ...detail.args]))
  const command = wrapWords(words, room, COMMAND_ROWS)
  const labels = Object.entries(process.labels).map(([key, value]) => `${key}=${value}`)
  return [
    fact('process', span(visible(process.id), theme.strong), span('  '), ...stateSpans(process, theme)),
    ...command.map((text, at) => plainFact(at === 0 ? 'command' : '', text)),
    ...(detail === undefined ? [] : [plainFact('directory', visible(detail.cwd))]),
    ...(labels.length === 0 ? [] : [plainFact('labels', visible(labels.join(' ')))]),
    plainFact('started', `${formatTime(process.startedAt)}  ${formatAge(state.now - process.startedAt)} ago`),
    ...(isLive(process.state) ? usageLines(process, state, theme, room, fact) : []),
    plainFact('output', outputWords(process)),
    ...(detail?.held ? [fact('held back', span('waits for a lossless client', theme.warn))] : []),
    ...(detail === undefined
      ? []
      : [plainFact('input', inputWords(detail)), plainFact('clients', clientWords(detail))]),
  ]
}

function stateSpans(process: ProcessSummary, theme: Theme): Line {
  const style = stateStyle(process.state, theme)
  const words = stateWords(process.state)
  const pid = 'pid' in process.state ? `  pid ${process.state.pid}` : ''
  return [span(`${stateGlyph(process.state)} ${words}`, style), span(pid, theme.dim)]
}

function usageLines(
  { handle }: ProcessSummary,
  { usage }: UiState,
  theme: Theme,
  room: number,
  fact: (name: string, ...value: Line) => Line,
): Line[] {
  const used = usage.get(handle)
  if (used === undefined) return []
  const { cpu, memory, processes, history } = used
  const share = `${percent(cpu)} %`.padEnd(9)
  const others = processes > 1 ? `  in ${formatCount(processes)} processes` : ''
  return [
    fact('cpu', span(share, theme.text), span(curve(history, Math.min(40, Math.max(0, room - 9)), 0.1), theme.accent)),
    fact('memory', span(formatSize(memory), theme.text), span(others, theme.dim)),
  ]
}

function outputWords({ output, terminal }: ProcessSummary): string {
  const kept = `${formatSize(output.end)} written, ${formatSize(output.end - output.start)} kept`
  return `${kept}${terminal === undefined ? '' : `, terminal ${terminal.columns}×${terminal.rows}`}`
}

function inputWords({ stdin, input, terminal }: ProcessDetail): string {
  if (stdin === 'null' && terminal === undefined) return '/dev/null'
  const waiting = input.queued === 0 ? '' : `, ${formatSize(input.queued)} waiting`
  return `${input.open ? 'open' : 'closed'}, ${formatSize(input.taken)} read${waiting}`
}

function clientWords({ clients }: ProcessDetail): string {
  if (clients.length === 0) return 'none'
  const names = [...new Set(clients.map(({ software }) => visible(software.split(' ')[0] ?? software)))]
  return `${clients.length} (${names.join(', ')})`
}

/** What happened to it, the newest first. */
function eventLines(process: ProcessSummary, state: UiState, theme: Theme, room: number): Line[] {
  const own = state.happenings.filter(({ handle }) => handle === process.handle).reverse()
  if (own.length === 0 || room < 3) return []
  const lines = own.slice(0, room - 1).map((happening): Line => {
    const time = formatTime(happening.at).slice(11)
    return [
      span(` ${time}   `, theme.dim),
      span(`${stateGlyph(happening.state)} `, stateStyle(happening.state, theme)),
      span(happeningWords(happening), theme.text),
    ]
  })
  return [[], ...lines]
}

function happeningWords({ kind, state }: Happening): string {
  if (kind === 'ended' && isEnded(state)) return endWords(state)
  const word = kind === 'changed' ? stateWords(state) : kind
  return 'pid' in state && state.pid !== null ? `${word}, pid ${state.pid}` : word
}
