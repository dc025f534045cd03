// What is done to a run to end it: one step of its stop, and SIGKILL to all that is left. SHUTDOWN, REMOVE with force, RESTART and
// STOP all end runs by this.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Run } from './run.ts'
import type { TreeMember } from './run-tree.ts'

/** One step of a stop. */
export type StopStep =
  | { readonly kind: 'send'; readonly bytes: Buffer; readonly waitMs: number }
  | { readonly kind: 'exec'; readonly command: readonly string[]; readonly waitMs: number }
  | { readonly kind: 'signal'; readonly signal: number; readonly waitMs: number }

/** Whom the signals go to. */
export type StopScope = 'tree' | 'group' | 'process'

const SIGHUP = 1
const SIGKILL = 9
const SIGTERM = 15
const SIGCONT = 18
/** Those that stop, and must not be followed by SIGCONT. */
const stops: ReadonlySet<number> = new Set([19, 20, 21, 22])

/** How a run is ended. */
export interface StopPlan {
  readonly scope: StopScope
  /** It runs on a terminal. */
  readonly onTerminal: boolean
}

/**
 * Carries out one step, other than a command. What can't be signalled is counted later, by who lives on.
 *
 * @returns those of the tree that were sent its signal
 */
export function carryOutStep<Tag>(
  run: Run<Tag>,
  step: Exclude<StopStep, { kind: 'exec' }>,
  { scope, onTerminal }: StopPlan,
): readonly TreeMember[] {
  if (step.kind === 'send') {
    if (run.inputOpen) run.streams.write(step.bytes, undefined)
    return []
  }
  return send(run, scope, [
    step.signal,
    // What the terminal's end would bring, which is meant: shells ignore SIGTERM, and pass SIGHUP on to their jobs.
    ...(onTerminal && step.signal === SIGTERM ? [SIGHUP] : []),
    // What has been stopped can't act on a signal.
    ...(!stops.has(step.signal) && step.signal !== SIGKILL ? [SIGCONT] : []),
  ])
}

/**
 * SIGKILL to all of it, and to what it makes meanwhile; to the main process alone if that is all that counts. To be called again
 * when it turns out that something is left.
 */
export function killRun<Tag>(run: Run<Tag>, { scope }: StopPlan): void {
  if (scope === 'process') send(run, scope, [SIGKILL])
  else run.tree.kill({ again: true })
}

function send<Tag>(run: Run<Tag>, scope: StopScope, signals: readonly number[]): readonly TreeMember[] {
  if (scope === 'tree') return run.tree.signal(...signals)
  if (run.dead) return []
  try {
    for (const signal of signals) run.signal(signal, scope)
  } catch (error) {
    // EPERM: it changed its user, and we may not. It is told as one that lives on.
    if (!(error instanceof NetdaemonError)) throw error
  }
  return []
}
