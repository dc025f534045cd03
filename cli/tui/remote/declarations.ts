// What the specs of processes declare, as far as the UI shows it. A spec holds secrets: nothing else of it is kept.

import type { Client, ProcessSummary } from '../protocol-types.ts'
import type { Declared, Handle } from '../store/state.ts'
import { isError } from './console-session.ts'

/** Requests that wait at once. */
const BATCH = 50

/** Asks for them; those of processes that have gone meanwhile are missing. */
export async function declarationsOf(
  client: Client,
  handles: readonly Handle[],
): Promise<ReadonlyMap<Handle, Declared>> {
  const found = new Map<Handle, Declared>()
  for (let at = 0; at < handles.length; at += BATCH) {
    const batch = handles.slice(at, at + BATCH)
    const answers = await Promise.all(batch.map((handle) => declarationOf(client, handle)))
    for (const [index, declared] of answers.entries()) {
      const handle = batch[index]
      if (declared !== undefined && handle !== undefined) found.set(handle, declared)
    }
  }
  return found
}

async function declarationOf(client: Client, handle: Handle): Promise<Declared | undefined> {
  try {
    const { spec, source, enabled } = await client.export(handle)
    const needs = Object.entries(spec.dependsOn ?? {}).map(([name, { condition, bindTo }]) => ({
      name,
      condition,
      binds: bindTo,
    }))
    return { needs, source: source ?? undefined, enabled }
  } catch (error) {
    if (!isError(error)) throw error
    return undefined
  }
}

/** Those that may need others, or be needed: both go by names. */
export const declaring = (processes: Iterable<ProcessSummary>): Handle[] =>
  [...processes].filter(({ name }) => name !== undefined).map(({ handle }) => handle)
