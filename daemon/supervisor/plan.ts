// What APPLY will do: compares what is there with what is to be, field by field. Pure.

import type { ProcessSpec } from '../../proto/protocol.ts'

/** A process that is there. */
export interface Existing {
  readonly id: string
  readonly spec: ProcessSpec
  /** Where it was applied from; null: it was started. */
  readonly source: string | null
  readonly enabled: boolean
  /** It runs, or is about to. */
  readonly isUp: boolean
  /** It has run to its end, and its policy wants no more. */
  readonly isAtEnd: boolean
}

export type Action = 'create' | 'start' | 'restart' | 'replace' | 'update' | 'none' | 'remove'

/** A field that is to be another. */
export interface Change {
  readonly field: string
  readonly from: unknown
  readonly to: unknown
}

export interface Step {
  readonly id: string
  readonly action: Action
  readonly changes: readonly Change[]
  /** undefined: it is removed. */
  readonly spec: ProcessSpec | undefined
}

/** Fields that hold for a process that runs already; a change of any other takes a new run. */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...['labels', 'title', 'restart', 'start', 'stop', 'reload', 'dependsOn', 'outputLimit', 'autoRemove'],
  ...['health', 'watch', 'logs', 'maxAge', 'maxAgeMs', 'maxMemory', 'schedule'],
])
/** What a process has for as long as it is there: another one takes another process. */
const FOR_LIFE: ReadonlySet<string> = new Set(['terminal', 'name'])

export interface Wish {
  readonly specs: readonly ProcessSpec[]
  readonly source: string
  readonly prune: boolean
}

/** One step for each spec, in their order, and then the removals. */
export function planOf(existing: readonly Existing[], { specs, source, prune }: Wish): Step[] {
  const byId = new Map(existing.map((one) => [one.id, one]))
  const names = new Set(specs.map(({ name }) => name))
  const steps = specs.map((spec): Step => {
    const id = spec.name ?? ''
    const found = byId.get(id)
    if (found === undefined) return { id, action: 'create', changes: [], spec }
    const changes = changesOf(found.spec, spec)
    return { id, action: actionFor(found, changes, source, prune), changes, spec }
  })
  if (!prune) return steps
  const gone = existing.filter((one) => one.source === source && !names.has(one.id))
  return [...steps, ...gone.map(({ id }): Step => ({ id, action: 'remove', changes: [], spec: undefined }))]
}

function actionFor(found: Existing, changes: readonly Change[], source: string, prune: boolean): Action {
  const fields = new Set(changes.map(({ field }) => field.split('.')[0] ?? ''))
  const takesRun = Array.from(fields).some((field) => !IN_PLACE.has(field))
  if (Array.from(fields).some((field) => FOR_LIFE.has(field))) return 'replace'
  if (found.isUp && takesRun) return 'restart'
  // What has done its work has something to do only if the work is another.
  const isNeeded = found.enabled && !found.isUp && (!found.isAtEnd || takesRun)
  if (isNeeded) return 'start'
  // It is the same wherever it was applied from; but who prunes must own it.
  const isTaken = found.source === null || (prune && found.source !== source)
  return changes.length > 0 || isTaken ? 'update' : 'none'
}

/** The fields that differ, by their paths. Lists are compared as wholes: `args` is one field. */
export function changesOf(from: unknown, to: unknown, path: readonly string[] = []): Change[] {
  if (isMap(from) && isMap(to)) {
    const keys = Array.from(new Set([...Object.keys(from), ...Object.keys(to)])).sort()
    return keys.flatMap((key) => changesOf(from[key], to[key], [...path, key]))
  }
  return isSame(from, to) ? [] : [{ field: path.join('.'), from, to }]
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((each, index) => changesOf(each, other[index]).length === 0)
}
