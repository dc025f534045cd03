// Where the daemon listens, and where clients look for it, unless told otherwise: one rule for both sides.

import { lstatSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
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
  if (uid === 0) return join(ROOT_DIRECTORY, FILE)
  if (runtime?.startsWith('/')) return join(runtime, 'netdaemon', FILE)
  return join(sharedTmpDirectory(uid), FILE)
}

const ROOT_DIRECTORY = '/run/netdaemon'
const sharedTmpDirectory = (uid: number) => `/tmp/netdaemon-${uid}`

/** The file beside a socket that is locked for as long as its daemon runs, and holds the daemon's pid. */
export const lockFileOf = (socket: string) => `${socket}.lock`

/**
 * Makes the socket's directory if it is missing (mode 0700), and refuses one that {@link checkSocketDirectory} refuses.
 *
 * @throws NetdaemonError SYSTEM
 */
export function prepareSocketDirectory(path: string, uid?: number): void {
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
 * Refuses the directory of a default socket if somebody else owns it or may write to it: that person decides which daemon its users
 * talk to. A directory that does not exist is fine: so is its socket's absence. One that somebody named is that person's
 * choice.
 *
 * @throws NetdaemonError SYSTEM
 */
export function checkSocketDirectory(path: string, uid = process.getuid?.() ?? 0, env = process.env): void {
  const directory = dirname(resolve(path))
  const shared = sharedTmpDirectory(uid)
  const preferred = dirname(socketPath(undefined, { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR }, uid))
  if (directory !== shared && directory !== preferred) return
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return
  // In /tmp everybody knows its name: what it holds is nobody's business.
  const others = directory === shared ? 0o077 : 0o022
  if (found.isDirectory() && found.uid === uid && (found.mode & others) === 0) return
  const what = found.isDirectory() ? `owner ${found.uid}, mode ${(found.mode & 0o777).toString(8)}` : 'not a directory'
  throw new NetdaemonError(
    'SYSTEM',
    `"${directory}" is not a directory of yours alone (${what}); remove it, or give another socket with --socket`,
  )
}
