// Reads the errno of an error that Node threw for a system call.

import type { Errno } from './errors.ts'

/** The errno by its name, as `ENOENT`; undefined if no system call failed. */
export function errnoOf(error: unknown): Errno | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

/** Whether Node was asked for the current directory, as for the meaning of a relative path, and that has been removed. */
export const isDirectoryGone = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd' && errnoOf(error) === 'ENOENT'
