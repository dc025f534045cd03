// When output finds no more room, ended processes are forgotten until some of it is free.

import type { Clock } from '../loop/clock.ts'
import type { Budget } from '../memory/budget.ts'
import type { Retained, Retention } from './retention.ts'

/** So much of it is to be free then. */
const FREED = 1 / 8

/** Not at once: room is asked for in the middle of somebody's output. */
export function freeOutputWhenShort<T extends Retained>(
  output: Budget,
  clock: Clock,
  retention: Retention<T>,
  forget: (ended: T) => void,
): void {
  let isFreeing = false
  output.whenShort(() => {
    if (isFreeing || retention.first === undefined) return
    isFreeing = true
    clock.after(0, () => {
      isFreeing = false
      for (const ended of retention.idle()) {
        if (output.used <= output.limit * (1 - FREED)) return
        forget(ended)
      }
    })
  })
}
