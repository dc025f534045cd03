// Whether a process takes what is typed, and why not. Pure.

import { stateWords } from '../../text/process-text.ts'
import { stateSentence } from '../../text/state-sentence.ts'
import { visible } from '../../text/table.ts'
import { isLive, type ProcessSummary } from '../protocol-types.ts'
import type { ConsoleView, UiState } from './state.ts'

/** Why a line can't be sent to it now, in a sentence; undefined: it can. */
export function whyNoInput(process: ProcessSummary, view: ConsoleView, { now, link }: UiState): string | undefined {
  const { state } = process
  const id = visible(process.id)
  if (state.kind === 'exited' || state.kind === 'killed') return `${id} has ended: ${stateWords(state)}`
  if (state.kind === 'failed' || state.kind === 'stopped') return `${id} ${stateSentence(state, now)}`
  if (!isLive(state)) return `${id} is not running: it ${stateSentence(state, now)}`
  // One that is being opened takes what is typed meanwhile.
  const takes = view.inputOpen || (view.status === 'opening' && link.kind === 'connected')
  return takes ? undefined : `${id} takes no input`
}

/** Whether a line may be typed: also between two runs, for the next one. A terminal gets keys, which must not gather in a line. */
export const mayBeTyped = (process: ProcessSummary, view: ConsoleView, state: UiState): boolean =>
  whyNoInput(process, view, state) === undefined || (process.terminal === undefined && !isLive(process.state))
