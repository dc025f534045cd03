// Whether a daemon of a socket runs, although nobody answers there: it holds the lock beside the socket, also when the socket's
// file has been removed.

import { closeSync, constants, openSync, readSync } from 'node:fs'
import { lockFileOf } from '../default-socket.ts'
import { realSocketCalls, type SocketCalls } from './socket-calls.ts'

/** Nothing that somebody may have planted there is followed, or waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

export interface LockHolder {
  /** As it says itself; undefined if its file does not tell. */
  readonly pid: number | undefined
}

/** The daemon that holds the lock of a socket. Undefined if none does, or if that is not for us to see. */
export function lockHolder(socket: string, calls: SocketCalls = realSocketCalls()): LockHolder | undefined {
  let fd: number
  try {
    fd = openSync(lockFileOf(socket), FLAGS)
  } catch {
    // ENOENT: none runs. EACCES: another user's. ELOOP and the like: not a daemon's.
    return undefined
  }
  try {
    return calls.isLocked(fd) === 1 ? { pid: pidIn(fd) } : undefined
  } finally {
    closeSync(fd)
  }
}

function pidIn(fd: number): number | undefined {
  const text = Buffer.alloc(32)
  const length = readSync(fd, text, 0, text.length, 0)
  const digits = /^([1-9]\d*)\n/.exec(text.toString('latin1', 0, length))?.[1]
  return digits === undefined ? undefined : Number(digits)
}
