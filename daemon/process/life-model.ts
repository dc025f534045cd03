// The words in which a process's life is told: its states, what can happen to it, what is to be done. lifecycle.ts says how
// they follow from each other, and walks through them.

import type { RestartPolicy, RunEnd } from './restart-policy.ts'

export type Wanted = 'up' | 'down'

/** Why a process is being stopped. `ended`: its main process has ended by itself, and what is left of its tree goes too. */
export type StopReason =
  | 'requested'
  | 'restart'
  | 'changed'
  | 'ended'
  | 'not ready'
  | 'unhealthy'
  | 'output'
  | 'age'
  | 'memory'
  | 'dependency'

export type State =
  | { readonly kind: 'stopped'; readonly since: number; readonly last?: LastEnd }
  | {
      readonly kind: 'waiting'
      readonly since: number
      readonly until: number | null
      readonly unmet: readonly string[]
    }
  | {
      readonly kind: 'starting'
      readonly run: number
      readonly pid: number | null
      readonly since: number
      readonly readyBy: number
    }
  | {
      readonly kind: 'running'
      readonly run: number
      readonly pid: number
      readonly since: number
      /** When it became ready. */
      readonly ready: number
      readonly health: Health
      /** When earlier failures are made up for; null: there are none. */
      readonly forgiveAt: number | null
    }
  | {
      readonly kind: 'stopping'
      readonly run: number
      /** null: its main process has ended. */
      readonly pid: number | null
      readonly since: number
      readonly why: StopReason
      /** Which of the stop steps is under way; one past the last of them is SIGKILL to the tree. */
      readonly step: number
      /** null: SIGKILL has been sent, and what is left is looked for. */
      readonly stepEndsAt: number | null
      /** SIGKILL comes no later than this, whatever the steps say; null: as they say. */
      readonly killBy: number | null
      /** How its main process ended, if it has. */
      readonly end: RunEnd | undefined
    }
  | { readonly kind: 'backoff'; readonly until: number; readonly failures: number; readonly last: LastEnd | undefined }
  | { readonly kind: 'exited' | 'killed'; readonly last: LastEnd }
  | {
      readonly kind: 'failed'
      readonly at: number
      readonly why: string
      readonly last?: LastEnd
      /** The run of which something is left that SIGKILL did not end: the next one waits for it. */
      readonly left?: number
    }

export type Health = 'unknown' | 'up' | 'down'

/** How and when a run ended, and which. */
export interface LastEnd {
  readonly run: number
  readonly end: RunEnd
  readonly at: number
}

export interface Model {
  readonly wanted: Wanted
  readonly state: State
  /** Runs so far. */
  readonly runs: number
  /** Failures one after the other. */
  readonly failures: number
  /** When the policy started it, the newest last, as far back as its limit looks. */
  readonly automaticStarts: readonly number[]
  /** Dependencies that are not as they must be for a run to begin. */
  readonly unmet: readonly string[]
  readonly last: LastEnd | undefined
}

/** What `next` must know of the spec. Times are in milliseconds. */
export interface LifeSpec {
  readonly restart: RestartPolicy
  /** How long `starting` may take. */
  readonly startTimeoutMs: number
  /** Whether it says, or is asked, when it is ready; else it is ready when it runs. */
  readonly awaitsReadiness: boolean
  /** Ready this long after the program was executed, without being asked. */
  readonly readyAfterMs?: number | undefined
  /** How long each stop step lasts, at most. SIGKILL to the tree comes after the last. */
  readonly stopWaitsMs: readonly number[]
  /** Whether what outlives the main process is ended; false: a plain program, whose descendants are its own matter. */
  readonly endsTree: boolean
  /** The next time of its schedule after `now`; absent: it has none. */
  readonly nextTime?: ((now: number) => number | undefined) | undefined
  /** What was found to be wrong with the newest run, for people; undefined: nothing in particular. */
  readonly problem?: (() => string | undefined) | undefined
  /** From 0 up to 1, for the jitter of pauses. */
  readonly chance: () => number
}

export type Stimulus =
  /** A request to be up. `left`: it does not run, and yet something of its last run lives. */
  | { readonly kind: 'wanted'; readonly left: boolean }
  /** A request to be down. `left` as above; `killBy`: SIGKILL no later than this, null: as the stop steps say. */
  | { readonly kind: 'unwanted'; readonly left: boolean; readonly killBy: number | null }
  /** A new run instead of this one. `left` as above. */
  | { readonly kind: 'again'; readonly why: StopReason; readonly left: boolean }
  /** Its dependencies have changed: these are missing. `lost`: one that it cannot live without. */
  | { readonly kind: 'dependencies'; readonly unmet: readonly string[]; readonly lost: boolean }
  | { readonly kind: 'spawned'; readonly pid: number }
  | { readonly kind: 'spawn failed'; readonly error: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'health'; readonly health: Health }
  /** The main process has told that another of its tree is that now. */
  | { readonly kind: 'main process'; readonly pid: number }
  /** More time for what it is doing. */
  | { readonly kind: 'extended'; readonly until: number }
  | { readonly kind: 'ended'; readonly end: RunEnd }
  | { readonly kind: 'tree gone' }
  /** SIGKILL did not help; a sentence that names what is left. */
  | { readonly kind: 'survivors'; readonly sentence: string }
  /** The deadline may have passed. */
  | { readonly kind: 'due' }

/** What is to be done, in this order. */
export type Effect =
  /** Begin this run. `spawned` or `spawn failed` follows. */
  | { readonly kind: 'execute'; readonly run: number }
  /** Carry out this stop step. `tree gone` follows when it helped. */
  | { readonly kind: 'stop step'; readonly step: number }
  /** SIGKILL to the tree. */
  | { readonly kind: 'kill' }
  /** Look for what SIGKILL has left. `tree gone` or `survivors` follows. */
  | { readonly kind: 'look for survivors' }

export interface Step {
  readonly model: Model
  readonly effects: readonly Effect[]
}

/** A process that is not wanted yet. */
export function initialModel(now: number): Model {
  return {
    wanted: 'down',
    state: { kind: 'stopped', since: now },
    runs: 0,
    failures: 0,
    automaticStarts: [],
    unmet: [],
    last: undefined,
  }
}

/** When `due` must be told, in milliseconds since 1970; undefined: never. */
export function deadline({ state }: Model): number | undefined {
  switch (state.kind) {
    case 'waiting':
    case 'backoff':
      return state.until ?? undefined
    case 'starting':
      return state.readyBy
    case 'running':
      return state.forgiveAt ?? undefined
    case 'stopping':
      return state.stepEndsAt ?? undefined
    default:
      return undefined
  }
}
