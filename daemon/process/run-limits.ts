// What a run may come to before it is replaced by a fresh one: an age, and an amount of memory. There is a timer only where the spec
// has such a limit.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'

/** Between two measurements of memory, in milliseconds. */
const MEASURE_MS = 5_000

export interface LimitPorts {
  readonly clock: Clock
  /** Measures the bytes that the process and its descendants have, and calls back; undefined: they could not be seen. */
  readonly measureMemory: (callback: (bytes: number | undefined) => void) => () => void
  readonly tooOld: () => void
  readonly tooLarge: (bytes: number) => void
}

/**
 * Watches a run that is ready; the returned function ends that.
 *
 * @param readyAt when it became so, in milliseconds since 1970
 */
export function watchLimits(
  { maxAgeMs, maxMemory }: Pick<ProcessSpec, 'maxAgeMs' | 'maxMemory'>,
  readyAt: number,
  { clock, measureMemory, tooOld, tooLarge }: LimitPorts,
): () => void {
  let cancelAge = () => {}
  let cancelMemory = () => {}
  if (maxAgeMs !== undefined) cancelAge = clock.after(Math.max(0, readyAt + maxAgeMs - clock.now()), tooOld)
  if (maxMemory !== undefined) {
    const measure = () => {
      let told = false
      const cancel = measureMemory((bytes) => {
        told = true
        if (bytes !== undefined && bytes > maxMemory) tooLarge(bytes)
        else wait()
      })
      // It may have called back at once.
      if (!told) cancelMemory = cancel
    }
    const wait = () => {
      cancelMemory = clock.after(MEASURE_MS, measure)
    }
    wait()
  }
  return () => {
    cancelAge()
    cancelMemory()
  }
}
