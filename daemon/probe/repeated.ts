// Repeats a probe: one look at a time, each with its time limit, and a pause between the end of one and the beginning of the next. So
// a slow probe is never overtaken by itself.

import type { Clock } from '../loop/clock.ts'
import type { Probe } from './probe.ts'

export interface Pace {
  readonly intervalMs: number
  /** A look that takes longer is given up, and has failed. */
  readonly timeoutMs: number
}

/**
 * Looks again and again until the returned function is called.
 *
 * @param firstAfterMs before the first look
 * @param told what came of each: a problem, or undefined
 */
export function repeatProbe(
  probe: Probe,
  { intervalMs, timeoutMs }: Pace,
  clock: Clock,
  firstAfterMs: number,
  told: (problem: string | undefined) => void,
): () => void {
  let stopped = false
  let cancel = () => {}
  const wait = (ms: number) => {
    cancel = clock.after(ms, look)
  }
  const look = () => {
    const over = (problem: string | undefined) => {
      cancel()
      cancel = () => {}
      told(problem)
      if (!stopped) wait(intervalMs)
    }
    let giveUp = () => {}
    const cancelTimeout = clock.after(timeoutMs, () => {
      giveUp()
      over(`no answer within ${timeoutMs / 1000} s`)
    })
    giveUp = probe((problem) => {
      cancelTimeout()
      over(problem)
    })
    cancel = () => {
      cancelTimeout()
      giveUp()
    }
  }
  wait(firstAfterMs)
  return () => {
    stopped = true
    cancel()
  }
}
