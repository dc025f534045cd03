// The state of a process as clients see it, made of the model of its life. A plain program that has one run is told as just that:
// what only services have is left out.

import type { KnownState } from '../../proto/protocol.ts'
import type { LastEnd, LifeSpec, Model, State } from './life-model.ts'

type WireEnd = Extract<KnownState, { kind: 'stopped' }>['last']

/** What the model does not know. */
export interface StateFacts {
  /** When the newest run began, in milliseconds since 1970. */
  readonly runStartedAt: number
  readonly spec: LifeSpec
  /** What the process says of itself. */
  readonly text?: string | undefined
  /** What was found to be wrong with it. */
  readonly problem?: string | undefined
}

/** Whether it will not run again by itself, and nothing is under way. */
export function isAtRest({ kind }: Pick<State, 'kind'>): boolean {
  return kind === 'exited' || kind === 'killed' || kind === 'failed' || kind === 'stopped'
}

/** The state for clients. */
export function wireState({ state, runs }: Model, { runStartedAt, spec, text, problem }: StateFacts): KnownState {
  switch (state.kind) {
    case 'waiting':
      return { kind: 'waiting', since: state.since, until: state.until, unmet: [...state.unmet] }
    case 'starting':
      return { kind: 'starting', run: state.run, pid: state.pid, since: runStartedAt, readyBy: state.readyBy }
    case 'running': {
      const { pid, ready, health } = state
      return {
        kind: 'running',
        pid,
        since: runStartedAt,
        ...(runs === 1 ? {} : { run: runs }),
        ...(spec.awaitsReadiness ? { ready } : {}),
        ...(health === 'unknown' ? {} : { health }),
        ...(health === 'down' && problem !== undefined ? { problem } : {}),
        ...(text === undefined ? {} : { text }),
      }
    }
    case 'stopping':
      return {
        kind: 'stopping',
        pid: state.pid,
        since: runStartedAt,
        killAt: killAt(state, spec),
        ...(runs === 1 ? {} : { run: state.run }),
        why: state.why,
      }
    case 'backoff':
      return { kind: 'backoff', until: state.until, failures: state.failures, ...withLast(state.last) }
    case 'exited':
    case 'killed':
      return endedState(state.last)
    case 'failed':
      return { kind: 'failed', why: state.why, at: state.at, ...withLast(state.last) }
    case 'stopped':
      return { kind: 'stopped', at: state.since, ...withLast(state.last) }
  }
}

/** How a run ended, as the state of a process that has had no other. */
export function endedState({ run, end, at }: LastEnd): KnownState {
  switch (end.kind) {
    case 'exited':
      return { kind: 'exited', code: end.code, at }
    case 'killed':
      return { kind: 'killed', signal: end.signal, coreDumped: end.coreDumped, at }
    case 'not started':
      return { kind: 'failed', why: end.error, at, ...withLast({ run, end, at }) }
  }
}

/** How a run ended. */
export function wireEnd({ run, end, at }: LastEnd): NonNullable<WireEnd> {
  return { run, at, ...end }
}

function withLast(last: LastEnd | undefined): { last?: NonNullable<WireEnd> } {
  return last === undefined ? {} : { last: wireEnd(last) }
}

/** When SIGKILL comes if nothing else helps. */
function killAt({ step, stepEndsAt, killBy }: Extract<State, { kind: 'stopping' }>, { stopWaitsMs }: LifeSpec) {
  if (stepEndsAt === null || step >= stopWaitsMs.length) return null
  const rest = stopWaitsMs.slice(step + 1).reduce((sum, waitMs) => sum + waitMs, 0)
  return Math.min(stepEndsAt + rest, killBy ?? Number.POSITIVE_INFINITY)
}
