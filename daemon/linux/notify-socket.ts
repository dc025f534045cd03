// The socket at which processes say of themselves how they are (sd_notify(3)): datagrams, each with the pid of its sender as the
// kernel has checked it. Invariant: every file descriptor that comes along is closed before the next datagram is taken, which is
// also what a sender waits for that asks for a barrier.

import { chmodSync, lstatSync, readFileSync, unlinkSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { errnoName, errnos, type Kernel } from './kernel.ts'

/** Longer ones are refused, as systemd does. */
const DATAGRAM_MAX = 4096
/** Taken in one turn of the event loop. */
const PER_TURN = 32
/** `sun_path` is 108 bytes with its closing NUL (unix(7)). */
const PATH_MAX = 107

/** What a process said. */
export interface Notification {
  readonly text: string
  /** Who said it, as the kernel has checked; root may state another's, as systemd-notify does with its parent's. */
  readonly pid: number
  /** File descriptors that were sent along. They are closed after this. */
  readonly fds: number
}

export class NotifySocket {
  readonly path: string
  readonly #kernel: Kernel
  readonly #fd: number
  readonly #inode: number
  readonly #endWatch: () => void
  readonly #buffer = Buffer.allocUnsafeSlow(DATAGRAM_MAX)
  #closing = false

  /**
   * Begins to listen. A file at the path is removed: the caller has seen to it that nobody else listens there.
   *
   * @throws NetdaemonError SYSTEM with the errno
   */
  constructor(kernel: Kernel, path: string, onNotification: (notification: Notification) => void) {
    if (Buffer.byteLength(path) > PATH_MAX) {
      const advice = 'its path is too long; start the daemon on a shorter socket path'
      throw new NetdaemonError('SYSTEM', `cannot listen for notifications at "${path}": ${advice}`)
    }
    this.path = path
    this.#kernel = kernel
    const check = (result: number, what: string): number => {
      if (result >= 0) return result
      const errno = errnoName(result)
      throw new NetdaemonError('SYSTEM', `cannot listen for notifications at "${path}": could not ${what} (${errno})`, {
        errno,
      })
    }
    const fd = check(kernel.datagramSocket(), 'make a socket')
    this.#fd = fd
    let bound = false
    try {
      check(kernel.passCredentials(fd), 'ask for the senders')
      removeSocketFile(path)
      check(kernel.bindSocket(fd, path), 'bind it')
      bound = true
      // Whoever may reach it may write: what counts is who it is.
      chmodSync(path, 0o666)
      this.#inode = lstatSync(path).ino
      const endWatch = kernel.watchReadable(fd, () => this.#receive(onNotification))
      if (typeof endWatch === 'number') check(endWatch, 'watch it')
      this.#endWatch = typeof endWatch === 'number' ? () => {} : endWatch
    } catch (error) {
      kernel.close(fd)
      if (bound) removeSocketFile(path)
      if (error instanceof NetdaemonError) throw error
      const errno = errnoOf(error)
      throw new NetdaemonError('SYSTEM', `cannot listen for notifications at "${path}" (${errno})`, {
        errno,
        cause: error,
      })
    }
  }

  /** Its file is still there. */
  get reachable(): boolean {
    return lstatSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode
  }

  /** Listens no more. To be called once. */
  close(): void {
    this.#closing = true
    this.#endWatch()
    this.#kernel.close(this.#fd)
    if (this.reachable) removeSocketFile(this.path)
  }

  #receive(onNotification: (notification: Notification) => void): void {
    for (let count = 0; count < PER_TURN && !this.#closing; count++) {
      const datagram = this.#kernel.receiveDatagram(this.#fd, this.#buffer)
      if (typeof datagram === 'number') {
        if (datagram === -errnos.EINTR) continue
        // EAGAIN: there is no other. ENOMEM, ENOBUFS: it stays where it is, and is looked at again.
        return
      }
      const { length, truncated, pid, fds, pidfd } = datagram
      try {
        if (truncated || pid <= 0 || !isAlive(pidfd)) continue
        onNotification({ text: this.#buffer.toString('utf8', 0, length), pid, fds: fds.length })
      } finally {
        for (const fd of fds) this.#kernel.close(fd)
        if (pidfd >= 0) this.#kernel.close(pidfd)
      }
    }
  }
}

/** Whether the sender has not been reaped yet, so that its pid is no other's. Where the kernel sends no pidfd, it is believed. */
function isAlive(pidfd: number): boolean {
  if (pidfd < 0) return true
  try {
    const pid = /^Pid:\s*(-?\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'latin1'))?.[1]
    return pid === undefined || Number(pid) > 0
  } catch {
    // EMFILE, ENOENT: it can't be asked.
    return true
  }
}

function removeSocketFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new NetdaemonError(
      'SYSTEM',
      `cannot listen for notifications at "${path}": a file that is not a socket is there; remove it`,
    )
  }
  unlinkSync(path)
}
