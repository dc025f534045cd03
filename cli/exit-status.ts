// How ndctl ends: its exit statuses (STATUS_TABLE, which the help prints), and how it ends the way a process did. Must not write
// anything: callers of `leave` have flushed.

import { constants } from 'node:os'
import { restoreBlocking } from './stdio/own-pipe.ts'

/** ndctl's own statuses. All others are the process's. The convention of env(1), timeout(1), docker and LSB. */
export const EXIT = {
  ok: 0,
  /** `up`, `stop`, `restart`, `apply`: it did not come to that; `diff`: it would take something. */
  notDone: 1,
  /** `status`: something is not up (LSB). */
  notUp: 3,
  /** `daemon status`: not running (LSB). */
  daemonNotRunning: 3,
  /** `daemon status`: cannot tell (LSB). */
  daemonUnknown: 4,
  timeout: 124,
  failure: 125,
  notExecutable: 126,
  notFound: 127,
} as const

/** The table for people, in the order of the numbers. */
export const STATUS_TABLE: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'success; start, attach, wait: the process exited with 0, or you detached'],
  ['1…255', 'start, attach, wait: the exit code of the process'],
  [
    '128+n',
    'start, attach, wait: signal n killed the process (137: KILL). start and attach die of that signal themselves, also when a signal made ndctl itself leave',
  ],
  [
    '1',
    'up, stop, restart, apply: a process did not come up or could not be ended, or a later request overrode this one; diff: something would be done',
  ],
  ['3', 'status: something is not up'],
  ['3, 4', 'daemon status: 3 if no daemon is running, 4 if ndctl could not find out'],
  ['124', 'wait, up, stop, restart with --timeout: it took longer than that'],
  ['125', 'ndctl itself failed: wrong usage, no daemon, no such process, connection lost'],
  ['126', 'start: the program was found but cannot be executed'],
  ['127', 'start: the program was not found'],
]

/** How a run of ndctl ends. */
export type Outcome =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }

export const done: Outcome = { kind: 'code', code: EXIT.ok }
export const failed: Outcome = { kind: 'code', code: EXIT.failure }
/** A pipe's reader has gone: we end as any writer does. */
export const brokenPipe: Outcome = { kind: 'signal', signal: 'SIGPIPE' }

/** The end of one run of a process. */
export type RunEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly coreDumped?: boolean }
  | { readonly kind: 'not started'; readonly error: string }
  | { readonly kind: 'unknown'; readonly word: string }

/** The end of a process, as far as ndctl can end the same way. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly coreDumped?: boolean }
  /** It was stopped, or given up for this reason; `last` is how its last run ended. */
  | { readonly kind: 'stopped'; readonly last?: RunEnd | undefined }
  | { readonly kind: 'failed'; readonly why: string; readonly last?: RunEnd | undefined }
  /** In a way that only a newer daemon knows. */
  | { readonly kind: 'unknown'; readonly word: string }

/** The same end for ourselves; a failure if we cannot tell what it was. */
export function mirror(end: ProcessEnd): Outcome {
  switch (end.kind) {
    case 'exited':
      return { kind: 'code', code: end.code }
    case 'killed':
      return { kind: 'signal', signal: end.signal }
    case 'stopped':
      return end.last === undefined || end.last.kind === 'not started' ? done : mirror(end.last)
    case 'failed': {
      // What it was given up for is a failure, whatever its last run said.
      const last = end.last === undefined || end.last.kind === 'not started' ? failed : mirror(end.last)
      return last.kind === 'code' && last.code === EXIT.ok ? failed : last
    }
    case 'unknown':
      return failed
  }
}

/** The status that a shell shows for an outcome. */
export function statusOf(outcome: Outcome): number {
  if (outcome.kind === 'code') return outcome.code
  const number = signalNumber(outcome.signal)
  return number === undefined ? EXIT.failure : 128 + number
}

/** Real-time signals count from here on Linux with glibc (signal(7)); Node does not name them. */
const SIGRTMIN = 34
const SIGRTMAX = 64
const UNNAMED_FROM = 32

/** The number of a signal by its name, as "SIGTERM" or "SIGRTMIN+2"; those that have none go by their numbers. */
function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  const known = (constants.signals as Record<string, number>)[name]
  if (known !== undefined) return known
  const realTime = /^SIGRT(MIN|MAX)(?:([+-]\d+))?$/.exec(name)
  if (realTime === null) return undefined
  const number = (realTime[1] === 'MIN' ? SIGRTMIN : SIGRTMAX) + Number(realTime[2] ?? 0)
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined
}

/**
 * Signals that end a process and leave no core file: those we may die of ourselves. Of the others (SIGSEGV, SIGQUIT, …) a
 * core of ndctl would lie about, telling of nothing; we exit with 128+n instead, which a shell shows the same.
 */
const dieable: ReadonlySet<string> = new Set(
  'HUP INT KILL USR1 USR2 PIPE ALRM TERM STKFLT VTALRM PROF IO POLL PWR'.split(' ').map((name) => `SIG${name}`),
)

/** Node has no names for the real-time signals and those that the C library keeps; they have their default effect, which is to end us. */
function isUnnamed(name: string): boolean {
  const number = signalNumber(name)
  return number !== undefined && number >= UNNAMED_FROM && number <= SIGRTMAX
}

/** What `leave` needs of this process; tests replace it. */
export interface Self {
  /** What Node does for the others at its exit, and not when a signal ends it. */
  restoreStdio(): void
  on(signal: string, listener: () => void): unknown
  removeAllListeners(signal: string): unknown
  kill(signal: string): void
  exit(code: number): never
}

const self: Self = {
  restoreStdio: restoreBlocking,
  on: (signal, listener) => process.on(signal, listener),
  removeAllListeners: (signal) => process.removeAllListeners(signal),
  kill: (signal) => void process.kill(process.pid, signalNumber(signal) ?? 0),
  exit: (code) => process.exit(code),
}

/** Ends ndctl so. Everything must have been written. */
export function leave(outcome: Outcome, me: Self = self): never {
  if (outcome.kind === 'signal' && (dieable.has(outcome.signal) || isUnnamed(outcome.signal))) {
    me.restoreStdio()
    if (outcome.signal !== 'SIGKILL' && !isUnnamed(outcome.signal)) {
      // Taking a handler away again is how Node gives a signal its default action back: SIGPIPE is ignored by Node itself,
      // SIGHUP under nohup, and so on.
      me.on(outcome.signal, () => {})
      me.removeAllListeners(outcome.signal)
    }
    me.kill(outcome.signal)
  }
  return me.exit(statusOf(outcome))
}
