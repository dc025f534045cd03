// Where the daemon listens and clients look when nobody says: one rule for both sides.

import { lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../errno.ts'
import { NetdaemonError } from '../errors.ts'

const FILE = 'netdaemon.sock'

/**
 * The socket's path: `flag`, else `$NETDAEMON_SOCKET`, else for root `/run/netdaemon/netdaemon.sock`, else under
 * `$XDG_RUNTIME_DIR`, else in a directory of the user's own under `/tmp`.
 */
export function socketPath(flag?: string, env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.() ?? 0): string {
  if (flag !== undefined && flag !== '') return flag
  const { NETDAEMON_SOCKET: named, XDG_RUNTIME_DIR: runtime } = env
  if (named !== undefined && named !== '') return named
  if (uid === 0) return join('/run/netdaemon', FILE)
  if (runtime?.startsWith('/')) return join(runtime, 'netdaemon', FILE)
  return join(sharedTmpDirectory(uid), FILE)
}

const sharedTmpDirectory = (uid: number) => `/tmp/netdaemon-${uid}`

/**
 * Makes the socket's directory if it is missing (mode 0700), and refuses one under /tmp that somebody else made: whoever
 * owns the directory decides which daemon its users talk to.
 *
 * @throws NetdaemonError SYSTEM
 */
export function prepareSocketDirectory(path: string, uid = process.getuid?.() ?? 0): void {
  const directory = dirname(path)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const errno = errnoOf(cause)
    throw new NetdaemonError(
      'SYSTEM',
      `cannot make the directory "${directory}" for the socket (${errno}); give another with --socket`,
      {
        errno,
        cause,
      },
    )
  }
  checkSocketDirectory(path, uid)
}

/**
 * Refuses the default directory under /tmp if it is not this user's alone. A directory that does not exist is fine: so is
 * its socket's absence.
 *
 * @throws NetdaemonError SYSTEM
 */
export function checkSocketDirectory(path: string, uid = process.getuid?.() ?? 0): void {
  const directory = dirname(path)
  if (directory !== sharedTmpDirectory(uid)) return
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new NetdaemonError(
      'SYSTEM',
      `"${directory}" is not a directory of yours alone (owner ${found.uid}, mode ${(found.mode & 0o777).toString(8)}); remove it, or give another socket with --socket`,
    )
  }
}
