// What a datagram of sd_notify(3) says: lines of NAME=value. Pure. What is not understood is ignored, as the protocol wants it.

import { errnoName } from '../linux/kernel.ts'

export interface NotifyMessage {
  readonly ready: boolean
  readonly reloading: boolean
  readonly stopping: boolean
  /** What it says of itself; empty: nothing any more. */
  readonly status?: string
  readonly mainPid?: number
  /** `trigger`: it wants to be treated as if it had not been heard of for too long. */
  readonly watchdog?: 'alive' | 'trigger'
  /** It is to be heard of so often from now on. */
  readonly watchdogMs?: number
  /** It needs so much more time for what it is doing. */
  readonly extendMs?: number
  /** The errno that it has failed with, by name. */
  readonly errno?: string
  /** It wants file descriptors to be kept for it, which is refused. */
  readonly fdStore: boolean
}

/** Characters of a status that are kept. */
const STATUS_MAX = 500
const USEC_PER_MS = 1000
/** A week, as in a spec: no time is longer. */
const TIME_MAX_MS = 7 * 24 * 3600 * 1000

export function parseNotifyMessage(text: string): NotifyMessage {
  const said = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) said.set(line.slice(0, at), line.slice(at + 1))
  }
  const status = said.get('STATUS')
  const mainPid = wholeNumber(said.get('MAINPID'))
  const watchdog = said.get('WATCHDOG')
  const watchdogMs = milliseconds(said.get('WATCHDOG_USEC'))
  const extendMs = milliseconds(said.get('EXTEND_TIMEOUT_USEC'))
  const errno = wholeNumber(said.get('ERRNO'))
  return {
    ready: said.get('READY') === '1',
    // Without its time it could be an answer to an earlier request; systemd ignores that, too.
    reloading: said.get('RELOADING') === '1' && wholeNumber(said.get('MONOTONIC_USEC')) !== undefined,
    stopping: said.get('STOPPING') === '1',
    ...(status === undefined ? {} : { status: printable(status) }),
    ...(mainPid === undefined || mainPid < 2 ? {} : { mainPid }),
    ...(watchdog === '1' ? { watchdog: 'alive' as const } : watchdog === 'trigger' ? { watchdog } : {}),
    ...(watchdogMs === undefined ? {} : { watchdogMs }),
    ...(extendMs === undefined ? {} : { extendMs }),
    ...(errno === undefined || errno === 0 ? {} : { errno: errnoName(errno) }),
    fdStore: said.get('FDSTORE') === '1',
  }
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,19}$/.test(text)) return undefined
  return Number(text)
}

function milliseconds(text: string | undefined): number | undefined {
  const usec = wholeNumber(text)
  return usec === undefined ? undefined : Math.min(Math.ceil(usec / USEC_PER_MS), TIME_MAX_MS)
}

/** It is shown on terminals: no character of it may control one. */
function printable(text: string): string {
  return text
    .slice(0, STATUS_MAX)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .trim()
}
