// Carries out the plan of an APPLY: each step is kept on disk and then done, and its outcome is waited for. Dependencies see to the order
// in which processes come up.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Params, ProcessSpec, Result } from '../../proto/protocol.ts'
import { lifeSpecOf } from '../process/life-spec.ts'
import type { Process } from '../process/process.ts'
import { isAtRest } from '../process/process-state.ts'
import { startOrder } from './dependency-order.ts'
import { forgetProcess } from './forget-process.ts'
import type { KeptProcesses } from './kept-processes.ts'
import { type Outcome, outcomeOfStart, outcomeOfStop } from './outcome.ts'
import { type Action, type Existing, planOf, type Step } from './plan.ts'
import type { ProcessTable } from './process-table.ts'

export interface ApplyPorts {
  readonly processes: ProcessTable
  readonly kept: KeptProcesses
}

type Report = Result<'APPLY'>['steps'][number]
type Failure = NetdaemonError | undefined
type Done = (failure: Failure) => void

export class Apply {
  readonly #ports: ApplyPorts
  readonly #params: Params<'APPLY'>
  readonly steps: readonly Step[]

  /** @throws NetdaemonError BAD_REQUEST for a spec without a name, or a name or dependencies that can't be */
  constructor(ports: ApplyPorts, params: Params<'APPLY'>) {
    this.#ports = ports
    this.#params = params
    const specs = ordered(params.specs)
    const { processes } = ports
    this.steps = planOf(
      Array.from(processes.all(), (process) => this.#existing(process)),
      { ...params, specs },
    )
  }

  /** What would be done. */
  get plan(): Report[] {
    return this.steps.map((step) => reportOf(step))
  }

  /** Does it; calls back when all has come to be, or is sure not to. */
  carryOut(done: (reports: Report[]) => void): void {
    const reports = new Map<Step, Report>()
    const finish = (step: Step, failure: Failure) => {
      reports.set(step, reportOf(step, failure))
      if (reports.size === this.steps.length) done(this.steps.flatMap((each) => reports.get(each) ?? []))
    }
    if (this.steps.length === 0) done([])
    for (const step of this.steps) {
      try {
        this.#do(step, (failure) => finish(step, failure))
      } catch (error) {
        if (!(error instanceof NetdaemonError)) throw error
        finish(step, error)
      }
    }
  }

  #existing(process: Process): Existing {
    const { id, spec } = process
    const { wanted, state } = process.life.model
    const isAtEnd = state.kind === 'exited' || state.kind === 'killed'
    const standing = this.#ports.kept.standing(process)
    return {
      id,
      spec,
      source: standing?.source ?? null,
      enabled: standing?.enabled ?? true,
      isUp: wanted === 'up' && !isAtRest(state),
      isAtEnd,
    }
  }

  #do(step: Step, done: Done): void {
    const { id, action, spec } = step
    if (action === 'none') done(undefined)
    else if (spec === undefined) this.#remove(this.#ports.processes.find(id), done)
    else if (action === 'create') this.#create(id, spec, done)
    else if (action === 'replace') this.#replace(id, spec, done)
    else this.#change(this.#ports.processes.find(id), spec, action, done)
  }

  #create(id: string, spec: ProcessSpec, done: Done): void {
    const { processes, kept } = this.#ports
    processes.reserve(spec, false, { mayBeMissing: true })
    const standing = { spec, wanted: 'up', enabled: true, source: this.#params.source } as const
    const key = kept.keep(id, standing, (error) => {
      processes.release(id)
      if (error !== undefined) return done(error)
      guarded(done, () => {
        const process = processes.create(spec, { id, key })
        kept.attach(process)
        this.#up(process, done)
      })
    })
  }

  #change(process: Process, spec: ProcessSpec, action: Action, done: Done): void {
    const { processes, kept } = this.#ports
    const isRun = action === 'start' || action === 'restart'
    const { source } = this.#params
    const { wanted } = process.life.model
    const standing = { spec, source, wanted: isRun ? 'up' : wanted } as const
    // Refused before it is written.
    processes.dependencies.check(process.id, spec.dependsOn)
    lifeSpecOf(spec)
    // What runs is not stopped for what can't.
    if (action === 'restart') processes.checkProgram(process.id, spec)
    kept.askOrAdopt(process, standing, (error) => {
      if (error !== undefined) return done(error)
      guarded(done, () => {
        processes.respecify(process, spec, kept.keyOf(process))
        if (action === 'update') return done(undefined)
        if (action === 'start') return this.#up(process, done)
        processes.again(process, 'changed')
        this.#wait(process, outcomeOfStart(process, processes), done)
      })
    })
  }

  #replace(id: string, spec: ProcessSpec, done: Done): void {
    this.#remove(this.#ports.processes.find(id), (failure) => {
      if (failure !== undefined) return done(failure)
      guarded(done, () => this.#create(id, spec, done))
    })
  }

  #remove(process: Process, done: Done): void {
    const { kept, processes } = this.#ports
    kept.ask(process, { wanted: 'down' }, (error) => {
      if (error !== undefined) return done(error)
      processes.dependencies.stop([process])
      waitFor(process, outcomeOfStop(process, processes), (failure) => {
        if (failure !== undefined) return done(failure)
        // Its output may still be on the way.
        process.whenEnded(() => guarded(done, () => forgetProcess(process, this.#ports, done)))
      })
    })
  }

  #up(process: Process, done: Done): void {
    const { processes } = this.#ports
    processes.up(process)
    this.#wait(process, outcomeOfStart(process, processes), done)
  }

  #wait(process: Process, outcome: () => Outcome, done: Done): void {
    if (this.#params.wait) waitFor(process, outcome, done)
    else done(undefined)
  }
}

/** Calls back with the outcome, at once if it is known. */
function waitFor(process: Process, outcome: () => Outcome, done: Done): void {
  let cancel = () => {}
  const look = () => {
    const result = outcome()
    if (result === undefined) return false
    cancel()
    done(result === 'done' ? undefined : result)
    return true
  }
  if (!look()) cancel = process.life.watch(look)
}

function guarded(done: Done, act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    done(error)
  }
}

/** Those that others need come first. @throws NetdaemonError BAD_REQUEST */
function ordered(specs: readonly ProcessSpec[]): ProcessSpec[] {
  const byName = new Map<string, ProcessSpec>()
  for (const spec of specs) {
    if (spec.name === undefined) throw new NetdaemonError('BAD_REQUEST', `APPLY: "${spec.command}" has no name`)
    if (byName.has(spec.name))
      throw new NetdaemonError('BAD_REQUEST', `APPLY: two specs have the name "${spec.name}"; a name can be used once`)
    byName.set(spec.name, spec)
  }
  const needs = new Map(Array.from(byName, ([name, { dependsOn }]) => [name, Object.keys(dependsOn ?? {})]))
  const found = startOrder(needs)
  if ('cycle' in found) {
    const { cycle } = found
    const sentence = `"${cycle[0]}" cannot depend on itself: ${cycle.join(' → ')}`
    throw new NetdaemonError('BAD_REQUEST', sentence, { detail: { cycle } })
  }
  return found.order.flatMap((name) => byName.get(name) ?? [])
}

function reportOf({ id, action, changes }: Step, failure?: Failure): Report {
  const text = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  const told = changes.map(({ field, from, to }) => ({ field, from: text(from), to: text(to) }))
  if (failure === undefined) return { id, action, changes: told }
  const { code, message, detail } = failure
  const output = typeof detail?.output === 'string' ? { output: detail.output } : {}
  return { id, action, changes: told, error: { code, message, ...output } }
}
