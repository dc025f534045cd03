// What is looked at of a process beside its life and its runs, because its spec says so: whether it is ready, what it says of itself,
// and, while it runs, its health, its lines, its age and its memory. A spec that says nothing of this has none. Everything here ends
// when the run that it is about goes away.

import { isDeepStrictEqual } from 'node:util'
import type { OutputChannel } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { BesideCall, Program } from '../run/launcher.ts'
import type { Notifications } from '../run/notifications.ts'
import type { Run } from '../run/run.ts'
import type { SideEnd } from '../run/side-command.ts'
import { type HealthWatch, watchHealth } from './health.ts'
import type { State, Stimulus, StopReason } from './life-model.ts'
import { isLookedAfter } from './life-spec.ts'
import { LineWatch } from './line-watch.ts'
import { Notified } from './notified.ts'
import { type Beside, checkPatterns } from './probes.ts'
import { type Readiness, readinessOf } from './readiness.ts'
import { watchLimits } from './run-limits.ts'

/** What caring needs of the daemon. */
export interface CarePorts {
  readonly clock: Clock
  readonly notifications: Pick<Notifications, 'listen' | 'belongs'>
  readonly launcher: {
    runBeside(program: Program, call: BesideCall, done: (end: SideEnd) => void): () => void
  }
}

export interface CareHost {
  tell(stimulus: Stimulus): void
  /** What the process says of itself, or what is wrong with it, is another. */
  textChanged(): void
  /** A line of its output matches a pattern that is to be reported. */
  matched(match: string, line: string): void
  /** Measures the bytes that it has with all its descendants; undefined: they could not be seen. The returned function takes it back. */
  measureMemory(callback: (bytes: number | undefined) => void): () => void
}

/** What is looked at for this spec; undefined: nothing. @throws NetdaemonError BAD_REQUEST for a pattern that there is not */
export function careFor(program: Program, ports: CarePorts, host: CareHost): RunCare | undefined {
  const kind = program.spec.start?.ready?.kind
  const isReadyBySelf = kind === undefined || kind === 'after' || kind === 'fd'
  if (isReadyBySelf && !isLookedAfter(program.spec)) return undefined
  // Now, and not when its first run has begun.
  checkPatterns(program.spec)
  return new RunCare(program, ports, host)
}

export class RunCare {
  readonly #ports: CarePorts
  readonly #host: CareHost
  #program: Program
  #readiness: Readiness | undefined
  #notified: Notified | undefined
  #endListening = () => {}
  #lines: LineWatch | undefined
  #health: HealthWatch | undefined
  #endLimits = () => {}
  #phase: State['kind'] | undefined
  #problem: string | undefined

  constructor(program: Program, ports: CarePorts, host: CareHost) {
    this.#ports = ports
    this.#host = host
    this.#program = program
    this.#readiness = this.#makeReadiness()
  }

  /**
   * Another spec. What it says of becoming ready holds for the next run, and of what is looked at while it runs at once. Only what is
   * another is looked at anew, and the last that is known of its health holds until the new rule says something: what is bound to a
   * healthy process must not go because of an edit.
   */
  respecify(program: Program, state: State): void {
    const { spec } = program
    const before = this.#program.spec
    this.#program = program
    if (!isDeepStrictEqual(before.watch, spec.watch)) this.#lines = this.#watchLines()
    if (state.kind !== 'running') return
    if (!isDeepStrictEqual(before.health, spec.health)) {
      this.#endHealth()
      this.#lookAtHealth()
      if (spec.health === undefined) this.#host.tell({ kind: 'health', health: 'unknown' })
    }
    if (before.maxAgeMs === spec.maxAgeMs && before.maxMemory === spec.maxMemory) return
    this.#endLimits()
    this.#lookAtLimits(state.ready)
  }

  /** What the process says of itself; undefined: nothing. */
  get text(): string | undefined {
    return this.#notified?.text
  }

  /** What was found to be wrong last with the newest run; undefined: nothing. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** A run has begun. */
  began(run: Run<never>): void {
    this.#problem = undefined
    this.#phase = undefined
    this.#notified = undefined
    this.#readiness = this.#makeReadiness()
    this.#lines = this.#watchLines()
    const { ready } = this.#program.spec.start ?? {}
    const endListening = this.#endListening
    this.#endListening = () => {}
    if (ready?.kind === 'notify') this.#listen(run, ready.watchdogMs)
    // Only now: the socket closes when nobody is listened to.
    endListening()
  }

  /** Output of the newest run has come. */
  output(channel: OutputChannel, bytes: Buffer): void {
    this.#readiness?.output(channel, bytes)
    this.#health?.output()
    this.#lines?.output(channel, bytes)
  }

  /** Lines of the newest run that came too fast to be looked at; undefined: no line is looked at. */
  get passedOver(): number | undefined {
    return this.#lines?.passedOver
  }

  /** The state is another. */
  changed(state: State): void {
    const phase = state.kind === 'starting' && state.pid === null ? undefined : state.kind
    if (phase === this.#phase) return
    this.#phase = phase
    if (phase === 'starting') this.#readiness?.begin()
    else this.#readiness?.end()
    if (state.kind === 'running') this.#look(state.ready)
    else this.#endLooks()
    if (phase === 'running') this.#notified?.watch()
    else if (phase !== 'starting') this.#notified?.end()
    if (phase !== 'starting' && phase !== 'running' && phase !== 'stopping') this.#endListening()
  }

  /** Nothing is looked at any more. */
  dispose(): void {
    this.#readiness?.end()
    this.#notified?.end()
    this.#endListening()
    this.#endLooks()
  }

  get #beside(): Beside {
    const program = this.#program
    return (command, timeoutMs, done) => this.#ports.launcher.runBeside(program, { command, timeoutMs }, done)
  }

  #makeReadiness(): Readiness | undefined {
    return readinessOf(this.#program.spec, {
      clock: this.#ports.clock,
      beside: this.#beside,
      ready: () => this.#host.tell({ kind: 'ready' }),
      problem: (text) => {
        this.#problem = text
      },
    })
  }

  /** @param readyAt when its run became ready, in milliseconds since 1970 */
  #look(readyAt: number): void {
    this.#lookAtHealth()
    this.#lookAtLimits(readyAt)
  }

  #lookAtHealth(): void {
    const { health } = this.#program.spec
    if (health === undefined) return
    const host = this.#host
    this.#health = watchHealth(health, {
      clock: this.#ports.clock,
      beside: this.#beside,
      up: () => {
        this.#problem = undefined
        host.tell({ kind: 'health', health: 'up' })
      },
      down: (problem) => {
        this.#problem = problem
        host.tell({ kind: 'health', health: 'down' })
        // It may have been so by an earlier rule, for another reason.
        host.textChanged()
        if (health.action === 'restart') this.#again('unhealthy')
      },
    })
  }

  /** @param readyAt as {@link #look} */
  #lookAtLimits(readyAt: number): void {
    this.#endLimits = watchLimits(this.#program.spec, readyAt, {
      clock: this.#ports.clock,
      measureMemory: (callback) => this.#host.measureMemory(callback),
      tooOld: () => this.#again('age'),
      tooLarge: () => this.#again('memory'),
    })
  }

  #endHealth(): void {
    this.#health?.end()
    this.#health = undefined
  }

  #endLooks(): void {
    this.#endHealth()
    this.#endLimits()
    this.#endLimits = () => {}
  }

  #watchLines(): LineWatch | undefined {
    const { watch } = this.#program.spec
    if (watch === undefined || watch.length === 0) return undefined
    return new LineWatch(watch, {
      clock: this.#ports.clock,
      matched: ({ match, action }, line) => {
        if (action === 'report') this.#host.matched(match, line)
        else if (action === 'ready') this.#host.tell({ kind: 'ready' })
        else if (this.#phase === 'starting' || this.#phase === 'running') {
          this.#problem = `a line of its output matched ${JSON.stringify(match)}: ${line}`
          this.#again('output')
        }
      },
    })
  }

  #again(why: StopReason): void {
    this.#host.tell({ kind: 'again', why, left: false })
  }

  #listen(run: Run<never>, watchdogMs: number | undefined): void {
    const { clock, notifications } = this.#ports
    const { pid } = run
    const notifier = { pid, mark: run.tree.mark }
    const host = this.#host
    this.#problem = 'it has not said that it is'
    const notified = new Notified(
      {
        clock,
        ready: () => {
          this.#problem = undefined
          host.tell({ kind: 'ready' })
        },
        extended: (until) => host.tell({ kind: 'extended', until }),
        mainProcess: (main) => {
          if (!notifications.belongs(main, notifier)) return
          run.succeededBy(main)
          host.tell({ kind: 'main process', pid: main })
        },
        unheard: (problem) => {
          this.#problem = problem
          this.#again('unhealthy')
        },
        changed: () => host.textChanged(),
      },
      watchdogMs,
    )
    this.#notified = notified
    this.#endListening = notifications.listen(notifier, (message) => notified.take(message))
  }
}
