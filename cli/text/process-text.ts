// Processes in words: their states, and how they ended. Pure.

import type { ProcessState } from '../../client-lib/index.ts'
import type { ProcessEnd, RunEnd } from '../exit-status.ts'
import { type Cell, type Paint, visible } from './table.ts'

/** A state in a word or two: `running`, `exited 3`, `killed KILL`. */
export function stateWords(state: ProcessState): string {
  switch (state.kind) {
    case 'exited':
      return `exited ${state.code}`
    case 'killed':
      return `killed ${shortSignal(state.signal)}`
    case 'unknown':
      return state.word
    default:
      return state.kind
  }
}

/** The same, with a colour that adds nothing to the words. */
export function stateCell(state: ProcessState): Cell {
  return { text: stateWords(state), paint: statePaint(state) }
}

function statePaint(state: ProcessState): Paint {
  switch (state.kind) {
    case 'running':
      return state.health === 'down' ? 'warn' : 'good'
    case 'starting':
    case 'waiting':
    case 'stopping':
    case 'backoff':
      return 'warn'
    case 'stopped':
      return 'dim'
    case 'failed':
      return 'bad'
    case 'exited':
      return state.code === 0 ? 'dim' : 'bad'
    case 'killed':
      return 'bad'
    case 'unknown':
      return 'none'
  }
}

/** An end in a sentence: `exited with 3`, `was killed by SIGKILL`. */
export function endWords(state: ProcessEnd): string {
  if (state.kind === 'unknown') return `ended as "${state.word}", a state that this version of ndctl does not know`
  if (state.kind === 'failed') return `failed: ${state.why}`
  if (state.kind === 'stopped') return 'was stopped'
  if (state.kind === 'exited') return `exited with ${state.code}`
  return `was killed by ${state.signal}${state.coreDumped ? ' (core dumped)' : ''}`
}

/** How a run ended, in the same words. */
export function runEndWords(end: RunEnd): string {
  return end.kind === 'not started' ? `could not begin: ${end.error}` : endWords(end)
}

/** The border of a run in a clause: `run 2 of "web" begins (pid 123)`, `run 1 of "web" exited with 3`. */
export function borderSentence(id: string, border: RunBorder): string {
  const subject = `run ${border.run} of "${id}"`
  if (border.event === 'began') return `${subject} begins${border.pid === undefined ? '' : ` (pid ${border.pid})`}`
  return `${subject} ${border.end === undefined ? 'has ended' : runEndWords(border.end)}`
}

/** Where a run began or ended. */
export interface RunBorder {
  readonly event: 'began' | 'ended'
  readonly run: number
  readonly pid?: number | undefined
  readonly end?: RunEnd | undefined
}

/** What a person who was attached to it is told. */
export const endSentence = (id: string, end: ProcessEnd): string => `"${id}" ${endWords(end)}`

export const shortSignal = (signal: string): string => signal.replace(/^SIG/, '')

/** `pid 12 (nginx)` of each. */
export function memberWords(members: readonly { readonly pid: number; readonly name: string }[]): string {
  const shown = members.slice(0, 5).map(({ pid, name }) => `pid ${pid} (${visible(name)})`)
  return `${shown.join(', ')}${members.length > shown.length ? `, and ${members.length - shown.length} more` : ''}`
}
