// Signals by name and by number, as people and programs write them: TERM, SIGTERM, term, 15, RTMIN+3. The wire carries
// what was typed; the daemon reads it here. Pure.

import { constants } from 'node:os'
import { NetdaemonError } from '../../../proto/errors.ts'

/** The first and last real-time signal. The C library keeps 32 and 33 for itself (signal(7)). */
const RTMIN = 34
const RTMAX = 64

const numberByName = new Map<string, number>(Object.entries(constants.signals))
const nameByNumber = new Map<number, string>()
// Some numbers have two names (SIGABRT and SIGIOT); the first is the usual one.
for (const [name, value] of numberByName) if (!nameByNumber.has(value)) nameByNumber.set(value, name)
numberByName.set('SIGCLD', constants.signals.SIGCHLD)

/**
 * The number of a signal.
 *
 * @throws NetdaemonError BAD_REQUEST when there is no such signal. 0 is none: it would only test for existence.
 */
export function parseSignal(signal: string | number): number {
  const text = String(signal).trim().toUpperCase()
  const number = /^\d+$/.test(text) ? Number(text) : numberOf(text.startsWith('SIG') ? text : `SIG${text}`)
  if (number !== undefined && number >= 1 && number <= RTMAX) return number
  const shown = JSON.stringify(typeof signal === 'string' ? signal.slice(0, 40) : signal)
  throw new NetdaemonError(
    'BAD_REQUEST',
    `there is no signal ${shown}; use a name such as TERM, SIGTERM or RTMIN+3, or a number from 1 to ${RTMAX}`,
  )
}

/** The name of a signal: `SIGTERM`, `SIGRTMIN+3`. For a number that has none, the number as text. */
export function signalName(signal: number): string {
  const name = nameByNumber.get(signal)
  if (name !== undefined) return name
  if (signal < RTMIN || signal > RTMAX) return String(signal)
  if (signal === RTMIN) return 'SIGRTMIN'
  return signal === RTMAX ? 'SIGRTMAX' : `SIGRTMIN+${signal - RTMIN}`
}

function numberOf(name: string): number | undefined {
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name)
  if (!realTime) return numberByName.get(name)
  const [, base, sign, offset = '0'] = realTime
  const number = (base === 'MIN' ? RTMIN : RTMAX) + (sign === '-' ? -Number(offset) : Number(offset))
  return number >= RTMIN && number <= RTMAX ? number : undefined
}
