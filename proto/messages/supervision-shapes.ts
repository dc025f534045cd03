// The parts of a spec that say how a process should live: when it is started again, when it counts as ready, how it is
// stopped and reloaded. Each has its defaults here; docs/protocol.md is written from these descriptions.

import * as v from 'valibot'
import { count, field, milliseconds, name } from './basic-shapes.ts'
import { commandField, pace, pattern, probes } from './probe-shapes.ts'

/** Steps of one list, at most. */
const STEPS_MAX = 32
/** Processes that one may depend on. */
const DEPENDENCIES_MAX = 100
/** Bytes of a text that is typed. */
const SEND_MAX = 4096

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const signal = field(v.pipe(v.string(), v.maxLength(16)), 'a signal, as `TERM`')

/** A pause between runs: without any, a program that can't run would keep the daemon busy. */
const pause = v.pipe(milliseconds, v.minValue(1))

/** When an ended run is followed by another. */
export const restart = v.object({
  policy: field(
    v.picklist(['never', 'on-failure', 'always']),
    '`on-failure`: after an end that is no success; `always`: after each end',
  ),
  delayMs: field(v.optional(pause, 100), 'the first pause before another run'),
  factor: field(
    v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100)), 2),
    'each further failure multiplies the pause by this',
  ),
  maxMs: field(v.optional(pause, 60_000), 'the longest pause'),
  jitter: field(v.optional(share, 0.1), 'the pause is made longer or shorter by up to this share of it'),
  resetAfterMs: field(
    v.optional(milliseconds, 60_000),
    'a run that was ready for so long makes up for earlier failures',
  ),
  limit: field(
    v.optional(
      v.object({
        starts: field(v.pipe(count, v.minValue(1), v.maxValue(10_000)), 'so many starts by the policy'),
        withinMs: field(milliseconds, 'within this time'),
      }),
    ),
    'the policy gives up at this, and the process is `failed`; absent: it never does',
  ),
  success: field(
    v.optional(
      v.object({
        codes: field(v.optional(v.pipe(v.array(v.pipe(count, v.maxValue(255))), v.maxLength(256)), []), 'exit codes'),
        signals: field(v.optional(v.pipe(v.array(signal), v.maxLength(64)), []), 'signals that ended it'),
      }),
      {},
    ),
    'ends that count as success beside exit code 0',
  ),
})

const readinessPace = pace(500, 5_000)

/** How one knows that it is ready. */
export const readiness = v.variant('kind', [
  v.object({ kind: v.literal('after'), ms: field(milliseconds, 'ready when it has run for so long') }),
  v.object({
    kind: v.literal('log'),
    match: field(
      pattern,
      'ready when a line of its output, on either channel, matches this regular expression (RE2); of a line the first 4 KiB count',
    ),
  }),
  v.object({
    kind: v.literal('notify'),
    watchdogMs: field(
      v.optional(v.pipe(milliseconds, v.minValue(10))),
      'it must say that it is alive (`WATCHDOG=1`) at least so often once it is ready; else it counts as unhealthy, and is restarted. It is told so in `WATCHDOG_USEC`',
    ),
  }),
  v.object({
    kind: v.literal('fd'),
    fd: field(
      v.pipe(v.number(), v.integer(), v.minValue(3), v.maxValue(255)),
      'ready when it writes a newline to this file descriptor, a pipe that it is started with (as s6 has it)',
    ),
  }),
  v.object({ ...probes.tcp.entries, ...readinessPace }),
  v.object({ ...probes.http.entries, ...readinessPace }),
  v.object({ ...probes.exec.entries, ...readinessPace }),
])

/** A command that runs beside the process, and how long it may take. */
export const besideCommand = v.object({
  command: commandField(
    'a program and its arguments, run with the environment, the directory and the umask of the process',
  ),
  timeoutMs: field(v.optional(milliseconds, 30_000), 'it is killed after this, with its tree, and has failed'),
})

/** How it is started. */
export const startRules = v.object({
  ready: field(v.optional(readiness), 'when it counts as ready; absent: as soon as it runs'),
  before: field(
    v.optional(v.pipe(v.array(besideCommand), v.maxLength(STEPS_MAX))),
    'commands that are run before each run, in order; one that fails is a failed start',
  ),
  timeoutMs: field(
    v.optional(milliseconds, 30_000),
    'not ready within this time, the commands before it included: stopped, and a failure',
  ),
})

const waitMs = field(v.optional(milliseconds, 10_000), 'how long to wait before the next step')

/** A step of a stop that types something. */
export const sendStep = v.object({
  send: field(v.pipe(v.string(), v.maxLength(SEND_MAX)), 'text that is written to its input, as it is'),
  waitMs,
})

/** A step of a stop that sends a signal. */
export const signalStep = v.object({ signal, waitMs })

/** A step of a stop that runs a command beside it. */
export const execStep = v.object({
  exec: commandField(
    'a program and its arguments, run with the environment of the process, and `MAINPID`; it is killed when the step is over',
  ),
  waitMs,
})

/** How it is stopped. */
export const stopRules = v.object({
  steps: field(
    v.optional(v.pipe(v.array(v.union([sendStep, signalStep, execStep])), v.maxLength(STEPS_MAX)), [
      { signal: 'TERM' },
    ]),
    'carried out in order, until nothing of it is left; SIGKILL to all that is left comes after the last',
  ),
  scope: field(
    v.optional(v.picklist(['tree', 'group', 'process']), 'tree'),
    'whom the signals of the steps go to. What must be gone is all of the tree, unless this is `process`',
  ),
  after: field(
    v.optional(v.pipe(v.array(besideCommand), v.maxLength(STEPS_MAX))),
    'commands that are run in order when a run is gone, before the next begins or the stop is answered; one that fails does not keep the next from being run',
  ),
})

/** What makes it read its configuration again. */
const reloadRule = v.union([
  v.object({ signal }),
  v.object({ send: field(v.pipe(v.string(), v.maxLength(SEND_MAX)), 'text that is written to its input, as it is') }),
  v.object({
    exec: commandField(
      'a program and its arguments, run with the environment of the process, and `MAINPID`; RELOAD is answered when it has ended',
    ),
    timeoutMs: field(v.optional(milliseconds, 30_000), 'it is killed after this, with its tree, and has failed'),
  }),
])

/** Another process that it needs. */
export const dependency = v.object({
  condition: field(
    v.optional(v.picklist(['started', 'ready', 'healthy', 'exited']), 'ready'),
    'what the other must be before this one is started: `started`; `ready`; `healthy`, as its probe says; `exited`, with success',
  ),
  bindTo: field(v.optional(v.boolean(), false), 'true: it is stopped when that is so no more, and started again after'),
})

/** The parts of a spec that say how a process should live. */
export const supervision = {
  restart: field(v.optional(restart), 'whether it is started again when it has ended; absent: never'),
  start: field(v.optional(startRules), 'how it is started; absent: it is ready as soon as it runs'),
  stop: field(v.optional(stopRules), 'how it is stopped; absent: SIGTERM, and after 10 s SIGKILL, to all of its tree'),
  dependsOn: field(
    v.optional(v.pipe(v.record(name, dependency), v.maxEntries(DEPENDENCIES_MAX))),
    'what it needs, by name: they are started before it, and stopped after it',
  ),
  reload: field(v.optional(reloadRule), 'what RELOAD does; absent: RELOAD is refused'),
}
