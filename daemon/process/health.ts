// Whether a run is healthy, as long as it is looked at: a probe that is repeated, or its silence. One look at a time; nothing of it is
// left when the run goes.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import { repeatProbe } from '../probe/repeated.ts'
import { type Beside, makeProbe } from './probes.ts'

type HealthRule = NonNullable<ProcessSpec['health']>

/** A look at a run that goes on until it is ended. */
export interface HealthWatch {
  /** Ends it. Idempotent. */
  end(): void
  /** Output of the run has come. */
  output(): void
}

export interface HealthPorts {
  readonly clock: Clock
  readonly beside: Beside
  /** It is healthy now, and was not, or it was not known. */
  readonly up: () => void
  /** It is not, and was, or it was not known. */
  readonly down: (problem: string) => void
}

/**
 * Looks at a run that has just become ready.
 *
 * @throws NetdaemonError BAD_REQUEST for a pattern that there is not
 */
export function watchHealth(rule: HealthRule, ports: HealthPorts): HealthWatch {
  return rule.kind === 'silence' ? new SilenceWatch(rule, ports) : probeWatch(rule, ports)
}

function probeWatch(
  rule: Exclude<HealthRule, { kind: 'silence' }>,
  { clock, beside, up, down }: HealthPorts,
): HealthWatch {
  const countsFrom = clock.now() + rule.graceMs
  let failures = 0
  let healthy: boolean | undefined
  const end = repeatProbe(makeProbe(rule, rule.timeoutMs, beside), rule, clock, 0, (problem) => {
    if (problem === undefined) {
      failures = 0
      if (healthy !== true) up()
      healthy = true
      return
    }
    if (clock.now() < countsFrom) return
    failures += 1
    if (failures < rule.failures || healthy === false) return
    healthy = false
    down(problem)
  })
  return { end, output() {} }
}

/** Unhealthy when it has written nothing for so long. Its one timer is set anew only when it fires. */
class SilenceWatch implements HealthWatch {
  readonly #ms: number
  readonly #ports: HealthPorts
  #heardAt: number
  #silent = false
  #cancel = () => {}

  constructor({ ms, graceMs }: Extract<HealthRule, { kind: 'silence' }>, ports: HealthPorts) {
    this.#ms = ms
    this.#ports = ports
    this.#heardAt = ports.clock.now() + graceMs
    ports.up()
    this.#arm()
  }

  output(): void {
    this.#heardAt = Math.max(this.#heardAt, this.#ports.clock.now())
    if (!this.#silent) return
    this.#silent = false
    this.#ports.up()
    this.#arm()
  }

  end(): void {
    this.#cancel()
  }

  #arm(): void {
    const { clock } = this.#ports
    this.#cancel = clock.after(Math.max(0, this.#heardAt + this.#ms - clock.now()), () => {
      if (clock.now() < this.#heardAt + this.#ms) return this.#arm()
      this.#silent = true
      this.#ports.down(`it has written nothing for ${this.#ms / 1000} s`)
    })
  }
}
