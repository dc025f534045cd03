// The parts of a spec that say what is looked at while a process runs, and what follows: its health, its output, its age and its
// memory. All of them can be changed while it runs.

import * as v from 'valibot'
import { count, field, milliseconds } from './basic-shapes.ts'
import { pace, pattern, probes } from './probe-shapes.ts'

/** Patterns of one process. */
const WATCHES_MAX = 16
/** A program needs some memory before it leaks any. */
const MEMORY_MIN = 1024 * 1024

const action = field(
  v.optional(v.picklist(['restart', 'report']), 'restart'),
  'what is done when it is found unhealthy: `restart`, which counts as a failure, so its policy says whether and when it is started again; `report`: its state tells, and an event',
)

const graceMs = field(
  v.optional(milliseconds, 0),
  'so long after it became ready, failures do not count; a success does',
)

const repeated = {
  ...pace(10_000, 5_000),
  failures: field(
    v.optional(v.pipe(count, v.minValue(1), v.maxValue(1000)), 3),
    'so many failures one after the other make it unhealthy; one success makes it healthy',
  ),
  graceMs,
  action,
}

/** How one knows whether it is healthy. */
const health = v.variant('kind', [
  v.object({ ...probes.tcp.entries, ...repeated }),
  v.object({ ...probes.http.entries, ...repeated }),
  v.object({ ...probes.exec.entries, ...repeated }),
  v.object({
    kind: v.literal('silence'),
    ms: field(
      v.pipe(milliseconds, v.minValue(100)),
      'unhealthy when it has written nothing, on either channel, for so long',
    ),
    graceMs,
    action,
  }),
])

/** A pattern on its output. */
export const watch = v.object({
  match: field(
    pattern,
    'a regular expression (RE2) that is looked for in each line of its output; of a line the first 4 KiB count. Of a flood, some 1,000 lines a second are looked at, after a burst of 5,000',
  ),
  channel: field(
    v.optional(v.picklist(['stdout', 'stderr'])),
    'the lines of this channel only; absent: of either. `stderr` takes a pipe of its own',
  ),
  action: field(
    v.picklist(['restart', 'ready', 'report']),
    'what is done at a line that matches: `restart`, which counts as a failure; `ready`: it counts as ready; `report`: an event `matched` tells of the line',
  ),
})

/** What is looked at while a process runs. */
export const care = {
  health: field(v.optional(health), 'how one knows whether it is healthy; absent: nobody looks'),
  watch: field(
    v.optional(v.pipe(v.array(watch), v.maxLength(WATCHES_MAX))),
    'lines of its output at which something is done',
  ),
  maxAgeMs: field(
    v.optional(v.pipe(milliseconds, v.minValue(1000))),
    'a run that has been ready for so long is restarted; that is no failure',
  ),
  maxMemory: field(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(MEMORY_MIN))),
    'bytes of memory, of the process with all its descendants, above which it is restarted; that is no failure. It is measured every 5 s',
  ),
}
