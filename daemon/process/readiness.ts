// How one knows that a run is ready, if it does not say so itself by a pipe or a notification: a line of its output, or a probe that
// comes out well. It is looked at only while the run is starting.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import { Lines } from '../probe/lines.ts'
import { compilePattern } from '../probe/pattern.ts'
import { repeatProbe } from '../probe/repeated.ts'
import { type Beside, makeProbe } from './probes.ts'

/** How a run is found to be ready. */
export interface Readiness {
  /** Its program is being executed. */
  begin(): void
  /** It is looked at no more. Idempotent. */
  end(): void
  /** Output of it has come. */
  output(channel: number, bytes: Buffer): void
}

export interface ReadinessPorts {
  readonly clock: Clock
  readonly beside: Beside
  /** It is ready. */
  readonly ready: () => void
  /** It is not, because of this. */
  readonly problem: (text: string) => void
}

/**
 * What has to be looked at; undefined: nothing, it is ready when it runs, or says so itself.
 *
 * @throws NetdaemonError BAD_REQUEST for a pattern that there is not
 */
export function readinessOf({ start }: Pick<ProcessSpec, 'start'>, ports: ReadinessPorts): Readiness | undefined {
  const rule = start?.ready
  switch (rule?.kind) {
    case 'log':
      return new LogReadiness(rule.match, ports)
    case 'tcp':
    case 'http':
    case 'exec': {
      const probe = makeProbe(rule, rule.timeoutMs, ports.beside)
      let stop = () => {}
      return {
        begin() {
          stop = repeatProbe(probe, rule, ports.clock, 0, (problem) => {
            if (problem === undefined) ports.ready()
            else ports.problem(problem)
          })
        },
        end: () => stop(),
        output() {},
      }
    }
    default:
      return undefined
  }
}

/** Ready at a line of its output. */
class LogReadiness implements Readiness {
  readonly #onLine: (line: string) => void
  #byChannel: Map<number, Lines> | undefined

  constructor(match: string, { ready, problem }: ReadinessPorts) {
    const pattern = compilePattern(match)
    const missing = `no line of its output matched ${JSON.stringify(match)}`
    this.#onLine = (line) => {
      if (this.#byChannel === undefined) return
      if (pattern.foundIn(line)) ready()
      else problem(missing)
    }
  }

  begin(): void {
    this.#byChannel = new Map()
  }

  end(): void {
    this.#byChannel = undefined
  }

  output(channel: number, bytes: Buffer): void {
    if (this.#byChannel === undefined) return
    const lines = this.#byChannel.get(channel) ?? new Lines(this.#onLine)
    this.#byChannel.set(channel, lines)
    lines.push(bytes)
  }
}
