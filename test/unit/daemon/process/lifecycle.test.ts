// The author of the state, held against a table of every state × stimulus × wanted, and against random histories.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  deadline,
  type Effect,
  initialModel,
  type LifeSpec,
  type Model,
  type State,
  type Stimulus,
} from '../../../../daemon/process/life-model.ts'
import { next } from '../../../../daemon/process/lifecycle.ts'
import { isSuccess, pauseMs, type RestartPolicy } from '../../../../daemon/process/restart-policy.ts'

const restart: RestartPolicy = {
  policy: 'on-failure',
  delayMs: 100,
  factor: 2,
  maxMs: 1000,
  jitter: 0,
  resetAfterMs: 60_000,
  success: { codes: [], signals: [] },
}
const spec: LifeSpec = {
  restart,
  startTimeoutMs: 30_000,
  awaitsReadiness: true,
  stopWaitsMs: [10_000, 5_000],
  endsTree: true,
  chance: () => 0.5,
}
const failure = { kind: 'exited', code: 1 } as const
const last = { run: 1, end: failure, at: 5 } as const

const stopping = {
  kind: 'stopping',
  run: 1,
  pid: 7,
  since: 1,
  step: 0,
  stepEndsAt: 50,
  killBy: null,
  end: undefined,
} as const
const states: Readonly<Record<string, State>> = {
  'down stopped': { kind: 'stopped', since: 1 },
  'up waiting, for a dependency': { kind: 'waiting', since: 1, until: null, unmet: ['db'] },
  'up waiting, for its time': { kind: 'waiting', since: 1, until: 50, unmet: [] },
  'up starting, commands before it': { kind: 'starting', run: 1, pid: null, since: 1, readyBy: 50 },
  'up starting, not ready': { kind: 'starting', run: 1, pid: 7, since: 1, readyBy: 50 },
  'up running': { kind: 'running', run: 1, pid: 7, since: 1, ready: 2, health: 'up', forgiveAt: 50 },
  'up stopping, to restart': { ...stopping, why: 'restart', step: 2 },
  'down stopping, to restart': { ...stopping, why: 'restart', step: 2 },
  'up stopping, not ready': { ...stopping, why: 'not ready', step: 1 },
  'up stopping, it ended': { ...stopping, why: 'ended', pid: null, end: failure },
  'up stopping, killed': { ...stopping, why: 'ended', pid: null, end: failure, step: 2, stepEndsAt: null },
  'down stopping, requested': { ...stopping, why: 'requested' },
  'up stopping, requested': { ...stopping, why: 'requested' },
  'up backoff': { kind: 'backoff', until: 50, failures: 1, last },
  'up exited': { kind: 'exited', last: { ...last, end: { kind: 'exited', code: 0 } } },
  'down failed': { kind: 'failed', at: 1, why: 'gave up', last },
  'down failed, something left': { kind: 'failed', at: 1, why: 'pid 9 is left', last, left: 1 },
}

const stimuli: Readonly<Record<string, Stimulus>> = {
  wanted: { kind: 'wanted', left: false },
  'wanted, left': { kind: 'wanted', left: true },
  unwanted: { kind: 'unwanted', left: false, killBy: null },
  'unwanted, left': { kind: 'unwanted', left: true, killBy: null },
  'unwanted, killed': { kind: 'unwanted', left: false, killBy: 100 },
  restart: { kind: 'again', why: 'restart', left: false },
  unhealthy: { kind: 'again', why: 'unhealthy', left: false },
  met: { kind: 'dependencies', unmet: [], lost: false },
  lost: { kind: 'dependencies', unmet: ['db'], lost: true },
  spawned: { kind: 'spawned', pid: 7 },
  'spawn failed': { kind: 'spawn failed', error: 'no such file' },
  ready: { kind: 'ready' },
  health: { kind: 'health', health: 'down' },
  'main process': { kind: 'main process', pid: 8 },
  extended: { kind: 'extended', until: 500 },
  ended: { kind: 'ended', end: failure },
  gone: { kind: 'tree gone' },
  survivors: { kind: 'survivors', sentence: 'pid 9 is left' },
  due: { kind: 'due' },
}

/** What comes of it: `=` nothing; `!` it cannot be; else the state, what is wanted if that changed, and the effects. */
function outcome(name: string, stimulus: Stimulus): string {
  const state = states[name]!
  const wanted = name.startsWith('up') ? 'up' : 'down'
  const unmet = state.kind === 'waiting' ? state.unmet : []
  const model: Model = { ...initialModel(0), wanted, state, runs: 1, unmet }
  try {
    const { model: after, effects } = next(model, stimulus, 100, spec)
    const { state: now } = after
    const same = now.kind === state.kind && effects.length === 0 && after.wanted === wanted
    const facts = JSON.stringify(now) === JSON.stringify(state) ? '=' : `${now.kind}'`
    if (same) return facts
    const why = now.kind === 'stopping' ? ` ${now.why}/${now.step}` : ''
    const turned = after.wanted === wanted ? '' : `${after.wanted} `
    return `${turned}${now.kind}${why}${effects.map(({ kind }) => ` + ${kind}`).join('')}`
  } catch {
    return '!'
  }
}

function table(): string[] {
  return Object.keys(states).map((name) => {
    const cells = Object.entries(stimuli).map(([label, stimulus]) => [label, outcome(name, stimulus)] as const)
    return `${name}: ${cells
      .filter(([, cell]) => cell !== '=' && cell !== '!')
      .map(([label, cell]) => `${label} → ${cell}`)
      .join('; ')} | cannot be: ${cells
      .filter(([, cell]) => cell === '!')
      .map(([label]) => label)
      .join(', ')}`
  })
}
const EXPECTED: readonly string[] = [
  'down stopped: wanted → up starting + execute; wanted, left → up stopping restart/2 + kill; unwanted, left → stopping requested/0 + stop step; restart → up starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors',
  "up waiting, for a dependency: unwanted → down stopped; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopped; restart → waiting'; met → starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors",
  'up waiting, for its time: unwanted → down stopped; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopped; restart → starting + execute; due → starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors',
  "up starting, commands before it: unwanted → down stopping requested/0 + stop step; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopping requested/2 + kill; restart → stopping restart/0 + stop step; unhealthy → stopping unhealthy/0 + stop step; lost → stopping dependency/0 + stop step; spawned → starting'; spawn failed → backoff; extended → starting'; due → stopping not ready/0 + stop step | cannot be: ended, gone, survivors",
  "up starting, not ready: unwanted → down stopping requested/0 + stop step; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopping requested/2 + kill; restart → stopping restart/0 + stop step; unhealthy → stopping unhealthy/0 + stop step; lost → stopping dependency/0 + stop step; ready → running; main process → starting'; extended → starting'; ended → stopping ended/0 + stop step; due → stopping not ready/0 + stop step | cannot be: spawned, spawn failed, gone, survivors",
  "up running: unwanted → down stopping requested/0 + stop step; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopping requested/2 + kill; restart → stopping restart/0 + stop step; unhealthy → stopping unhealthy/0 + stop step; lost → stopping dependency/0 + stop step; health → running'; main process → running'; ended → stopping ended/0 + stop step; due → running' | cannot be: spawned, spawn failed, gone, survivors",
  "up stopping, to restart: unwanted → down stopping restart/2; unwanted, left → down stopping restart/2; unwanted, killed → down stopping restart/2; main process → stopping'; extended → stopping'; ended → stopping'; gone → starting + execute; survivors → down failed; due → stopping restart/2 + look for survivors | cannot be: spawned, spawn failed",
  "down stopping, to restart: wanted → up stopping restart/2; wanted, left → up stopping restart/2; restart → up stopping restart/2; main process → stopping'; extended → stopping'; ended → stopping'; gone → stopped; survivors → failed; due → stopping restart/2 + look for survivors | cannot be: spawned, spawn failed",
  "up stopping, not ready: wanted → stopping'; wanted, left → stopping'; unwanted → down stopping not ready/1; unwanted, left → down stopping not ready/1; unwanted, killed → down stopping not ready/2 + kill; restart → stopping'; main process → stopping'; extended → stopping'; ended → stopping'; gone → backoff; survivors → down failed; due → stopping not ready/2 + kill | cannot be: spawned, spawn failed",
  "up stopping, it ended: wanted → stopping'; wanted, left → stopping'; unwanted → down stopping ended/0; unwanted, left → down stopping ended/0; unwanted, killed → down stopping ended/2 + kill; restart → stopping'; extended → stopping'; gone → backoff; survivors → down failed; due → stopping ended/1 + stop step | cannot be: spawned, ended",
  "up stopping, killed: wanted → stopping'; wanted, left → stopping'; unwanted → down stopping ended/2; unwanted, left → down stopping ended/2; unwanted, killed → down stopping ended/2; restart → stopping'; gone → backoff; survivors → down failed | cannot be: spawned, ended",
  "down stopping, requested: wanted → up stopping restart/0; wanted, left → up stopping restart/0; unwanted, killed → stopping requested/2 + kill; restart → up stopping restart/0; main process → stopping'; extended → stopping'; ended → stopping'; gone → stopped; survivors → failed; due → stopping requested/1 + stop step | cannot be: spawned, spawn failed",
  "up stopping, requested: wanted → stopping'; wanted, left → stopping'; unwanted → down stopping requested/0; unwanted, left → down stopping requested/0; unwanted, killed → down stopping requested/2 + kill; restart → stopping'; main process → stopping'; extended → stopping'; ended → stopping'; gone → starting + execute; survivors → down failed; due → stopping requested/1 + stop step | cannot be: spawned, spawn failed",
  'up backoff: wanted → starting + execute; wanted, left → stopping restart/2 + kill; unwanted → down stopped; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopped; restart → starting + execute; due → starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors',
  'up exited: wanted → starting + execute; wanted, left → stopping restart/2 + kill; unwanted → down stopped; unwanted, left → down stopping requested/0 + stop step; unwanted, killed → down stopped; restart → starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors',
  'down failed: wanted → up starting + execute; wanted, left → up stopping restart/2 + kill; unwanted, left → stopping requested/0 + stop step; restart → up starting + execute | cannot be: spawned, spawn failed, ended, gone, survivors',
  "down failed, something left: wanted → up stopping restart/2 + kill; wanted, left → up stopping restart/2 + kill; unwanted, left → stopping requested/0 + stop step; restart → up stopping restart/2 + kill; gone → failed' | cannot be: spawned, spawn failed, survivors",
]

test('every state × stimulus × wanted', () => {
  deepEqual(table(), EXPECTED)
})

/** Where a run is, as the rest of the daemon would know it. */
interface World {
  /** A run has been executed, and its tree is not gone. */
  alive: boolean
  begun: number[]
}

test('random histories: no two runs at once, every deadline moves on, the last request wins', () => {
  const command = fc.constantFrom(...Object.keys(stimuli).filter((name) => name !== 'gone'), 'gone')
  const policies = fc.record({
    policy: fc.constantFrom('never', 'on-failure', 'always'),
    endsTree: fc.boolean(),
    awaitsReadiness: fc.boolean(),
    limit: fc.option(fc.constant({ starts: 3, withinMs: 10_000 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(policies, fc.array(fc.tuple(command, fc.nat(20_000)), { maxLength: 60 }), (policy, history) => {
      const { policy: word, limit, ...rest } = policy
      const ours: LifeSpec = {
        ...spec,
        ...rest,
        restart: { ...restart, policy: word as RestartPolicy['policy'], limit },
      }
      const world: World = { alive: false, begun: [] }
      let model = initialModel(0)
      let now = 0
      const tell = (stimulus: Stimulus) => {
        const { kind } = stimulus
        if (kind === 'tree gone' || kind === 'spawn failed' || (kind === 'ended' && !ours.endsTree)) world.alive = false
        const step = next(model, stimulus, now, ours)
        model = step.model
        for (const effect of step.effects) carryOut(effect, world)
        // What cannot last must not have been left.
        if (model.wanted === 'down') ok(['stopping', 'stopped', 'failed'].includes(model.state.kind), model.state.kind)
        else ok(!['stopped', 'failed'].includes(model.state.kind), model.state.kind)
      }
      for (const [name, passed] of history) {
        now += passed
        const stimulus = stimuli[name]!
        if (isPossible(stimulus, model.state, ours)) tell(stimulus)
      }
      // Whatever has happened: asked to be down, it gets there, if the world does what it is told.
      tell({ kind: 'unwanted', left: false, killBy: null })
      for (let steps = 0; model.state.kind === 'stopping'; steps++) {
        ok(steps < 10, `it hangs in ${JSON.stringify(model.state)}`)
        now = deadline(model) ?? now
        if (model.state.stepEndsAt === null) tell({ kind: 'tree gone' })
        else tell({ kind: 'due' })
      }
      ok(model.state.kind === 'stopped' || model.state.kind === 'failed')
      equal(model.wanted, 'down')
      deepEqual(
        world.begun,
        Array.from(world.begun, (_, index) => index + 1),
      )
    }),
    { numRuns: 2000 },
  )
})

function carryOut(effect: Effect, world: World): void {
  if (effect.kind !== 'execute') return
  ok(!world.alive, 'a run began while the one before was there')
  world.alive = true
  world.begun.push(effect.run)
}

/** What the rest of the daemon would tell in this state. */
function isPossible(stimulus: Stimulus, state: State, { endsTree }: LifeSpec): boolean {
  const pid = 'pid' in state ? state.pid : null
  switch (stimulus.kind) {
    case 'spawned':
    case 'spawn failed':
      return state.kind === 'starting' && pid === null
    case 'ended':
      return pid !== null
    case 'tree gone':
    case 'survivors':
      if (stimulus.kind === 'tree gone' && state.kind === 'failed' && state.left !== undefined) return true
      return state.kind === 'stopping' && (pid === null || endsTree)
    default:
      return true
  }
}

/** Fails as often as it is told to, each run ready at once; answers the pauses in between, and the last state. */
function crashLoop(policy: Partial<RestartPolicy>, times: number, upMs = 0): { pauses: number[]; model: Model } {
  const ours: LifeSpec = { ...spec, awaitsReadiness: false, restart: { ...restart, ...policy } }
  let now = 1_000_000
  let { model } = next(initialModel(now), { kind: 'wanted', left: false }, now, ours)
  const pauses: number[] = []
  const tell = (stimulus: Stimulus) => {
    model = next(model, stimulus, now, ours).model
  }
  for (let run = 0; run < times && model.state.kind === 'starting'; run++) {
    tell({ kind: 'spawned', pid: 7 })
    now += upMs
    tell({ kind: 'due' })
    tell({ kind: 'ended', end: failure })
    tell({ kind: 'tree gone' })
    const at = model.wanted === 'up' ? deadline(model) : undefined
    if (at === undefined) break
    pauses.push(at - now)
    now = at
    tell({ kind: 'due' })
  }
  return { pauses, model }
}

test('the pauses of a crash loop grow by the factor up to the cap', () => {
  deepEqual(crashLoop({}, 6).pauses, [100, 200, 400, 800, 1000, 1000])
})

test('a run that was up long enough makes up for earlier failures', () => {
  deepEqual(crashLoop({}, 3, 60_000).pauses, [100, 100, 100])
})

test('at its limit the policy gives up, says why, and a request begins anew', () => {
  const { pauses, model } = crashLoop({ limit: { starts: 3, withinMs: 600_000 } }, 10)
  equal(pauses.length, 3)
  equal(model.wanted, 'down')
  equal(model.state.kind, 'failed')
  ok(model.state.kind === 'failed' && /started it 3 times within 600 s/.test(model.state.why))
  const again = next(model, { kind: 'wanted', left: false }, 9_000_000, spec).model
  deepEqual([again.state.kind, again.failures, again.automaticStarts], ['starting', 0, []])
})

test('starts that lie further back than the limit looks do not count', () => {
  equal(crashLoop({ limit: { starts: 3, withinMs: 500 } }, 10).pauses.length, 10)
})

test('the jitter of a pause stays within its share', () => {
  const policy: RestartPolicy = { ...restart, jitter: 0.1 }
  equal(pauseMs(1, 0, policy), 90)
  equal(pauseMs(1, 0.5, policy), 100)
  ok(pauseMs(1, 0.999, policy) < 110)
})

test('a success is followed by no other run on-failure, and by one after the first pause with always', () => {
  const success = { kind: 'exited', code: 0 } as const
  for (const [policy, kind] of [
    ['on-failure', 'exited'],
    ['always', 'backoff'],
    ['never', 'exited'],
  ] as const) {
    const ours: LifeSpec = { ...spec, endsTree: false, restart: { ...restart, policy } }
    const model: Model = { ...initialModel(0), wanted: 'up', runs: 1, failures: 5, state: states['up running']! }
    const after = next(model, { kind: 'ended', end: success }, 100, ours).model
    equal(after.state.kind, kind)
    if (after.state.kind === 'backoff') equal(after.state.until, 200)
  }
})

test('codes and signals of the spec count as success', () => {
  const policy: RestartPolicy = { ...restart, success: { codes: [143], signals: ['SIGTERM'] } }
  ok(isSuccess({ kind: 'exited', code: 143 }, policy))
  ok(isSuccess({ kind: 'killed', signal: 'SIGTERM', coreDumped: false }, policy))
  ok(!isSuccess({ kind: 'exited', code: 1 }, policy))
  ok(!isSuccess({ kind: 'not started', error: 'no such file' }, policy))
})

test('due before the deadline does nothing', () => {
  for (const state of Object.values(states)) {
    const model: Model = { ...initialModel(0), state }
    const at = deadline(model)
    if (at === undefined) continue
    deepEqual(next(model, { kind: 'due' }, at - 1, spec), { model, effects: [] })
  }
})

test('what is ready by time alone becomes ready at its deadline', () => {
  const ours: LifeSpec = { ...spec, readyAfterMs: 2000 }
  let { model } = next(initialModel(0), { kind: 'wanted', left: false }, 0, ours)
  model = next(model, { kind: 'spawned', pid: 7 }, 10, ours).model
  equal(deadline(model), 2010)
  equal(next(model, { kind: 'due' }, 2010, ours).model.state.kind, 'running')
})

test('a schedule begins the next run at its time, and waits again after it', () => {
  const ours: LifeSpec = { ...spec, endsTree: false, awaitsReadiness: false, nextTime: (now) => now + 500 }
  let { model } = next(initialModel(0), { kind: 'wanted', left: false }, 0, ours)
  deepEqual([model.state.kind, deadline(model)], ['waiting', 500])
  model = next(model, { kind: 'due' }, 500, ours).model
  model = next(model, { kind: 'spawned', pid: 7 }, 500, ours).model
  model = next(model, { kind: 'ended', end: { kind: 'exited', code: 0 } }, 600, ours).model
  deepEqual([model.state.kind, deadline(model)], ['waiting', 1100])
})
