// Finding a process again over another connection, perhaps to another run of the daemon: the same process or none, and never
// another process that has its name by then.

import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessDetail, ProcessSummary } from '../../proto/protocol.ts'
import type { Client } from '../client.ts'

/** A process as a client last knew it. */
export interface KnownProcess {
  readonly process: ProcessSummary
  /** The run of the daemon that had it (`client.daemon.instance`). */
  readonly instance: string
  /** How far its output was read; for the error. */
  readonly offset?: number | undefined
}

/**
 * Finds a process again after the connection was lost.
 *
 * @param client a connection that is new since then
 * @returns the process as it is; its handle may be another one
 * @throws NetdaemonError NOT_FOUND, with the `offset` and the daemon's `instance` in its detail: the process was removed, the
 * daemon was restarted without it, or its name belongs to another process
 */
export async function findAgain(
  client: Client,
  known: KnownProcess,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ProcessDetail> {
  const { instance } = client.daemon
  // Within one run of the daemon, only the handle is sure to mean it.
  const name = known.instance === instance ? known.process.handle : known.process.id
  const found = await client.show(name, options).catch((error: unknown) => {
    throw lostError(error, known, instance)
  })
  checkSame(found, known.process.startedAt, { offset: known.offset, instance })
  return found
}

/** What `attach` fails with if the process goes away between it and {@link findAgain}; other errors stay as they are. */
export function lostError(error: unknown, known: KnownProcess, instance: string): unknown {
  if (!(error instanceof NetdaemonError) || error.code !== 'NOT_FOUND') return error
  const { id } = known.process
  const why =
    known.instance === instance
      ? `"${id}" was removed while this client was away`
      : `the daemon was restarted while this client was away, and does not have "${id}"`
  const detail = { offset: known.offset, instance }
  return new NetdaemonError('NOT_FOUND', `${why}${readUpTo(known.offset)}`, { detail, cause: error })
}

/** @throws NetdaemonError NOT_FOUND if the process was not started at that time: then it is another one of the same name */
export function checkSame(
  found: ProcessSummary,
  startedAt: number,
  { offset, instance }: { readonly offset: number | undefined; readonly instance: string },
): void {
  if (found.startedAt === startedAt) return
  const [then, now] = [startedAt, found.startedAt].map((time) => new Date(time).toISOString())
  const why = `"${found.id}" is another process, started ${now}; the one that this client followed was started ${then}`
  const detail = { offset, instance, startedAt: found.startedAt }
  throw new NetdaemonError('NOT_FOUND', `${why}${readUpTo(offset)}`, { detail })
}

const readUpTo = (offset: number | undefined) =>
  offset === undefined ? '' : `; its output was read up to offset ${offset}`
