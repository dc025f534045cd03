// Which failures following a process outlives, and what the others are called.

import { type ErrorCode, NetdaemonError } from '../../proto/errors.ts'
import type { ProcessSummary } from '../../proto/protocol.ts'

/** A daemon that is away, full or ending may be back later. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'DISCONNECTED',
  'NO_DAEMON',
  'TIMEOUT',
  'LIMIT',
  'NOT_READY',
  'SHUTTING_DOWN',
  'SYSTEM',
])
/** Two programs that do not understand each other will not the next time either. */
const lasting: ReadonlySet<ErrorCode> = new Set(['BAD_PACKET', 'WINDOW', 'VERSION'])

/** Whether trying again makes sense. */
export function mayReturn(error: unknown): error is NetdaemonError {
  if (!(error instanceof NetdaemonError) || !passing.has(error.code)) return false
  return !(error.cause instanceof NetdaemonError && lasting.has(error.cause.code))
}

/** NOT_FOUND in the words of somebody who has been following that process; any other error as it is. */
export function goneError(
  error: unknown,
  known: { readonly process: ProcessSummary; readonly instance: string },
  instance: string,
  offset: number | undefined,
): unknown {
  if (!(error instanceof NetdaemonError) || error.code !== 'NOT_FOUND') return error
  const { id } = known.process
  const why =
    known.instance === instance
      ? `"${id}" was removed while this client was away`
      : `the daemon was restarted while this client was away, and does not have "${id}" any more`
  const detail = { offset, instance }
  return new NetdaemonError('NOT_FOUND', `${why}; its output was read up to offset ${offset}`, { detail, cause: error })
}

/** The name now belongs to another process. */
export function otherProcessError(
  process: ProcessSummary,
  startedAt: number,
  offset: number | undefined,
): NetdaemonError {
  const [was, is] = [startedAt, process.startedAt].map((time) => new Date(time).toISOString())
  const why = `"${process.id}" is another process now, started ${is}; the one followed was started ${was}`
  return new NetdaemonError('NOT_FOUND', `${why}, and its output was read up to offset ${offset}`, {
    detail: { offset, startedAt: process.startedAt },
  })
}
