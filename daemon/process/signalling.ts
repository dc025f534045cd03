// What a process is told at a request: a signal, or to read its configuration again.

import { NetdaemonError } from '../../proto/errors.ts'
import { isEnded } from '../../proto/live-state.ts'
import type { KnownState, ProcessSpec } from '../../proto/protocol.ts'
import { parseSignal, signalName } from '../linux/tree/signals.ts'
import type { BesideCall } from '../run/launcher.ts'
import type { Run } from '../run/run.ts'

/** Who is told. */
export interface Told {
  readonly id: string
  readonly state: KnownState
  readonly run: Run<never> | undefined
  /** What has outlived the main process. */
  readonly survivors: readonly unknown[]
}

/** @throws NetdaemonError NOT_RUNNING, or SYSTEM with the errno */
export function signalRun(told: Told, signal: number, scope: 'tree' | 'group' | 'process'): void {
  const { run, survivors } = told
  if (run !== undefined && scope === 'tree' && (survivors.length > 0 || !run.dead)) run.tree.signal(signal)
  else if (run === undefined || run.dead) throw notRunning(told, `send ${signalName(signal)} to`)
  else run.signal(signal, scope === 'process' ? 'process' : 'group')
}

/**
 * Lets it read its configuration again.
 *
 * @returns the command that does so, if it is one: it is still to be run
 * @throws NetdaemonError BAD_REQUEST if the spec does not say how, NOT_RUNNING, SYSTEM with the errno
 */
export function reloadRun(told: Told, rule: ProcessSpec['reload']): BesideCall | undefined {
  if (rule === undefined) {
    const advice = 'its spec has no "reload"; restart it instead'
    throw new NetdaemonError('BAD_REQUEST', `cannot reload "${told.id}": ${advice}`)
  }
  const { run } = told
  if (run === undefined || run.dead) throw notRunning(told, 'reload')
  if ('exec' in rule) return { command: rule.exec, timeoutMs: rule.timeoutMs, more: { MAINPID: String(run.pid) } }
  if ('signal' in rule) run.signal(parseSignal(rule.signal), 'process')
  else run.write(Buffer.from(rule.send), undefined)
  return undefined
}

function notRunning({ id, state }: Told, what: string): NetdaemonError {
  const why = isEnded(state) ? 'it has ended' : `it is ${state.kind}`
  return new NetdaemonError('NOT_RUNNING', `cannot ${what} "${id}": ${why}`)
}
