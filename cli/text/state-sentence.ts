// What a process is, in a clause for people: why it is not up, and what it waits for. Pure; the present time comes in.

import type { ProcessState, ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { formatAge, formatTime } from './format.ts'
import { endWords, runEndWords } from './process-text.ts'
import { visible } from './table.ts'

/** Why it is being stopped, by the daemon's words. */
const reasons: Readonly<Record<string, string>> = {
  requested: 'as requested',
  restart: 'to start again',
  changed: 'because its spec has changed',
  ended: 'because its main process has ended',
  'not ready': 'because it was not ready in time',
  unhealthy: 'because it is not healthy',
  output: 'because of what it wrote',
  age: 'because it has run for long enough',
  memory: 'because it uses too much memory',
  dependency: 'because something that it needs has gone',
}

/** `4s` until then, at least a second. */
const until = (at: number, now: number): string => formatAge(Math.max(1000, Math.ceil((at - now) / 1000) * 1000))

const runOf = (run: number | undefined): string => (run === undefined || run === 1 ? '' : ` (run ${run})`)

/** `is running as pid 12`, `starts again in 4s; run 3 exited with 1`: what follows the name of the process. */
export function stateSentence(state: ProcessState, now: number): string {
  switch (state.kind) {
    case 'waiting':
      return waits(state, now)
    case 'starting': {
      const pid = state.pid === null ? '' : ` as pid ${state.pid}`
      return `is starting${pid}${runOf(state.run)}; it must be ready within ${until(state.readyBy, now)}`
    }
    case 'running': {
      const health =
        state.health === undefined || state.health === 'up' ? '' : `; its health is ${visible(state.health)}`
      const problem = state.problem === undefined ? '' : `: ${visible(state.problem)}`
      const text = state.text === undefined ? '' : `; it says: ${visible(state.text)}`
      return `is running as pid ${state.pid}${runOf(state.run)}${health}${problem}${text}`
    }
    case 'stopping': {
      const why = state.why === undefined ? '' : ` ${reasons[state.why] ?? `(${visible(state.why)})`}`
      return `is stopping${why}${state.killAt === null ? '' : `; SIGKILL in ${until(state.killAt, now)}`}`
    }
    case 'backoff': {
      const times = state.failures > 1 ? `, after ${state.failures} failures` : ''
      return `starts again in ${until(state.until, now)}${times}${lastEnd(state.last)}`
    }
    case 'stopped':
      return `is stopped${lastEnd(state.last)}`
    case 'failed':
      return `has failed: ${visible(state.why)}`
    case 'exited':
    case 'killed':
      return endWords(state)
    case 'unknown':
      return `is ${visible(state.word)}`
  }
}

function waits(state: Extract<ProcessState, { kind: 'waiting' }>, now: number): string {
  if (state.unmet.length > 0) return `waits for ${state.unmet.map(visible).join(', ')}`
  if (state.until === null) return 'waits'
  return `waits until ${formatTime(state.until)} (in ${until(state.until, now)})`
}

type LastEnd = Extract<ProcessState, { kind: 'stopped' }>['last']

const lastEnd = (last: LastEnd): string => (last === undefined ? '' : `; run ${last.run} ${runEndWords(last)}`)

/** Why a process is not up, for a table; nothing if it is. */
export function notUpBecause(state: ProcessState, now: number): string {
  if (state.kind === 'running') return state.health === 'down' ? 'not healthy' : ''
  // What the word of its state says already.
  if (state.kind === 'exited' || state.kind === 'killed') return ''
  return stateSentence('last' in state ? { ...state, last: undefined } : state, now)
    .replace(/^is stopp(ed|ing)(; )?/, '')
    .replace(/^is starting[^;]*; it /, '')
    .replace(/^has failed: /, '')
    .trim()
}

/** Whether it is as its spec wants it: it runs and is healthy, or was to run once and did so with success. */
export function isUp({ state }: Pick<ProcessSummary, 'state'>): boolean {
  if (state.kind === 'running') return state.health !== 'down'
  return state.kind === 'exited' && state.code === 0
}

/** How long it has been in this state, in milliseconds; undefined where nobody can tell. */
export function ageOf(state: ProcessState, now: number): number | undefined {
  if (isEnded(state)) return now - state.at
  if ('since' in state) return now - state.since
  if (state.kind === 'backoff' && state.last !== undefined) return now - state.last.at
  return undefined
}
