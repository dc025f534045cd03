// What a process needs, and what needs it, as a tree of rows: first what it needs, then itself, then what needs it. Pure.

import { isEnded, isLive, type ProcessState, type ProcessSummary } from '../protocol-types.ts'
import type { Declared, Handle, Need, UiState } from './state.ts'

type Known = Pick<UiState, 'processes' | 'declared'>

export interface DependencyRow {
  readonly kind: 'needs' | 'itself' | 'needed by'
  /** The lines of the tree before the name. */
  readonly branches: string
  readonly name: string
  /** Undefined: there is no such process. */
  readonly process: ProcessSummary | undefined
  /** What must be so of the one that is needed, and whether it is. */
  readonly need: (Need & { readonly met: boolean }) | undefined
  /** What is below it stands further up already. */
  readonly repeated: boolean
}

/** Rows of one tree; who needs so many others looks at one of them next. */
const ROWS_MAX = 500

export function dependencyRows(state: Known, root: Handle): DependencyRow[] {
  const process = state.processes.get(root)
  if (process === undefined) return []
  const byName = new Map(
    [...state.processes.values()].flatMap((each) => (each.name === undefined ? [] : [[each.name, each] as const])),
  )
  const below = (each: ProcessSummary): Branch[] =>
    needsOf(state.declared, each.handle).map((need) => {
      const other = byName.get(need.name)
      return { name: need.name, process: other, need: { ...need, met: isMetFor(each, need, other) } }
    })
  const dependents = dependentsByName(state)
  const above = (each: ProcessSummary): Branch[] =>
    (dependents.get(each.name ?? '') ?? []).map(({ process: other, need }) => ({
      name: other.id,
      process: other,
      need: { ...need, met: isMetFor(other, need, each) },
    }))
  const itself = { kind: 'itself', branches: '', name: process.id, process, need: undefined, repeated: false } as const
  return [...tree('needs', process, below), itself, ...tree('needed by', process, above)]
}

/** The row so far below the process itself, or above it. */
export const chosenRow = (rows: readonly DependencyRow[], offset: number): DependencyRow | undefined =>
  rows[placeOf(rows) + offset]

/** How far the rows go above the process itself, and below it. */
export const offsetsIn = (rows: readonly DependencyRow[]) => ({
  first: -placeOf(rows),
  last: rows.length - 1 - placeOf(rows),
})

/** Where the process itself is. */
export const placeOf = (rows: readonly DependencyRow[]): number => rows.findIndex(({ kind }) => kind === 'itself')

interface Branch {
  readonly name: string
  readonly process: ProcessSummary | undefined
  readonly need: Need & { readonly met: boolean }
}

/** The rows below a process, which is not among them. */
function tree(
  kind: 'needs' | 'needed by',
  root: ProcessSummary,
  branchesOf: (each: ProcessSummary) => Branch[],
): DependencyRow[] {
  const rows: DependencyRow[] = []
  const seen = new Set<Handle>()
  const walk = (process: ProcessSummary, indent: string): void => {
    const branches = branchesOf(process)
    for (const [at, branch] of branches.entries()) {
      if (rows.length >= ROWS_MAX) return
      const isLast = at === branches.length - 1
      const { handle } = branch.process ?? {}
      const repeated = handle !== undefined && seen.has(handle) && branchesOf(branch.process ?? process).length > 0
      rows.push({ kind, branches: `${indent}${isLast ? '└─ ' : '├─ '}`, repeated, ...branch })
      if (branch.process === undefined || handle === undefined || seen.has(handle)) continue
      seen.add(handle)
      walk(branch.process, `${indent}${isLast ? '   ' : '│  '}`)
    }
  }
  walk(root, '')
  return rows
}

export const needsOf = (declared: ReadonlyMap<Handle, Declared>, handle: Handle): readonly Need[] =>
  declared.get(handle)?.needs ?? []

/** Who needs each name. */
function dependentsByName({ processes, declared }: Known): Map<string, { process: ProcessSummary; need: Need }[]> {
  const found = new Map<string, { process: ProcessSummary; need: Need }[]>()
  for (const [handle, { needs }] of declared) {
    const process = processes.get(handle)
    if (process === undefined) continue
    for (const need of needs) {
      const dependents = found.get(need.name) ?? []
      dependents.push({ process, need })
      found.set(need.name, dependents)
    }
  }
  return found
}

/** Whether what a process needs is as it must be. One that waits knows it from the daemon. */
export function isMetFor(
  { state }: ProcessSummary,
  { name, condition }: Need,
  other: ProcessSummary | undefined,
): boolean {
  if (state.kind === 'waiting' && state.until === null) return !state.unmet.includes(name)
  return isMet(condition, other?.state)
}

function isMet(condition: string, state: ProcessState | undefined): boolean {
  switch (condition) {
    case 'started':
      return state !== undefined && isLive(state) && state.kind !== 'stopping' && state.pid !== null
    case 'ready':
      return state?.kind === 'running'
    case 'healthy':
      return state?.kind === 'running' && state.health === 'up'
    case 'exited':
      return state !== undefined && isEnded(state) && state.kind === 'exited' && state.code === 0
    default:
      return false
  }
}
