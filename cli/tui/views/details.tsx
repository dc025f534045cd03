// All about the selected process: what it is, what it uses, what happened to it.

import { cells, cutText } from '../../../vt/cell-widths.ts'
import { formatAge, formatCount, formatSize, formatTime } from '../../text/format.ts'
import { endWords, stateWords } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import { isEnded, isLive, type ProcessDetail, type ProcessSummary } from '../protocol-types.ts'
import type { Rectangle } from '../screen/layout.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { wrapWords } from '../screen/wrap.ts'
import { type Happening, pidOf, selectedProcess, type UiState } from '../store/state.ts'
import { joinWords } from '../store/words.ts'
import { curve, percent, stateGlyph, stateStyle } from './figures.ts'
import { type Fact, isSupervised, lifeLines, runLines } from './life-facts.ts'
import { useView } from './view-props.ts'

/** Cells of the names of facts. */
const NAME_WIDTH = 11
/** Rows that the command line may take. */
const COMMAND_ROWS = 3
/** Runs that are told where there is little room, and where there is much. */
const RUNS_LEAST = 3
const RUNS_MOST = 8

export function Details() {
  const { state, layout, theme } = useView()
  const pane = layout.details
  if (pane === undefined) return null
  const process = selectedProcess(state)
  const lines = process === undefined ? [] : processLines(process, state, theme, pane)
  return <Rows lines={[titleLine('details', pane.width, theme), ...lines]} pane={pane} />
}

/** What is worth most comes first; some runs are told before what is only good to know, and events fill what is left. */
function processLines(process: ProcessSummary, state: UiState, theme: Theme, { width, height }: Rectangle): Line[] {
  const detail = state.detail?.handle === process.handle ? state.detail : undefined
  const { most, least } = factLines(process, detail, state, theme, width)
  const room = height - 1
  const runsMax = Math.max(RUNS_LEAST, Math.min(RUNS_MOST, room - most.length - least.length))
  const runs = isSupervised(process) ? runLines(detail, theme, runsMax) : []
  const used = [...most, ...runs, ...least].slice(0, room)
  return [...used, ...eventLines(process, state, theme, room - used.length)]
}

/** A title in a rule across the pane. */
export function titleLine(title: string, width: number, theme: Theme): Line {
  return [span(` ${title} `, theme.dim), span('─'.repeat(Math.max(0, width - cells(title) - 2)), theme.rule)]
}

interface Facts {
  readonly most: readonly Line[]
  readonly least: readonly Line[]
}

function factLines(
  process: ProcessSummary,
  detail: ProcessDetail | undefined,
  state: UiState,
  theme: Theme,
  width: number,
): Facts {
  const room = width - NAME_WIDTH - 2
  const fact: Fact = (name, ...value) => [span(` ${name.padEnd(NAME_WIDTH)}`, theme.dim), ...value]
  const plainFact = (name: string, text: string): Line => fact(name, span(cutText(text, room), theme.text))
  const words = visible(detail === undefined ? process.command : joinWords([detail.path, ...detail.args]))
  const command = wrapWords(words, room, COMMAND_ROWS)
  const labels = Object.entries(process.labels).map(([key, value]) => `${key}=${value}`)
  const began = 'since' in process.state && isLive(process.state) ? process.state.since : process.startedAt
  const most = [
    fact('process', span(visible(process.id), theme.strong), span('  '), ...stateSpans(process, theme)),
    ...lifeLines(process, state, theme, room, fact),
    ...command.map((text, at) => plainFact(at === 0 ? 'command' : '', text)),
    plainFact('started', `${formatTime(began)}  ${formatAge(state.now - began)} ago`),
    ...(isLive(process.state) ? usageLines(process, state, theme, room, fact) : []),
  ]
  const source = state.declared.get(process.handle)?.source
  const least = [
    ...(detail === undefined ? [] : [plainFact('directory', visible(detail.cwd))]),
    ...(labels.length === 0 ? [] : [plainFact('labels', visible(labels.join(' ')))]),
    ...(source === undefined ? [] : [plainFact('from', visible(source))]),
    plainFact('output', outputWords(process)),
    ...(detail?.held ? [fact('held back', span('waits for a lossless client', theme.warn))] : []),
    ...(detail === undefined
      ? []
      : [plainFact('input', inputWords(detail)), plainFact('clients', clientWords(detail))]),
  ]
  return { most, least }
}

function stateSpans(process: ProcessSummary, theme: Theme): Line {
  const style = stateStyle(process.state, theme)
  const words = stateWords(process.state)
  const pid = pidOf(process.state)

  return [
    span(`${stateGlyph(process.state)} ${words}`, style),
    span(pid === undefined ? '' : `  pid ${pid}`, theme.dim),
  ]
}

function usageLines({ handle }: ProcessSummary, { usage }: UiState, theme: Theme, room: number, fact: Fact): Line[] {
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
  const pid = pidOf(state)
  return pid === undefined ? word : `${word}, pid ${pid}`
}
