// Room for one more process, if need be at the cost of ended ones.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Retained, Retention } from './retention.ts'

/**
 * The ended process that must be forgotten for a new one, if there are as many as there may be.
 *
 * @throws NetdaemonError LIMIT
 */
export function surplusFor<T extends Retained>(
  { command }: Pick<ProcessSpec, 'command'>,
  { size, options }: { readonly size: number; readonly options: { readonly maxProcesses: number } },
  retention: Retention<T>,
): T | undefined {
  if (size < options.maxProcesses) return undefined
  const { first } = retention
  if (first !== undefined) return first
  const why = `the daemon has ${size} processes already; raise --max-processes`
  throw new NetdaemonError('LIMIT', `cannot start "${command}": ${why}`)
}

/** What is forgotten for a new process: this one first, and then those that ended first. */
export function* mayGo<T extends Retained>(first: T | undefined, retention: Retention<T>): Iterable<T> {
  if (first !== undefined) yield first
  for (const ended of retention.idle()) if (ended !== first) yield ended
}
