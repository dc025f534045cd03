// The keys that say whether a process is to run. What ends something asks first.

import { stateSentence } from '../../text/state-sentence.ts'
import { isEnded, isLive, type ProcessSummary } from '../protocol-types.ts'
import type { LifeVerb } from './actions.ts'
import { selectedProcess, type UiState } from './state.ts'
import { just, type Step, told } from './steps.ts'

export function lifeCommand(state: UiState, verb: LifeVerb): Step {
  const process = selectedProcess(state)
  if (process === undefined) return just(state)
  const needless = whyNeedless(process, verb)
  if (needless) return just(told(state, 'plain', `${process.id} ${stateSentence(process.state, state.now)}`))
  const { handle } = process
  const isEnding = (verb === 'stop' || verb === 'restart') && isLive(process.state) && process.state.kind !== 'stopping'
  return isEnding ? just({ ...state, dialog: { kind: verb, handle } }) : just(state, { type: 'life', handle, verb })
}

/** Whether it is so already, or can't be. */
function whyNeedless({ state, wanted }: ProcessSummary, verb: LifeVerb): boolean {
  switch (verb) {
    case 'up':
      return state.kind === 'running' || state.kind === 'starting'
    case 'stop':
      return isEnded(state) || (state.kind === 'stopping' && wanted === 'down')
    case 'reload':
      return !isLive(state)
    case 'restart':
      return false
  }
}
