// Everything about one process in words: what "show" prints. Pure; the present time comes in.

import type { ProcessDetail } from '../../client-lib/index.ts'
import { isEnded, isLive } from '../../proto/live-state.ts'
import { formatAge, formatCount, formatSize, formatTime } from './format.ts'
import { memberWords, stateCell } from './process-text.ts'
import { type Cell, visible } from './table.ts'

type Need = NonNullable<ProcessDetail['dependsOn']>[number]

/** @param retainMs how long the daemon keeps an ended process, if not too many others end after it */
export function processFacts(detail: ProcessDetail, retainMs: number, now: number): [name: string, value: Cell][] {
  const { state } = detail
  const when = (at: number) => `${formatTime(at)} (${formatAge(now - at)} ago)`
  return [
    ['id', { text: detail.id, paint: 'strong' }],
    ['state', stateCell(state)],
    ...(isLive(state) && state.pid !== null ? [['pid', String(state.pid)] as [string, Cell]] : []),
    ...(isEnded(state) ? [['ended', when(state.at)] as [string, Cell]] : []),
    ...(detail.left === undefined ? [] : [['left of it', memberWords(detail.left)] as [string, Cell]]),
    ['started', when(detail.startedAt)],
    ['program', detail.path],
    ['arguments', lines(detail.args)],
    ['directory', detail.cwd],
    ['labels', pairs(detail.labels)],
    ...wiring(detail),
    ...relations(detail),
    ['output', outputWords(detail)],
    ['input', inputWords(detail)],
    ['after exit', detail.autoRemove ? 'removed at once' : `kept ${formatAge(retainMs)}`],
    ['clients', lines(detail.clients.map((client) => clientWords(client, detail.output.end)))],
    ...(detail.env === null ? [] : [['environment', pairs(detail.env)] as [string, Cell]]),
  ]
}

/** What it needs, who needs it, and where it was declared. */
export function relations({ dependsOn, dependents, source, enabled }: ProcessDetail): [name: string, value: Cell][] {
  const facts: [name: string, value: Cell][] = []
  if (dependsOn !== undefined) facts.push(['needs', lines(dependsOn.map(needWords))])
  if (dependents !== undefined) facts.push(['needed by', visible(dependents.join(', '))])
  if (source !== undefined) facts.push(['declared in', visible(source)])
  if (enabled === false) facts.push(['enabled', 'no: it is not started with the daemon'])
  return facts
}

/** `db: ready, met`. */
export function needWords({ name, condition, bindTo, met }: Need): string {
  return `${name}: ${condition}${bindTo ? ', bound to it' : ''}, ${met ? 'met' : 'not met'}`
}

const lines = (texts: readonly string[]) => (texts.length === 0 ? '-' : texts.map(visible).join('\n'))

const pairs = (record: Record<string, string>) => lines(Object.entries(record).map(([key, value]) => `${key}=${value}`))

/** How it is wired, if not with a pipe each for stdin, stdout and stderr. */
function wiring({ terminal, stderr }: ProcessDetail): [name: string, value: Cell][] {
  if (terminal !== undefined) return [['terminal', `${terminal.columns}x${terminal.rows}`]]
  return stderr === 'stdout' ? [['stderr', 'same pipe as stdout']] : []
}

function outputWords({ output: { start, end, ended }, held, outputLimit }: ProcessDetail): string {
  const state = ended ? ', ended' : held ? ', paused: a lossless client has not read enough' : ''
  return [
    `${formatSize(end)} written${state}`,
    `offsets ${formatCount(start)} to ${formatCount(end)} kept (limit ${formatSize(outputLimit)})`,
  ].join('\n')
}

function inputWords({ stdin, input: { open, taken, queued } }: ProcessDetail): string {
  if (stdin === 'null') return '/dev/null'
  const waiting = queued === 0 ? '' : `, ${formatSize(queued)} waiting`
  return `${open ? 'open' : 'closed'}, ${formatSize(taken)} delivered${waiting}`
}

function clientWords({ software, peerPid, lossless, acked }: ProcessDetail['clients'][number], end: number): string {
  const who = peerPid === null ? software : `${software}, pid ${peerPid}`
  return `${who}, ${lossless ? 'lossless' : 'viewer'}, ${formatSize(end - acked)} behind`
}
