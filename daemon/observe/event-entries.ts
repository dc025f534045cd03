// The starts and ends of processes in the daemon's own log: whoever asks later what happened to a server finds it there, also after
// the events have been forgotten. Arguments and variables never go there, since they may hold secrets.

import type { ProcessState } from '../../proto/protocol.ts'
import type { NumberedEvent } from './event-log.ts'
import type { Log } from './log.ts'

/** Writes an entry of level info if the event is a start or an end. */
export function logStartOrEnd(log: Pick<Log, 'info'>, event: NumberedEvent): void {
  if (event.kind === 'started' || event.kind === 'ended') log.info(entryOf(event))
}

function entryOf({ id, state, kind }: NumberedEvent): string {
  if (kind === 'started') return `"${id}" has started${'pid' in state ? ` as pid ${state.pid}` : ''}`
  return `"${id}" ${endOf(state)}`
}

function endOf(state: ProcessState): string {
  switch (state.kind) {
    case 'exited':
      return `has exited with ${state.code}`
    case 'killed':
      return `was killed by ${state.signal}${state.coreDumped ? ' (core dumped)' : ''}`
    default:
      return 'has ended'
  }
}
