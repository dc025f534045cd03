// One daemon for each socket: a lock file that only one process can hold. Invariants: the lock dies with its holder,
// even by SIGKILL, and is never inherited; its holder holds the file that the path names. The pid inside is for people;
// only the kernel's lock decides.

import { fstatSync, ftruncateSync, readSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { NetdaemonError } from '../../proto/errors.ts'
import { errnoName, errnos, type Kernel, O_CLOEXEC, O_CREAT, O_RDWR } from './kernel.ts'
import { OWN_FILE, whyNotOwn } from './own-file.ts'

/** The right to be the only one. Losing the object does not release it; the end of the process does. */
export interface Lock {
  /**
   * Takes it anew if its file is not at its path any more: whoever came then would make another one, and lock that. False if
   * it was in its place.
   *
   * @throws NetdaemonError as `acquireLock`: LIMIT when another process has the new one. This lock is as before then.
   */
  renew(): boolean
  /** Removes the file and lets go. Idempotent. */
  release(): void
}

/** A predecessor that removes its file makes us try again; more often than this, something else is wrong. */
const MAX_ATTEMPTS = 100

/**
 * Takes the lock, without waiting, and writes the pid of this process into the file.
 *
 * The lock is one of the open file description (F_OFD_SETLK, fcntl(2)): it lives exactly as long as this fd.
 *
 * @param owned what the lock stands for, as the error names it: the path of the socket.
 * @throws NetdaemonError LIMIT when another process holds it (`detail.pid`), SYSTEM when the file can't be used.
 */
export function acquireLock(kernel: Kernel, path: string, owned: string = path): Lock {
  return heldLock(kernel, take(kernel, path, owned), path, owned)
}

/** The fd that holds the lock of the file that the path names. */
function take(kernel: Kernel, path: string, owned: string): number {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const fd = kernel.open(path, O_RDWR | O_CREAT | O_CLOEXEC | OWN_FILE, 0o600)
    if (fd === -errnos.ELOOP)
      throw new NetdaemonError('SYSTEM', planted(path, 'it is a symbolic link'), { errno: 'ELOOP' })
    if (fd < 0) throw lockFailure('open', path, fd)
    let kept = false
    try {
      const wrong = whyNotOwn(fd)
      if (wrong !== undefined) throw new NetdaemonError('SYSTEM', planted(path, wrong))
      const locked = kernel.lockFile(fd)
      if (locked === -errnos.EAGAIN || locked === -errnos.EACCES) throw conflict(fd, owned)
      if (locked < 0) throw lockFailure('lock', path, locked)
      // A predecessor may have removed the file between our open and our lock. Then another one can be there by now,
      // and locked.
      if (!isNamedBy(fd, path)) continue
      writePid(fd)
      kept = true
      return fd
    } finally {
      if (!kept) kernel.close(fd)
    }
  }
  throw new NetdaemonError('SYSTEM', `cannot lock ${path}: something removes it as soon as it is made`)
}

function heldLock(kernel: Kernel, firstFd: number, path: string, owned: string): Lock {
  let fd = firstFd
  let held = true
  return {
    renew() {
      if (!held || isNamedBy(fd, path)) return false
      const renewed = take(kernel, path, owned)
      kernel.close(fd)
      fd = renewed
      return true
    },
    release() {
      if (!held) return
      held = false
      try {
        // Removed before it is unlocked: a daemon that has opened this file meanwhile finds it gone, and tries again.
        if (isNamedBy(fd, path)) unlinkSync(path)
      } catch {
        // EROFS, EACCES, ELOOP: the directory is not what it was. A file that stays is in nobody's way.
      }
      kernel.close(fd)
    },
  }
}

function writePid(fd: number): void {
  try {
    ftruncateSync(fd)
    writeSync(fd, `${process.pid}\n`, 0)
  } catch {
    // ENOSPC, EDQUOT, EFBIG, EIO: the lock holds without it, and a full disk must not keep a daemon from starting.
  }
}

/** Whether the path still leads to the open file. */
function isNamedBy(fd: number, path: string): boolean {
  const open = fstatSync(fd, { bigint: true })
  const named = statSync(path, { bigint: true, throwIfNoEntry: false })
  return named !== undefined && named.ino === open.ino && named.dev === open.dev
}

function conflict(fd: number, owned: string): NetdaemonError {
  const pid = readPid(fd)
  const who = pid === undefined ? 'another netdaemon' : `another netdaemon (pid ${pid})`
  return new NetdaemonError('LIMIT', `${who} owns ${owned}`, { errno: 'EAGAIN', detail: { pid, path: owned } })
}

function readPid(fd: number): number | undefined {
  const text = Buffer.alloc(32)
  const length = readSync(fd, text, 0, text.length, 0)
  const digits = /^([1-9]\d*)\n/.exec(text.toString('latin1', 0, length))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const planted = (path: string, why: string) => `cannot use the lock file ${path}: ${why}; remove it`

function lockFailure(what: string, path: string, errno: number): NetdaemonError {
  const name = errnoName(errno)
  return new NetdaemonError('SYSTEM', `cannot ${what} the lock file ${path} (${name})`, {
    errno: name,
    detail: { path },
  })
}
