// What the details tell of how a process lives: why it is not up, when it is started again, what it needs, and how its runs ended.

import { formatAge, formatTime } from '../../text/format.ts'
import { runEndWords } from '../../text/process-text.ts'
import { notUpBecause } from '../../text/state-sentence.ts'
import { visible } from '../../text/table.ts'
import type { ProcessDetail, ProcessSummary } from '../protocol-types.ts'
import { type Line, type Span, span } from '../screen/text.ts'
import type { Theme } from '../screen/theme.ts'
import { wrapWords } from '../screen/wrap.ts'
import { isMetFor, needsOf } from '../store/dependencies.ts'
import type { UiState } from '../store/state.ts'
import { stateStyle } from './figures.ts'

/** How a fact is put into a line: its name, and its value. */
export type Fact = (name: string, ...value: Line) => Line

/** Rows that the reason may take. */
const WHY_ROWS = 3

/** Whether it has more of a life than one run. */
export const isSupervised = ({ restart, runs = 1, wanted }: ProcessSummary): boolean =>
  restart !== undefined || runs > 1 || wanted === 'down'

/** Lines in the order of their worth. */
export function lifeLines(process: ProcessSummary, state: UiState, theme: Theme, room: number, fact: Fact): Line[] {
  const because = notUpBecause(process.state, state.now)
  const style = stateStyle(process.state, theme)
  const why = because === '' ? [] : wrapWords(because, room, WHY_ROWS)
  return [
    ...why.map((row, at) => fact(at === 0 ? 'why' : '', span(row, style))),
    ...readyLines(process, state, theme, fact),
    ...(isSupervised(process) ? [fact('restart', span(policyWords(process, state), theme.text))] : []),
    ...needLines(process, state, theme, fact),
  ]
}

function readyLines({ state }: ProcessSummary, { now }: UiState, theme: Theme, fact: Fact): Line[] {
  if (state.kind !== 'running') return []
  const { ready, health, text } = state
  const since = ready === undefined ? [] : [`since ${formatTime(ready).slice(11)}, ${formatAge(now - ready)}`]
  const words = [...since, ...(health === undefined ? [] : [`health: ${visible(health)}`])]
  return [
    ...(words.length === 0 ? [] : [fact('ready', span(words.join(', '), health === 'down' ? theme.warn : theme.text))]),
    ...(text === undefined ? [] : [fact('says', span(visible(text), theme.text))]),
  ]
}

function policyWords({ restart = 'never', runs = 1, wanted }: ProcessSummary, { declared, list }: UiState): string {
  const again = runs > 1 ? `, ${runs - 1} so far` : ''
  const down = wanted === 'down' ? '; is not to run now' : ''
  const { enabled, source } = (list.selected === undefined ? undefined : declared.get(list.selected)) ?? {}
  const disabled = enabled === false && source !== undefined ? '; not started with the daemon' : ''
  return `${restart}${again}${down}${disabled}`
}

function needLines(process: ProcessSummary, { declared, processes }: UiState, theme: Theme, fact: Fact): Line[] {
  const needs = needsOf(declared, process.handle)
  if (needs.length === 0) return []
  const byName = new Map([...processes.values()].map((each) => [each.name, each]))
  const words = needs.flatMap((need): Span[] => {
    const isMet = isMetFor(process, need, byName.get(need.name))
    return [span(isMet ? '✓ ' : '✕ ', isMet ? theme.good : theme.warn), span(`${visible(need.name)}  `, theme.text)]
  })
  return [fact('needs', ...words)]
}

/** The last runs that have ended, the newest first, so many at most. */
export function runLines(detail: ProcessDetail | undefined, theme: Theme, rowsMax: number): Line[] {
  const ends = detail?.runsKept ?? []
  return ends
    .slice(-rowsMax)
    .reverse()
    .map((end) => {
      const lasted = 'began' in end && typeof end.began === 'number' ? `, ${formatAge(end.at - end.began)}` : ''
      const isGood = end.kind === 'exited' && end.code === 0
      return [
        span(` ${formatTime(end.at).slice(11)}   `, theme.dim),
        span(isGood ? '○ ' : '✕ ', isGood ? theme.dim : theme.bad),
        span(`run ${end.run}${lasted}: ${runEndWords(end)}`, theme.text),
      ]
    })
}
