// The states by which the list can be narrowed, each in a word or two. Pure.

import { isUp } from '../../text/state-sentence.ts'
import { isEnded, type ProcessSummary } from '../protocol-types.ts'

export const stateGroups = [
  { name: 'all', does: 'whatever their state' },
  { name: 'running', does: 'ready, or as good as their health tells' },
  { name: 'changing', does: 'waiting, starting, stopping, or about to start again' },
  { name: 'not up', does: 'what should run and does not, or not well; what has failed' },
  { name: 'ended', does: 'what will not run again by itself' },
] as const

export type StateGroup = (typeof stateGroups)[number]['name']

const changing: ReadonlySet<string> = new Set(['waiting', 'starting', 'stopping', 'backoff'])

export function isIn(group: StateGroup, process: ProcessSummary): boolean {
  const { state, wanted } = process
  switch (group) {
    case 'all':
      return true
    case 'running':
      return state.kind === 'running'
    case 'changing':
      return changing.has(state.kind)
    case 'not up':
      return !isUp(process) && !(wanted === 'down' && state.kind === 'stopped')
    case 'ended':
      return isEnded(state)
  }
}
