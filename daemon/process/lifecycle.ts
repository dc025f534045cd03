// What a process is, and what follows from what happens to it. `next` is the only author of the state. Pure: no clock, no
// kernel, no await. Whoever carries out the effects owns one timer, set anew from `deadline` after each transition; there
// are no others, so none can be stale.
//
// Two words are never mixed. What is WANTED (`up`, `down`) is changed by requests, and by the policy when it gives up. What
// IS, the state, follows. Each legal pair, what it waits for, and what comes after:
//
//   up    waiting   waits for dependencies, or for the next time of its schedule. Then `starting`.
//   up    starting  the program is being executed (pid null while the commands before it run), or is not ready yet. Ready:
//                   `running`. It ends, cannot be executed, or is not ready in time: a failure, by way of `stopping`.
//   up    running   is ready. It ends: `stopping`, because its tree may have outlived it.
//   up    stopping  goes away to come back: `why` says what for. When its tree is gone: the next run, at once if somebody asked
//                   for it, after a pause if it failed, or none (`exited`, `killed`) if the policy wants no more.
//   up    backoff   pauses after an end. The time comes: `starting`, or `waiting` if a dependency is missing by then.
//   up    exited, killed   its last run ended so, and the policy wants no other. A request is waited for.
//   down  stopping  goes away for good. When its tree is gone: `stopped`.
//   down  stopped   a request is waited for, or the schedule.
//   down  failed    the policy has given up, or what should be gone is not: `why` says which. A request is waited for.
//
// `down` with waiting, starting, running, backoff, exited or killed does not last: `next` leaves it in the same step.
// More than 300 lines: one function with its cases, and the prose that walks through them. life.ts carries it out.
// Invariants: a run begins only when the tree of the one before is gone; run numbers only grow; a request is never lost: a
// later one wins, because it changes what is wanted, and the state goes there from wherever it is.

import {
  deadline,
  type Effect,
  type LastEnd,
  type LifeSpec,
  type Model,
  type State,
  type Step,
  type Stimulus,
  type StopReason,
} from './life-model.ts'
import { isSuccess, pauseMs, type RunEnd } from './restart-policy.ts'

/** Those after which the process counts as failed. */
const FAILURES: ReadonlySet<StopReason> = new Set(['not ready', 'unhealthy', 'output'])

/** A run that goes for one of these is not sure to come back. */
const FOR_GOOD: ReadonlySet<StopReason> = new Set(['requested', 'ended', ...FAILURES])

/** How long SIGKILL may take. */
const KILL_WAIT_MS = 5_000

/**
 * What follows from a stimulus.
 *
 * @param now milliseconds since 1970
 * @throws Error for a pair that cannot be: a bug of the caller
 */
export function next(model: Model, stimulus: Stimulus, now: number, spec: LifeSpec): Step {
  const { state } = model
  switch (stimulus.kind) {
    case 'wanted':
      return want({ ...model, wanted: 'up' }, stimulus.left, now, spec)
    case 'unwanted':
      return unwant({ ...model, wanted: 'down' }, stimulus, now, spec)
    case 'again':
      return again(model, stimulus.why, stimulus.left, now, spec)
    case 'dependencies':
      return dependencies({ ...model, unmet: stimulus.unmet }, stimulus.lost, now, spec)
    case 'spawned':
      if (state.kind === 'starting' && state.pid === null) return spawned(model, state, stimulus.pid, now, spec)
      // It was stopped while the commands before it ran; the driver lets none be executed after that.
      break
    case 'spawn failed':
      if (state.kind === 'starting' && state.pid === null)
        return settle(model, { kind: 'not started', error: stimulus.error }, 'ended', now, spec)
      if (state.kind === 'stopping' && state.pid === null) return stay(model)
      break
    case 'ready':
      if (state.kind === 'starting' && state.pid !== null) return becomeReady(model, state, state.pid, now, spec)
      return stay(model)
    case 'health':
      if (state.kind !== 'running' || state.health === stimulus.health) return stay(model)
      return stay({ ...model, state: { ...state, health: stimulus.health } })
    case 'main process':
      if (!('pid' in state) || state.pid === null) return stay(model)
      return stay({ ...model, state: { ...state, pid: stimulus.pid } })
    case 'extended':
      return extend(model, stimulus.until)
    case 'ended':
      if (state.kind === 'failed' && state.left !== undefined) {
        return stay({ ...model, last: { run: state.left, end: stimulus.end, at: now } })
      }
      if ('pid' in state && state.pid !== null) return ended(model, state, stimulus.end, now, spec)
      // It had outlived SIGKILL, and was killed again for the next run.
      if (state.kind === 'stopping' && state.end === undefined) return ended(model, state, stimulus.end, now, spec)
      break
    case 'tree gone':
      if (state.kind === 'stopping') return settle(model, state.end, state.why, now, spec)
      if (state.kind === 'failed' && state.left !== undefined)
        return stay({ ...model, state: failedState(state.why, model.last, state.at) })
      break
    case 'survivors':
      if (state.kind === 'stopping') return survived(model, state, stimulus.sentence, now)
      break
    case 'due':
      return due(model, now, spec)
  }
  throw new Error(`internal error: "${stimulus.kind}" while ${state.kind}`)
}

function stay(model: Model): Step {
  return { model, effects: [] }
}

function want(model: Model, left: boolean, now: number, spec: LifeSpec): Step {
  switch (model.state.kind) {
    case 'starting':
    case 'running':
    case 'waiting':
      return stay(model)
    case 'stopping':
      return stay(comingBack(model, model.state, 'restart'))
    default:
      return afresh(model, left, (fresh) => beginOrWait(fresh, now, spec), now, spec)
  }
}

function unwant(
  model: Model,
  { left, killBy }: Extract<Stimulus, { kind: 'unwanted' }>,
  now: number,
  spec: LifeSpec,
): Step {
  const { state } = model
  switch (state.kind) {
    case 'starting':
    case 'running':
      return stop(model, state, 'requested', undefined, now, spec, killBy)
    case 'stopping':
      return hasten(model, state, killBy, now, spec)
    case 'waiting':
    case 'backoff':
    case 'exited':
    case 'killed':
      return left ? stopRest(model, killBy, now, spec) : stay({ ...model, state: stoppedState(model, now) })
    case 'failed':
    case 'stopped':
      return left ? stopRest(model, killBy, now, spec) : stay(model)
  }
}

/** Its main process has ended before: ends what is left of its last run. */
function stopRest(model: Model, killBy: number | null, now: number, spec: LifeSpec): Step {
  return stop(model, { run: model.runs, pid: null }, 'requested', undefined, now, spec, killBy)
}

function again(model: Model, why: StopReason, left: boolean, now: number, spec: LifeSpec): Step {
  const { state } = model
  const asked = !FAILURES.has(why)
  switch (state.kind) {
    case 'starting':
    case 'running':
      return stop(asked ? { ...model, wanted: 'up' } : model, state, why, undefined, now, spec)
    case 'stopping':
      // What stops it already goes on; that there is a next run is a matter of what is wanted.
      return stay(asked ? comingBack({ ...model, wanted: 'up' }, state, why) : model)
    default:
      if (!asked) return stay(model)
      return afresh({ ...model, wanted: 'up' }, left, (fresh) => begin(fresh, now, spec), now, spec)
  }
}

/** The stop sequence goes on. A run that was to go for good, or has failed, is followed by another without a pause. */
function comingBack(model: Model, state: Kind<'stopping'>, why: StopReason): Model {
  return FOR_GOOD.has(state.why) ? { ...model, state: { ...state, why } } : model
}

/** Somebody has asked: earlier failures count no more. What is left of the last run is killed first. */
function afresh(before: Model, left: boolean, begin: (model: Model) => Step, now: number, spec: LifeSpec): Step {
  const model: Model = { ...before, failures: 0, automaticStarts: [] }
  if (!left && !(model.state.kind === 'failed' && model.state.left !== undefined)) return begin(model)
  const { runs: run } = model
  const step = spec.stopWaitsMs.length
  const stopping = {
    run,
    pid: null,
    since: now,
    why: 'restart',
    stepEndsAt: now,
    killBy: null,
    end: undefined,
  } as const
  return stopStep(model, { kind: 'stopping', step, ...stopping }, step, now, spec)
}

function dependencies(model: Model, lost: boolean, now: number, spec: LifeSpec): Step {
  const { state } = model
  if (state.kind === 'waiting' && state.until === null) {
    return model.unmet.length === 0
      ? begin(model, now, spec)
      : stay({ ...model, state: { ...state, unmet: model.unmet } })
  }
  if (lost && (state.kind === 'starting' || state.kind === 'running')) {
    return stop(model, state, 'dependency', undefined, now, spec)
  }
  return stay(model)
}

/** The next run, or what it must wait for first. A schedule's own time has come when this is called by `due`. */
function beginOrWait(model: Model, now: number, spec: LifeSpec): Step {
  const at = spec.nextTime?.(now)
  if (at !== undefined) {
    return stay({ ...model, state: { kind: 'waiting', since: now, until: at, unmet: [] } })
  }
  return begin(model, now, spec)
}

function begin(model: Model, now: number, spec: LifeSpec): Step {
  if (model.unmet.length > 0) {
    return stay({ ...model, state: { kind: 'waiting', since: now, until: null, unmet: model.unmet } })
  }
  const run = model.runs + 1
  const state: State = { kind: 'starting', run, pid: null, since: now, readyBy: now + spec.startTimeoutMs }
  return { model: { ...model, runs: run, state }, effects: [{ kind: 'execute', run }] }
}

function spawned(model: Model, state: Kind<'starting'>, pid: number, now: number, spec: LifeSpec): Step {
  const starting: Kind<'starting'> = { ...state, pid }
  if (!spec.awaitsReadiness) return becomeReady(model, starting, pid, now, spec)
  const readyBy = spec.readyAfterMs === undefined ? state.readyBy : now + spec.readyAfterMs
  return stay({ ...model, state: { ...starting, readyBy } })
}

function becomeReady(model: Model, state: Kind<'starting'>, pid: number, now: number, spec: LifeSpec): Step {
  const forgiveAt = model.failures > 0 ? now + spec.restart.resetAfterMs : null
  const { run, since } = state
  return stay({ ...model, state: { kind: 'running', run, pid, since, ready: now, health: 'unknown', forgiveAt } })
}

function extend(model: Model, until: number): Step {
  const { state } = model
  if (state.kind === 'starting') return stay({ ...model, state: { ...state, readyBy: Math.max(until, state.readyBy) } })
  if (state.kind !== 'stopping' || state.stepEndsAt === null) return stay(model)
  const latest = state.killBy ?? Number.POSITIVE_INFINITY
  return stay({ ...model, state: { ...state, stepEndsAt: Math.min(Math.max(until, state.stepEndsAt), latest) } })
}

/** Brings SIGKILL forward, and never puts it off. */
function hasten(model: Model, state: Kind<'stopping'>, killBy: number | null, now: number, spec: LifeSpec): Step {
  const isKilled = state.stepEndsAt === null || state.step >= spec.stopWaitsMs.length
  if (killBy === null || isKilled || (state.killBy !== null && state.killBy <= killBy)) return stay(model)
  const hastened = { ...state, killBy, stepEndsAt: Math.min(state.stepEndsAt, killBy) }
  if (killBy <= now) return stopStep(model, hastened, spec.stopWaitsMs.length, now, spec)
  return stay({ ...model, state: hastened })
}

function ended(
  model: Model,
  state: Kind<'starting' | 'running' | 'stopping'>,
  end: RunEnd,
  now: number,
  spec: LifeSpec,
): Step {
  if (state.kind === 'stopping') return stay({ ...model, state: { ...state, pid: null, end } })
  // What a plain program leaves behind is its own matter, until somebody asks for its end.
  if (!spec.endsTree) return settle(model, end, 'ended', now, spec)
  return stop(model, { ...state, pid: null }, 'ended', end, now, spec)
}

/** Begins the stop sequence. */
function stop(
  model: Model,
  { run, pid }: { readonly run: number; readonly pid: number | null },
  why: StopReason,
  end: RunEnd | undefined,
  now: number,
  spec: LifeSpec,
  killBy: number | null = null,
): Step {
  const state: Kind<'stopping'> = {
    ...{ kind: 'stopping', run, pid, since: now, why, step: 0, stepEndsAt: now, killBy, end },
  }
  const isOver = killBy !== null && killBy <= now
  return stopStep(model, state, isOver ? spec.stopWaitsMs.length : 0, now, spec)
}

function stopStep(model: Model, state: Kind<'stopping'>, step: number, now: number, spec: LifeSpec): Step {
  const waitMs = spec.stopWaitsMs[step]
  const stepEndsAt =
    waitMs === undefined ? now + KILL_WAIT_MS : Math.min(now + waitMs, state.killBy ?? Number.POSITIVE_INFINITY)
  const effect: Effect = waitMs === undefined ? { kind: 'kill' } : { kind: 'stop step', step }
  return { model: { ...model, state: { ...state, step, stepEndsAt } }, effects: [effect] }
}

function due(model: Model, now: number, spec: LifeSpec): Step {
  const at = deadline(model)
  if (at === undefined || now < at) return stay(model)
  const { state } = model
  switch (state.kind) {
    case 'waiting':
      return begin(model, now, spec)
    case 'backoff':
      return begin({ ...model, automaticStarts: recentStarts(model, now, spec).concat(now) }, now, spec)
    case 'starting':
      if (state.pid !== null && spec.readyAfterMs !== undefined) return becomeReady(model, state, state.pid, now, spec)
      return stop(model, state, 'not ready', undefined, now, spec)
    case 'running':
      return stay({ ...model, failures: 0, state: { ...state, forgiveAt: null } })
    case 'stopping':
      if (state.step < spec.stopWaitsMs.length) {
        const isOver = state.killBy !== null && state.killBy <= now
        return stopStep(model, state, isOver ? spec.stopWaitsMs.length : state.step + 1, now, spec)
      }
      return { model: { ...model, state: { ...state, stepEndsAt: null } }, effects: [{ kind: 'look for survivors' }] }
    default:
      return stay(model)
  }
}

/** Nothing of the run is left: what is wanted, why it went, and the policy decide what comes. */
function settle(before: Model, end: RunEnd | undefined, why: StopReason, now: number, spec: LifeSpec): Step {
  const last = end === undefined ? before.last : { run: before.runs, end, at: now }
  const model: Model = { ...before, last }
  if (model.wanted === 'down') return stay({ ...model, state: stoppedState(model, now) })
  if (why !== 'ended' && !FAILURES.has(why)) return begin(model, now, spec)
  const failed = FAILURES.has(why) || end === undefined || !isSuccess(end, spec.restart)
  return followPolicy({ ...model, failures: failed ? model.failures + 1 : 0 }, failed, why, now, spec)
}

function followPolicy(model: Model, failed: boolean, why: StopReason, now: number, spec: LifeSpec): Step {
  const { policy, limit } = spec.restart
  const { last } = model
  if (policy === 'never' || (policy === 'on-failure' && !failed)) {
    const at = spec.nextTime?.(now)
    if (at !== undefined) return stay({ ...model, state: { kind: 'waiting', since: now, until: at, unmet: [] } })
    const state = endedState(model, why, now, spec)
    return stay({ ...model, wanted: state.kind === 'failed' ? 'down' : model.wanted, state })
  }
  const starts = recentStarts(model, now, spec)
  if (limit !== undefined && starts.length >= limit.starts) {
    const sentence = `its policy started it ${starts.length} times within ${limit.withinMs / 1000} s, and it ended each time`
    return stay({ ...model, wanted: 'down', state: failedState(sentence, last, now) })
  }
  const until = now + pauseMs(model.failures, spec.chance(), spec.restart)
  return stay({ ...model, state: { kind: 'backoff', until, failures: model.failures, last } })
}

/** What it is when the policy wants no other run. */
function endedState({ last }: Model, why: StopReason, now: number, { problem }: LifeSpec): State {
  if (why !== 'ended' || last === undefined) {
    const detail = problem?.()
    const sentence = `it was ${why === 'output' ? 'given up for its output' : why}`
    return failedState(detail === undefined ? sentence : `${sentence}: ${detail}`, last, now)
  }
  if (last.end.kind === 'not started') return failedState(last.end.error, last, now)
  return { kind: last.end.kind, last }
}

function failedState(why: string, last: LastEnd | undefined, now: number): Kind<'failed'> {
  return { kind: 'failed', at: now, why, ...(last === undefined ? {} : { last }) }
}

function survived(model: Model, state: Kind<'stopping'>, sentence: string, now: number): Step {
  const last = state.end === undefined ? model.last : { run: state.run, end: state.end, at: now }
  return stay({ ...model, wanted: 'down', last, state: { ...failedState(sentence, last, now), left: state.run } })
}

function stoppedState({ last }: Model, now: number): State {
  return { kind: 'stopped', since: now, ...(last === undefined ? {} : { last }) }
}

function recentStarts({ automaticStarts }: Model, now: number, { restart: { limit } }: LifeSpec): number[] {
  if (limit === undefined) return []
  return automaticStarts.filter((at) => at > now - limit.withinMs)
}

type Kind<K extends State['kind']> = Extract<State, { kind: K }>
