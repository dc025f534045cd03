// Patterns that are looked for in the lines of a run's output. Looking costs far more than reading, so of a flood only some lines are
// looked at; how many were passed over is counted.

import { type OutputChannel, type ProcessSpec, STDERR, STDOUT } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import { Lines } from '../probe/lines.ts'
import { compilePattern, type Pattern } from '../probe/pattern.ts'

type WatchRule = NonNullable<ProcessSpec['watch']>[number]

/** Lines that are looked at. */
const LOOKS = { burst: 5_000, perSecond: 1_000 }
/** Lines that are reported: the events of all processes share one history. */
const REPORTS = { burst: 20, perSecond: 5 }
/** Of a line that is reported. */
const LINE_SHOWN = 500

const CHANNELS = { stdout: STDOUT, stderr: STDERR } as const

export interface LineWatchPorts {
  readonly clock: Clock
  /** A line matches a rule. */
  readonly matched: (rule: WatchRule, line: string) => void
}

export class LineWatch {
  readonly #rules: readonly { readonly rule: WatchRule; readonly pattern: Pattern }[]
  readonly #ports: LineWatchPorts
  readonly #byChannel = new Map<OutputChannel, Lines>()
  readonly #looks: Allowance
  readonly #reports: Allowance
  #passedOver = 0

  /** @throws NetdaemonError BAD_REQUEST for a pattern that there is not */
  constructor(rules: readonly WatchRule[], ports: LineWatchPorts) {
    this.#rules = rules.map((rule) => ({ rule, pattern: compilePattern(rule.match) }))
    this.#ports = ports
    this.#looks = new Allowance(LOOKS, ports.clock)
    this.#reports = new Allowance(REPORTS, ports.clock)
  }

  /** Lines that were not looked at, or not reported, because too many came. */
  get passedOver(): number {
    return this.#passedOver
  }

  /** Output of the run has come. */
  output(channel: OutputChannel, bytes: Buffer): void {
    const lines = this.#byChannel.get(channel) ?? new Lines((line) => this.#look(channel, line))
    this.#byChannel.set(channel, lines)
    lines.push(bytes)
  }

  #look(channel: OutputChannel, line: string): void {
    if (!this.#looks.take()) {
      this.#passedOver += 1
      return
    }
    for (const { rule, pattern } of this.#rules) {
      if (rule.channel !== undefined && CHANNELS[rule.channel] !== channel) continue
      if (!pattern.foundIn(line)) continue
      if (rule.action !== 'report' || this.#reports.take()) this.#ports.matched(rule, line.slice(0, LINE_SHOWN))
      else this.#passedOver += 1
    }
  }
}

/** So many at once, and then so many a second. */
class Allowance {
  readonly #burst: number
  readonly #perMs: number
  readonly #clock: Clock
  #left: number
  #filledAt: number

  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }, clock: Clock) {
    this.#burst = burst
    this.#perMs = perSecond / 1000
    this.#clock = clock
    this.#left = burst
    this.#filledAt = clock.now()
  }

  /** Whether one more is allowed. */
  take(): boolean {
    if (this.#left < 1) {
      const now = this.#clock.now()
      // The clock may have been set back.
      this.#left = Math.min(this.#burst, this.#left + Math.max(0, now - this.#filledAt) * this.#perMs)
      this.#filledAt = now
    }
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
