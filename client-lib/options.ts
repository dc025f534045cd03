// The options of the client's methods, and their names, by which a misspelt one is noticed.

import type { OptionNames } from './link/known-keys.ts'

/** Lets a call be given up. */
export interface CallOptions {
  /** Aborting it rejects the promise with the signal's reason at once. What the daemon was asked to do may be done. */
  readonly signal?: AbortSignal | undefined
}

/** Settings of `start` and `startAttached`. */
export interface StartOptions extends CallOptions {
  /** Remove an ended process that has the name, instead of failing with NAME_TAKEN. */
  readonly replace?: boolean | undefined
}

/** Settings of `usage`. */
export interface UsageOptions extends CallOptions {
  /** Only processes with these handles. Absent: all. */
  readonly processes?: readonly number[] | undefined
}

/** Settings of `show`. */
export interface ShowOptions extends CallOptions {
  /** Ask for its environment too, which may hold secrets. */
  readonly env?: boolean | undefined
}

/** Settings of `kill`. */
export interface KillOptions extends CallOptions {
  /** `group` (the default): the process and all in its process group; `process`: it alone; `tree`: it and all its descendants. */
  readonly scope?: 'tree' | 'group' | 'process' | undefined
}

/** Settings of `wait`. */
export interface WaitOptions extends CallOptions {
  /** How long to wait, in milliseconds; then it fails with TIMEOUT. Absent: without limit. */
  readonly timeoutMs?: number | undefined
}

/** Settings of `up` and `restart`. */
export interface UpOptions extends CallOptions {
  /** False: resolve at once, with the state as it is then. */
  readonly wait?: boolean | undefined
  /** How long to wait, in milliseconds; then it fails with TIMEOUT, and what was asked for goes on. Absent: without limit. */
  readonly timeoutMs?: number | undefined
}

/** Settings of `stop`. */
export interface StopOptions extends UpOptions {
  /** SIGKILL no later than after so many milliseconds. Absent: as its stop steps say. */
  readonly killAfterMs?: number | undefined
}

/** Settings of `apply`. */
export interface ApplyOptions extends CallOptions {
  /** Where the specs come from, as the path of a file. */
  readonly source?: string | undefined
  /** Remove what was applied from the same source, and is not among the specs. */
  readonly prune?: boolean | undefined
  /** Only tell what would be done. */
  readonly dryRun?: boolean | undefined
  /** False: resolve as soon as everything has been asked for. */
  readonly wait?: boolean | undefined
}

/** Settings of `remove`. */
export interface RemoveOptions extends CallOptions {
  /** Kill it first, with SIGKILL, if it runs. */
  readonly force?: boolean | undefined
}

/** Settings of `shutdown`. */
export interface ShutdownOptions extends CallOptions {
  /** Let the processes run on, except those on a terminal. */
  readonly leave?: boolean | undefined
  /** How long processes have to end after SIGTERM, in milliseconds, before SIGKILL. Absent: the daemon's own setting. */
  readonly timeoutMs?: number | undefined
}

/** Where `events` begins, and what ends it. */
export interface EventsOptions extends CallOptions {
  /**
   * The last event that you have seen: its `seq`, and the run of the daemon that sent it (`client.daemon.instance`).
   * Absent: from now on.
   */
  readonly since?: { readonly instance: string; readonly seq: number } | undefined
}

const signal = { signal: true } as const

/** The options that each method takes. */
export const optionNames = {
  call: signal,
  start: { replace: true, ...signal },
  usage: { processes: true, ...signal },
  show: { env: true, ...signal },
  kill: { scope: true, ...signal },
  wait: { timeoutMs: true, ...signal },
  up: { wait: true, timeoutMs: true, ...signal },
  stop: { wait: true, timeoutMs: true, killAfterMs: true, ...signal },
  remove: { force: true, ...signal },
  apply: { source: true, prune: true, dryRun: true, wait: true, ...signal },
  shutdown: { leave: true, timeoutMs: true, ...signal },
  events: { since: true, ...signal },
} as const satisfies {
  call: OptionNames<CallOptions>
  start: OptionNames<StartOptions>
  usage: OptionNames<UsageOptions>
  show: OptionNames<ShowOptions>
  kill: OptionNames<KillOptions>
  wait: OptionNames<WaitOptions>
  up: OptionNames<UpOptions>
  stop: OptionNames<StopOptions>
  remove: OptionNames<RemoveOptions>
  apply: OptionNames<ApplyOptions>
  shutdown: OptionNames<ShutdownOptions>
  events: OptionNames<EventsOptions>
}
