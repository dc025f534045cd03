// What is looked at of a process beside its life and its runs, because its spec says so: whether it is ready, and what it says of
// itself. A spec that says nothing of this has none. Everything here ends when the run that it is about goes away.

import type { OutputChannel } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { BesideCall, Program } from '../run/launcher.ts'
import type { Notifications } from '../run/notifications.ts'
import type { Run } from '../run/run.ts'
import type { SideEnd } from '../run/side-command.ts'
import type { State, Stimulus } from './life-model.ts'
import { Notified } from './notified.ts'
import type { Beside } from './probes.ts'
import { type Readiness, readinessOf } from './readiness.ts'

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
  /** What the process says of itself is another. */
  textChanged(): void
}

/** What is looked at for this spec; undefined: nothing. @throws NetdaemonError BAD_REQUEST for a pattern that there is not */
export function careFor(program: Program, ports: CarePorts, host: CareHost): RunCare | undefined {
  const kind = program.spec.start?.ready?.kind
  if (kind === undefined || kind === 'after' || kind === 'fd') return undefined
  return new RunCare(program, ports, host)
}

export class RunCare {
  readonly #ports: CarePorts
  readonly #host: CareHost
  #program: Program
  #readiness: Readiness | undefined
  #notified: Notified | undefined
  #endListening = () => {}
  #phase: State['kind'] | undefined
  #problem: string | undefined

  constructor(program: Program, ports: CarePorts, host: CareHost) {
    this.#ports = ports
    this.#host = host
    this.#program = program
    this.#readiness = this.#makeReadiness()
  }

  /** Another spec. What it says of becoming ready holds for the next run. */
  respecify(program: Program): void {
    this.#program = program
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
  }

  /** The state is another. */
  changed(state: State): void {
    const phase = state.kind === 'starting' && state.pid === null ? undefined : state.kind
    if (phase === this.#phase) return
    this.#phase = phase
    if (phase === 'starting') this.#readiness?.begin()
    else this.#readiness?.end()
    if (phase === 'running') this.#notified?.watch()
    else if (phase !== 'starting') this.#notified?.end()
    if (phase !== 'starting' && phase !== 'running' && phase !== 'stopping') this.#endListening()
  }

  /** Nothing is looked at any more. */
  dispose(): void {
    this.#readiness?.end()
    this.#notified?.end()
    this.#endListening()
  }

  #makeReadiness(): Readiness | undefined {
    const { clock, launcher } = this.#ports
    const program = this.#program
    const beside: Beside = (command, timeoutMs, done) => launcher.runBeside(program, { command, timeoutMs }, done)
    return readinessOf(program.spec, {
      clock,
      beside,
      ready: () => this.#host.tell({ kind: 'ready' }),
      problem: (text) => {
        this.#problem = text
      },
    })
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
          host.tell({ kind: 'again', why: 'unhealthy', left: false })
        },
        changed: () => host.textChanged(),
      },
      watchdogMs,
    )
    this.#notified = notified
    this.#endListening = notifications.listen(notifier, (message) => notified.take(message))
  }
}
