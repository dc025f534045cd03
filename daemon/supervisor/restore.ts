// Processes that an earlier daemon has kept: they are there again, with their id, their history and what is wanted of them. What is left
// of their last run is ended, and those that are to run are started.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Model } from '../process/life-model.ts'
import { stopSteps } from '../process/life-spec.ts'
import type { Past } from '../process/past.ts'
import type { Process } from '../process/process.ts'
import type { KeptEnd, KeptProcess } from '../state/kept-process.ts'
import type { Earlier } from './earlier-runs.ts'
import type { KeptProcesses } from './kept-processes.ts'
import type { ProcessTable } from './process-table.ts'

export interface RestorePorts {
  readonly table: Pick<ProcessTable, 'create'>
  readonly kept: Pick<KeptProcesses, 'restored'>
  readonly now: () => number
  readonly onThere: (one: KeptProcess) => void
  readonly onFailed: (one: KeptProcess, error: NetdaemonError) => void
}

/** Makes them again. Answers those that are to be started. */
export function restore(all: readonly KeptProcess[], ports: RestorePorts): Process[] {
  const toStart: Process[] = []
  for (const one of all) {
    const process = restoreOne(one, ports)
    if (process === undefined) continue
    if (one.wanted === 'up' && one.enabled && !staysAtEnd(one)) toStart.push(process)
  }
  return toStart
}

function restoreOne(one: KeptProcess, { table, kept, now, onThere, onFailed }: RestorePorts): Process | undefined {
  try {
    const process = table.create(one.spec, one, pastOf(one, now()))
    kept.restored(process, one)
    onThere(one)
    return process
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    onFailed(one, error)
    return undefined
  }
}

/** What may be left of their last runs, and how long it gets to end. */
export function earlierRuns(all: readonly KeptProcess[]): Map<string, Earlier> {
  return new Map(
    all.map(({ id, key, run, spec }) => {
      const waitMs = stopSteps(spec).reduce((sum, step) => sum + step.waitMs, 0)
      return [id, { key, main: run, waitMs }]
    }),
  )
}

/** It has run to its end. What was applied is to run with each daemon; what somebody started was to run once. */
function staysAtEnd({ atEnd, source }: KeptProcess): boolean {
  return atEnd && source === null
}

function pastOf(one: KeptProcess, now: number): Past {
  const { runs, failures, failed, ends, startedAt } = one
  const newest = ends.findLast(({ run }) => run === runs)
  const last = newest === undefined ? undefined : lastOf(newest)
  const at = newest?.at ?? now
  const withLast = last === undefined ? {} : { last }
  const model: Model = {
    wanted: 'down',
    state: { kind: 'stopped', since: at, ...withLast },
    runs,
    failures,
    automaticStarts: [],
    unmet: [],
    last,
  }
  const past = { ends, startedAt }
  if (failed !== null) return { ...past, model: { ...model, state: { kind: 'failed', at, why: failed, ...withLast } } }
  if (staysAtEnd(one) && (last?.end.kind === 'exited' || last?.end.kind === 'killed')) {
    return { ...past, model: { ...model, wanted: 'up', state: { kind: last.end.kind, last } } }
  }
  return { ...past, model }
}

function lastOf(end: KeptEnd): Model['last'] {
  const { run, at } = end
  switch (end.kind) {
    case 'exited':
      return { run, at, end: { kind: 'exited', code: end.code } }
    case 'killed':
      return { run, at, end: { kind: 'killed', signal: end.signal, coreDumped: end.coreDumped } }
    case 'not started':
      return { run, at, end: { kind: 'not started', error: end.error } }
    default:
      return undefined
  }
}
