// How processes that depend on each other go up and down together: those that one needs are started before it, and those that need
// it are stopped before it. What waits for a dependency is told when it is met; what is bound to one goes down with it. All of it
// by work lists, never by recursion: chains may be long.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSpec } from '../../proto/protocol.ts'
import type { StopReason } from '../process/life-model.ts'
import type { ProcessLife } from '../process/process-life.ts'
import { isSuccess } from '../process/restart-policy.ts'
import { startOrder } from './dependency-order.ts'

type Needs = NonNullable<ProcessSpec['dependsOn']>

/** A process as its dependencies see it. */
export interface Dependent {
  /** By which others depend on it; undefined: none can. */
  readonly name: string | undefined
  readonly id: string
  readonly spec: Pick<ProcessSpec, 'dependsOn'>
  readonly life: Pick<ProcessLife, 'model' | 'spec' | 'isDown' | 'up' | 'stop' | 'again' | 'dependencies' | 'lookAgain'>
}

/** One that a process needs, by its name. */
export interface Need {
  readonly name: string
  readonly condition: Needs[string]['condition']
  readonly bindTo: boolean
  /** Whether it is now as it must be. */
  readonly met: boolean
}

/** What is to be done to a process when those that need it have gone. */
interface Going {
  readonly to: 'stop' | 'again'
  readonly act: () => void
}

const NOTHING: readonly string[] = []

export class Dependencies<P extends Dependent> {
  /** Those that depend on the process of a name. */
  readonly #dependents = new Map<string, Set<P>>()
  readonly #find: (name: string) => P | undefined
  readonly #now: () => number
  /** Those that are to go as soon as those that need them have gone. */
  readonly #goingDown = new Map<P, Going>()
  readonly #changed = new Set<P>()
  #busy = false

  /**
   * @param find the process of a name
   * @param now milliseconds since 1970
   */
  constructor(find: (name: string) => P | undefined, now: () => number) {
    this.#find = find
    this.#now = now
  }

  /**
   * Checks that a process of this name may depend on these.
   *
   * @throws NetdaemonError BAD_REQUEST that names the circle
   */
  check(name: string | undefined, needs: Needs | undefined): void {
    if (name === undefined || needs === undefined) return
    const known = new Map<string, readonly string[]>([[name, Object.keys(needs)]])
    const unknown = Object.keys(needs)
    for (let next = unknown.pop(); next !== undefined; next = unknown.pop()) {
      if (known.has(next)) continue
      const found = Object.keys(this.#find(next)?.spec.dependsOn ?? {})
      known.set(next, found)
      unknown.push(...found)
    }
    const result = startOrder(known)
    if (!('cycle' in result)) return
    throw new NetdaemonError('BAD_REQUEST', `"${name}" cannot depend on itself: ${result.cycle.join(' → ')}`, {
      detail: { cycle: result.cycle },
    })
  }

  /** It is there from now on. To be called before it is started. */
  add(process: P): void {
    for (const name of Object.keys(process.spec.dependsOn ?? {})) {
      const dependents = this.#dependents.get(name) ?? new Set()
      this.#dependents.set(name, dependents.add(process))
    }
    if (process.spec.dependsOn !== undefined) process.life.dependencies(this.unmet(process), false)
    this.changed(process)
  }

  /** It is there no more. */
  delete(process: P): void {
    this.#stay(process)
    process.life.lookAgain()
    this.unlink(process)
    this.changed(process)
  }

  /** Forgets what it depends on, to be told anew by {@link add}. */
  unlink(process: P): void {
    for (const name of Object.keys(process.spec.dependsOn ?? {})) {
      const dependents = this.#dependents.get(name)
      dependents?.delete(process)
      if (dependents?.size === 0) this.#dependents.delete(name)
    }
  }

  /** The names of those that it needs and that are not as they must be. */
  unmet(process: P): readonly string[] {
    const { dependsOn } = process.spec
    if (dependsOn === undefined) return NOTHING
    return Object.entries(dependsOn).flatMap(([name, { condition }]) => (this.#isMet(name, condition) ? [] : [name]))
  }

  /** Each that it needs, how it must be, and whether it is so now. */
  needs(process: P): Need[] {
    return Object.entries(process.spec.dependsOn ?? {}).map(([name, { condition, bindTo }]) => ({
      name,
      condition,
      bindTo,
      met: this.#isMet(name, condition),
    }))
  }

  /** Those that depend on it. */
  of({ name }: P): readonly P[] {
    return name === undefined ? [] : Array.from(this.#dependents.get(name) ?? [])
  }

  /** What it waits for those that need it with: to be stopped after them, or for another run; undefined: with nothing. */
  goingDown(process: P): Going['to'] | undefined {
    return this.#goingDown.get(process)?.to
  }

  /** Wants it to run, and first of all those that it needs. */
  up(process: P): void {
    const needed = new Set<P>([process])
    for (const each of needed) {
      for (const name of Object.keys(each.spec.dependsOn ?? {})) {
        const found = this.#find(name)
        if (found !== undefined) needed.add(found)
      }
    }
    // Whoever is to run again does so still, after those that go for it: it is not to run before.
    const staying = Array.from(needed).filter((each) => this.goingDown(each) === 'stop')
    for (const each of staying) this.#stay(each)
    // Those that need nothing come last in the set, and go first.
    for (const each of Array.from(needed).reverse()) {
      if (each.spec.dependsOn !== undefined) each.life.dependencies(this.unmet(each), false)
      const isWaitedFor = this.of(each).some((other) => needed.has(other) && this.unmet(other).includes(each.id))
      if (each === process || isWaitedFor) each.life.up()
    }
    for (const { life } of staying) life.lookAgain()
    this.#work()
  }

  /** Wants these not to run: each is stopped when those that need it have gone. */
  stop(processes: Iterable<P>, killAfterMs?: number): void {
    const killAt = killAfterMs === undefined ? undefined : this.#now() + killAfterMs
    const left = () => (killAt === undefined ? undefined : Math.max(0, killAt - this.#now()))
    for (const process of processes) {
      this.#go(process, { to: 'stop', act: () => process.life.stop(left()) })
    }
    this.#work()
  }

  /** Ends it now, whoever needs it. */
  kill(process: P): void {
    process.life.stop(0)
    this.#stay(process)
    process.life.lookAgain()
    this.#work()
  }

  /** Wants another run of it, after those that are bound to it have gone. */
  again(process: P, why: StopReason): void {
    this.#go(process, { to: 'again', act: () => process.life.again(why) })
    this.#work()
  }

  /** Its state has changed, or it has come or gone. */
  changed(process: P): void {
    if (process.name === undefined && this.#goingDown.size === 0) return
    this.#changed.add(process)
    this.#work()
  }

  #go(process: P, going: Going): void {
    this.#goingDown.set(process, going)
    this.#changed.add(process)
    process.life.lookAgain()
  }

  /** It does not wait any more to go: those that were to go for it may come back. */
  #stay(process: P): void {
    if (this.#goingDown.delete(process)) this.#changed.add(process)
  }

  #work(): void {
    if (this.#busy) return
    this.#busy = true
    try {
      for (const process of this.#changed) {
        this.#changed.delete(process)
        for (const dependent of this.of(process)) this.#tell(dependent)
        this.#stopThoseThatMay()
      }
    } finally {
      this.#busy = false
    }
  }

  #tell(dependent: P): void {
    const unmet = this.unmet(dependent)
    const lost = unmet.some((name) => dependent.spec.dependsOn?.[name]?.bindTo)
    dependent.life.dependencies(unmet, lost)
  }

  #stopThoseThatMay(): void {
    for (const [process, { act }] of this.#goingDown) {
      if (this.of(process).some((dependent) => this.#mustGoFirst(dependent, process))) continue
      this.#goingDown.delete(process)
      act()
      // It may have been as it was to be all the time.
      process.life.lookAgain()
    }
  }

  #mustGoFirst(dependent: P, process: P): boolean {
    if (dependent.life.isDown || process.name === undefined) return false
    const isBound = dependent.spec.dependsOn?.[process.name]?.bindTo ?? false
    return isBound || this.#goingDown.has(dependent) || dependent.life.model.wanted === 'down'
  }

  #isMet(name: string, condition: Needs[string]['condition']): boolean {
    const found = this.#find(name)
    if (found === undefined || this.#goingDown.has(found)) return false
    const { state } = found.life.model
    switch (condition) {
      case 'started':
        return state.kind === 'running' || (state.kind === 'starting' && state.pid !== null)
      case 'ready':
        return state.kind === 'running'
      case 'healthy':
        return state.kind === 'running' && state.health === 'up'
      case 'exited':
        return state.kind === 'exited' && isSuccess(state.last.end, found.life.spec.restart)
    }
  }
}
