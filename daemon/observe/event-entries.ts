// The starts and ends of processes in the daemon's own log: whoever asks later what happened to a server finds it there, also after
// the events have been forgotten. Arguments and variables never go there, since they may hold secrets.

import type { ExitedState, KilledState, ProcessState, RunEnd } from '../../proto/protocol.ts'
import type { NumberedEvent } from './event-log.ts'
import type { Log } from './log.ts'

/** Writes an entry of level info if the event is a start or an end, of a process or of one of its runs. */
export function logStartOrEnd(log: Pick<Log, 'info'>, event: NumberedEvent): void {
  const entry = entryOf(event)
  if (entry !== undefined) log.info(`"${event.id}" ${entry}`)
}

function entryOf({ state, kind }: NumberedEvent): string | undefined {
  switch (kind) {
    case 'started':
      if (!('pid' in state) || state.pid === null) return `is ${state.kind}`
      return `has started as pid ${state.pid}`
    case 'ended':
      return restText(state)
    case 'changed':
      if (state.kind === 'backoff') return `${endText(state.last)}; it is started again`
      if (state.kind === 'running' && state.health === 'down')
        return `is not healthy: ${state.problem ?? 'its probe fails'}`
      if (state.kind === 'running' && state.health === 'up') return 'is healthy'
      if (state.kind === 'running')
        return `runs as pid ${state.pid}${state.run === undefined ? '' : `, run ${state.run}`}`
      return undefined
    default:
      return undefined
  }
}

/** How a process has come to rest. */
function restText(state: ProcessState): string {
  switch (state.kind) {
    case 'exited':
    case 'killed':
      return endText(state)
    case 'failed':
      return `has failed: ${state.why}`
    case 'stopped':
      return state.last === undefined ? 'is stopped' : `was stopped; it ${endText(state.last)}`
    default:
      return 'has ended'
  }
}

/** How a run ended. */
function endText(end: RunEnd | ExitedState | KilledState | undefined): string {
  switch (end?.kind) {
    case 'exited':
      return `has exited with ${end.code}`
    case 'killed':
      return `was killed by ${end.signal}${end.coreDumped ? ' (core dumped)' : ''}`
    case 'not started':
      return `could not be started (${end.error})`
    default:
      return 'has ended'
  }
}
