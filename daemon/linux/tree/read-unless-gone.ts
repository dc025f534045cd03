// Reading about one process in /proc, which may go at any moment.

/** Errors that say of one process that it is gone, or nobody's business. */
const notThere: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

/** What is read; undefined: the process is gone, or may not be looked at. */
export function readUnlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && notThere.has(error.code)) return undefined
    throw error
  }
}
