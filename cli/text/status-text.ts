// What "status" and "history" print: whether processes are up, why not, and how their runs ended. Pure; the present time comes in.

import type { ProcessDetail, ProcessState, ProcessSummary, ProcessUsage } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { formatAge, formatSize, formatTime } from './format.ts'
import { ageText } from './list-table.ts'
import { relations } from './process-facts.ts'
import { memberWords, runEndWords, stateCell } from './process-text.ts'
import { ageOf, isUp, notUpBecause, stateSentence } from './state-sentence.ts'
import { type Cell, type Column, type TableStyle, table, visible } from './table.ts'

type End = NonNullable<ProcessDetail['runsKept']>[number]

const statusColumns: readonly Column[] = [
  { title: 'ID' },
  { title: 'STATE' },
  { title: 'FOR', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'RUNS', align: 'right' },
  { title: 'RESTART' },
  { title: 'LAST END' },
  { title: 'WHY NOT UP', min: 12 },
]

/** A line for each process. */
export function statusTable(processes: readonly ProcessSummary[], now: number, style: TableStyle): string[] {
  const rows = processes.map((process): Cell[] => {
    const { state, runs = 1, restart = '-' } = process
    const last = lastEndOf(state)
    return [
      { text: process.id, paint: 'strong' },
      stateCell(state),
      ageText(ageOf(state, now)),
      isLive(state) && state.pid !== null ? String(state.pid) : '-',
      String(runs),
      restart,
      last === undefined ? '-' : runEndWords(last),
      isUp(process) ? '' : notUpBecause(state, now),
    ]
  })
  return table(statusColumns, rows, style)
}

/** How the last run ended, as far as the state tells. */
function lastEndOf(state: ProcessState): Parameters<typeof runEndWords>[0] | undefined {
  if (state.kind === 'exited' || state.kind === 'killed') return state
  return state.kind === 'backoff' || state.kind === 'failed' || state.kind === 'stopped' ? state.last : undefined
}

/** Everything about whether one process is up. */
export function statusFacts(
  detail: ProcessDetail,
  usage: ProcessUsage | undefined,
  now: number,
): [name: string, value: Cell][] {
  const { state, wanted = 'up', runs = 1, runsKept = [] } = detail
  const when = (at: number) => `${formatTime(at)} (${formatAge(now - at)} ago)`
  return [
    ['id', { text: detail.id, paint: 'strong' }],
    ['state', sentenceCell(state, now)],
    ['wanted', wanted],
    ['restart', detail.restart ?? 'never'],
    ['runs', String(runs)],
    ...(isLive(state) ? [['this run since', when(state.since)] as [string, Cell]] : []),
    ...(state.kind === 'running' && state.ready !== undefined
      ? [['ready since', when(state.ready)] as [string, Cell]]
      : []),
    ...(state.kind === 'running' && state.health !== undefined
      ? [['health', healthCell(state)] as [string, Cell]]
      : []),
    ...(usage === undefined ? [] : [['uses', usageWords(usage)] as [string, Cell]]),
    ...(detail.left === undefined ? [] : [['left of it', memberWords(detail.left)] as [string, Cell]]),
    ...relations(detail),
    ['command', detail.command],
    ...(runsKept.length === 0 ? [] : [['last ends', endLines(runsKept, now)] as [string, Cell]]),
  ]
}

function sentenceCell(state: ProcessState, now: number): Cell {
  const cell = stateCell(state)
  const text = stateSentence(state, now).replace(/^(is|has) /, '')
  return typeof cell === 'string' ? text : { ...cell, text }
}

function usageWords({ processes, memory, cpuMs }: ProcessUsage): string {
  const tasks = processes === 1 ? '1 process' : `${processes} processes`
  return `${tasks}, ${formatSize(memory)} of memory, ${formatAge(cpuMs)} of processor time so far`
}

/** Runs that an overview tells of. */
const OVERVIEW_ENDS = 5

const endLines = (ends: readonly End[], now: number): string =>
  ends
    .slice(-OVERVIEW_ENDS)
    .reverse()
    .map((end) => `run ${end.run} ${runEndWords(end)}, ${formatAge(now - end.at)} ago${lasted(end, ', after ')}`)
    .join('\n')

const lasted = (end: End, prefix: string): string =>
  'began' in end && typeof end.began === 'number' ? `${prefix}${formatAge(end.at - end.began)}` : ''

const historyColumns: readonly Column[] = [
  { title: 'RUN', align: 'right' },
  { title: 'BEGAN' },
  { title: 'ENDED' },
  { title: 'LASTED', align: 'right' },
  { title: 'HOW', min: 12 },
]

/** The runs of one process, the newest last; the one under way too. */
export function historyTable(
  { state, runs = 1, runsKept = [] }: ProcessDetail,
  now: number,
  style: TableStyle,
): string[] {
  const rows: Cell[][] = runsKept.map((end) => {
    const began = 'began' in end && typeof end.began === 'number' ? formatTime(end.began) : '-'
    return [String(end.run), began, formatTime(end.at), lasted(end, '') || '-', runEndWords(end)]
  })
  if (isLive(state)) {
    rows.push([String(runs), formatTime(state.since), '-', formatAge(now - state.since), sentenceCell(state, now)])
  }
  return table(historyColumns, rows, style)
}

function healthCell({ health = '', problem }: Extract<ProcessDetail['state'], { kind: 'running' }>): Cell {
  const text = problem === undefined ? visible(health) : `${visible(health)}: ${visible(problem)}`
  return { text, paint: health === 'down' ? 'warn' : 'good' }
}
