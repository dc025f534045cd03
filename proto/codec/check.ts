// Checks what came over the wire against the table, and says in a sentence what does not fit.

import * as v from 'valibot'
import { type ErrorCode, NetdaemonError } from '../errors.ts'

/** Stands for a body that no schema fits, since it cannot be read. */
export class UnreadableBody {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/**
 * The value as its schema makes it (defaults filled in, unknown keys dropped).
 *
 * @param what names the message in the error, as `START`
 * @throws NetdaemonError with the given code, which names the field that does not fit and how
 */
export function check<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
  code: ErrorCode = 'BAD_REQUEST',
): v.InferOutput<S> {
  if (value instanceof UnreadableBody) throw new NetdaemonError(code, `${what}: ${value.why}`)
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue)
  const where = path === null ? '' : `"${short(path)}": `
  throw new NetdaemonError(code, `${what}: ${where}${short(issue.message)}`)
}

/** Both may hold what the peer sent, and that may be megabytes: an error must fit into a packet. */
const SHOWN_MAX = 300
const short = (text: string) => (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`)
