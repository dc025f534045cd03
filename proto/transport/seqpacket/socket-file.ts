// The path of a socket: its length, why connecting to it failed, and removing the file that a dead daemon left.

import { lstatSync, type Stats, statSync, unlinkSync } from 'node:fs'
import { type ErrorCode, NetdaemonError } from '../../errors.ts'
import { errnoName, systemError } from '../system-error.ts'
import { realSocketCalls, SOCKET_PATH_MAX, type SocketCalls } from './socket-calls.ts'

/**
 * Refuses a path that the kernel would not take.
 *
 * @throws {NetdaemonError} of the given code, with errno ENAMETOOLONG or EINVAL.
 */
export function checkPathLength(path: string, code: ErrorCode): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > SOCKET_PATH_MAX) {
    const message = `the socket path ${path} is ${bytes} bytes long, and at most ${SOCKET_PATH_MAX} are possible: choose a shorter one`
    throw new NetdaemonError(code, message, { errno: 'ENAMETOOLONG' })
  }
  if (bytes === 0 || path.includes('\0')) {
    throw new NetdaemonError(code, `"${path}" cannot be the path of a socket`, { errno: 'EINVAL' })
  }
}

/** Says for a person why a connect failed, and what to do. NO_DAEMON, with the errno. */
export function connectError(path: string, negativeErrno: number): NetdaemonError {
  const errno = errnoName(negativeErrno)
  return new NetdaemonError('NO_DAEMON', `cannot connect to ${path}: ${explain(path, errno)}`, {
    errno,
    detail: { path },
  })
}

function explain(path: string, errno: string): string {
  const stats = statOf(path)
  switch (errno) {
    case 'ENOENT':
      return 'there is no such socket. Start a daemon with "ndctl daemon start", or name the socket of one that runs'
    case 'ECONNREFUSED':
      if (stats !== undefined && !stats.isSocket()) return 'it is not a socket. Name the socket of a daemon'
      return 'no daemon listens on it. Start one with "ndctl daemon start"'
    case 'EACCES':
      return `permission denied${owner(stats)}. Connect as that user, or as root`
    case 'EPROTOTYPE':
      return 'it is a socket of another kind, so another program listens there. Name the socket of a daemon'
    default:
      return errno
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    // Not there, or not for us to see: the message says less.
    return undefined
  }
}

function owner(stats: Stats | undefined): string {
  return stats === undefined ? '' : ` (it belongs to user ${stats.uid})`
}

/**
 * Removes the socket file of a daemon that has ended. Call it while holding the daemon's lock, just before listening.
 * A path where nothing is, is fine.
 *
 * @throws {NetdaemonError} SYSTEM: with EADDRINUSE when something listens there, ENOTSOCK when it is not a socket, or
 * the errno of the call that failed. Nothing is removed then.
 */
export function removeStaleSocket(path: string, calls: SocketCalls = realSocketCalls()): void {
  checkPathLength(path, 'SYSTEM')
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isSocket())
    throw refuse(path, 'ENOTSOCK', 'it exists and is not a socket. Choose another path, or remove it')
  const result = probe(path, calls)
  const errno = result < 0 ? errnoName(result) : undefined
  if (errno === 'ECONNREFUSED') unlinkSync(path)
  else if (errno === undefined || errno === 'EAGAIN') {
    throw refuse(path, 'EADDRINUSE', 'another daemon listens there. Use that one, or choose another path')
  } else if (errno === 'EPROTOTYPE') throw refuse(path, errno, 'another program has a socket of another kind there')
  else if (errno !== 'ENOENT') throw refuse(path, errno, errno)
}

/** Tries to connect: 0, or -errno. Leaves nothing open. */
function probe(path: string, calls: SocketCalls): number {
  const fd = calls.socket()
  if (fd < 0) throw systemError('make a socket', fd)
  try {
    return calls.connect(fd, path)
  } finally {
    calls.close(fd)
  }
}

function refuse(path: string, errno: string, why: string): NetdaemonError {
  return new NetdaemonError('SYSTEM', `cannot listen on ${path}: ${why}`, { errno, detail: { path } })
}
