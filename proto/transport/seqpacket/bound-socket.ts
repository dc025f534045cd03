// One socket that listens, and its file: made together, and destroyed together. Invariant: the file has its permissions from its
// first moment, and is removed only while it is still this socket's.

import { lstatSync, unlinkSync } from 'node:fs'
import { systemError } from '../system-error.ts'
import { FdWatch } from './fd-watch.ts'
import type { SocketCalls } from './socket-calls.ts'
import { checkPathLength } from './socket-file.ts'

/** Connections that may wait to be accepted. The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096

export interface BoundSocketOptions {
  /** Permissions of the file. */
  readonly mode: number
  readonly calls: SocketCalls
  /** Somebody may wait to be accepted. Told once for each `awaitCallers`; the first time without it. */
  readonly callers: () => void
}

export class BoundSocket {
  readonly #path: string
  readonly #fd: number
  readonly #calls: SocketCalls
  readonly #watch: FdWatch
  /** The kernel keeps the inode for as long as the socket is open, so no other file gets its number. */
  readonly #inode: { readonly dev: bigint; readonly ino: bigint }

  /** @throws NetdaemonError SYSTEM with the errno; nothing is left then */
  constructor(path: string, { mode, calls, callers }: BoundSocketOptions) {
    checkPathLength(path, 'SYSTEM')
    this.#path = path
    this.#calls = calls
    this.#fd = calls.socket()
    if (this.#fd < 0) throw systemError('make a socket', this.#fd)
    let bound = false
    try {
      bindWithMode(this.#fd, path, mode, calls)
      bound = true
      const { dev, ino } = lstatSync(path, { bigint: true })
      this.#inode = { dev, ino }
      const listened = calls.listen(this.#fd, BACKLOG)
      if (listened < 0) throw systemError(`listen on ${path}`, listened)
      this.#watch = new FdWatch(this.#fd, { readable: callers, sent: () => {}, failed: callers })
    } catch (error) {
      calls.close(this.#fd)
      if (bound) unlinkSync(path)
      throw error
    }
  }

  /** Whether the path still leads to it. @throws what lstat throws, other than that there is nothing */
  isNamed(): boolean {
    const found = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    return found !== undefined && found.dev === this.#inode.dev && found.ino === this.#inode.ino
  }

  /** The fd of the next caller, or a negative errno. */
  accept(): number {
    return this.#calls.accept(this.#fd)
  }

  awaitCallers(): void {
    this.#watch.awaitReadable()
  }

  /** @throws what lstat and unlink throw */
  removeFile(): void {
    if (this.isNamed()) unlinkSync(this.#path)
  }

  /** Closes it. Not to be called from `callers`. Its file stays. */
  destroy(): void {
    this.#watch.destroy()
  }
}

function bindWithMode(fd: number, path: string, mode: number, calls: SocketCalls): void {
  const previous = process.umask(0o777 & ~mode)
  try {
    const result = calls.bind(fd, path)
    if (result < 0) throw systemError(`listen on ${path}`, result)
  } finally {
    process.umask(previous)
  }
}
