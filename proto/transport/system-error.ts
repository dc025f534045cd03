// Turns the negative errno of a system call into the error that is shown.

import { getSystemErrorName } from 'node:util'
import { NetdaemonError } from '../errors.ts'

/** The name of an errno given as a negative number, as `ENOENT`. */
export function errnoName(negativeErrno: number): string {
  return getSystemErrorName(negativeErrno)
}

/** SYSTEM: "cannot `what`: ECODE". */
export function systemError(what: string, negativeErrno: number): NetdaemonError {
  const errno = errnoName(negativeErrno)
  return new NetdaemonError('SYSTEM', `cannot ${what}: ${errno}`, { errno })
}
