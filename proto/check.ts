// Checks what came over the wire against the table, and says in a sentence what does not fit.

import * as v from 'valibot'
import { type ErrorCode, NetdaemonError } from './errors.ts'

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
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue)
  throw new NetdaemonError(code, `${what}: ${path === null ? '' : `"${path}": `}${issue.message}`)
}
