// Listens on an AF_UNIX SEQPACKET socket and hands over connections. Owns the listening fd and the socket file, which it
// removes only while the file is still its own.
//
// Out of file descriptors, it spends one kept in reserve on telling the caller so at once. When even that fails it stops
// looking for a while, because the event loop would report the same caller hundreds of thousands of times a second.
// While nobody calls it waits for the event loop, in a shortage too, and costs nothing.

import { closeSync, lstatSync, openSync, unlinkSync } from 'node:fs'
import type { Connection, Listener } from '../connection.ts'
import { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE } from '../packet-socket.ts'
import { systemError } from '../system-error.ts'
import { closeSocket } from './closing.ts'
import { FdWatch } from './fd-watch.ts'
import { adoptSocket } from './seqpacket.ts'
import { realSocketCalls, type SocketCalls } from './socket-calls.ts'
import { checkPathLength } from './socket-file.ts'

/** Connections that may wait to be accepted. The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096
/** Connections accepted before it is the turn of those that exist. */
const TURN_ACCEPTS = 64
/** How long not to look after an accept that failed for want of resources. */
const REST_MS = 100

/** Why a caller is refused: too many connections are open, too many files of this process, or of the whole system. */
export type NoRoom = 'connections' | 'EMFILE' | 'ENFILE'

/** Settings of {@link listenSeqpacket}. */
export interface ListenOptions {
  readonly path: string
  /** Called from the event loop. What it throws goes to `onError`, and the connection is closed. */
  readonly onConnection: (connection: Connection) => void
  /** What went wrong with one connection, or with accepting. The listener goes on. */
  readonly onError?: ((error: Error) => void) | undefined
  /** Connections that may be open at once. One more is sent the `refusal` and closed. */
  readonly maxConnections?: number | undefined
  /** Makes the packet that tells a caller why there is no room. */
  readonly refusal?: ((why: NoRoom) => Uint8Array) | undefined
  /** Permissions of the socket file; 0600 unless given. */
  readonly mode?: number | undefined
  readonly calls?: SocketCalls | undefined
}

/**
 * Listens on a path, where nothing may be yet (see `removeStaleSocket`).
 *
 * @throws {NetdaemonError} SYSTEM with the errno: EADDRINUSE, ENAMETOOLONG, EACCES, ENOENT for a missing directory.
 */
export function listenSeqpacket(options: ListenOptions): Listener {
  return new SeqpacketListener(options)
}

class SeqpacketListener implements Listener {
  readonly address: string
  readonly #options: ListenOptions
  readonly #calls: SocketCalls
  readonly #fd: number
  readonly #watch: FdWatch
  readonly #inode: { dev: number; ino: number }
  #reserveFd: number | undefined
  #connections = 0
  #closed = false
  #turnScheduled = false
  #shortage = false
  #rest: NodeJS.Timeout | undefined

  constructor(options: ListenOptions) {
    const { path, calls = realSocketCalls(), mode = 0o600 } = options
    checkPathLength(path, 'SYSTEM')
    this.address = path
    this.#options = options
    this.#calls = calls
    this.#fd = calls.socket()
    if (this.#fd < 0) throw systemError('make a socket', this.#fd)
    let bound = false
    try {
      bindWithMode(this.#fd, path, mode, calls)
      bound = true
      const { dev, ino } = lstatSync(path)
      this.#inode = { dev, ino }
      const listened = calls.listen(this.#fd, BACKLOG)
      if (listened < 0) throw systemError(`listen on ${path}`, listened)
      this.#watch = new FdWatch(this.#fd, {
        readable: () => this.#schedule(),
        sent: () => {},
        failed: () => this.#schedule(),
      })
    } catch (error) {
      calls.close(this.#fd)
      if (bound) unlinkSync(path)
      throw error
    }
    this.#reserveFd = openReserve()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#rest)
    this.#releaseReserve()
    this.#removeFile()
    setImmediate(() => this.#watch.destroy())
  }

  #schedule(): void {
    if (this.#turnScheduled) return
    this.#turnScheduled = true
    setImmediate(() => {
      this.#turnScheduled = false
      this.#acceptSome()
    })
  }

  #acceptSome(): void {
    for (let accepts = 0; accepts < TURN_ACCEPTS; accepts++) {
      if (this.#closed) return
      const fd = this.#calls.accept(this.#fd)
      if (fd >= 0) {
        this.#shortage = false
        this.#welcome(fd)
      } else if (fd === -EAGAIN) {
        this.#watch.awaitReadable()
        return
      } else if (fd === -EMFILE || fd === -ENFILE) {
        // The kernel looks for a free fd before it looks for a caller, so it may be that nobody waits.
        const answer = this.#refuseFromReserve(fd === -EMFILE ? 'EMFILE' : 'ENFILE')
        if (answer === -EAGAIN) {
          this.#watch.awaitReadable()
          return
        }
        this.#reportShortage(fd)
        if (answer < 0) {
          this.#restAWhile()
          return
        }
      } else if (fd !== -EINTR && fd !== -ECONNABORTED) {
        this.#reportShortage(fd)
        this.#restAWhile()
        return
      }
    }
    this.#schedule()
  }

  #welcome(fd: number): void {
    const { maxConnections = Number.POSITIVE_INFINITY, onConnection } = this.#options
    if (this.#connections >= maxConnections) {
      this.#refuse(fd, 'connections')
      return
    }
    let connection: Connection
    try {
      connection = adoptSocket(fd, this.#calls, () => this.#connections--)
    } catch (error) {
      closeSocket(fd, this.#calls)
      this.#report(error)
      return
    }
    this.#connections++
    try {
      onConnection(connection)
    } catch (error) {
      connection.destroy()
      this.#report(error)
    }
  }

  #refuse(fd: number, why: NoRoom): void {
    const { refusal } = this.#options
    if (refusal !== undefined) this.#calls.send(fd, refusal(why))
    closeSocket(fd, this.#calls)
  }

  /** Refuses one caller with the fd kept for it. Answers as accept does: -EAGAIN says that nobody waits. */
  #refuseFromReserve(why: NoRoom): number {
    this.#reserveFd ??= openReserve()
    if (this.#reserveFd === undefined) return -EMFILE
    this.#releaseReserve()
    const fd = this.#calls.accept(this.#fd)
    if (fd >= 0) this.#refuse(fd, why)
    this.#reserveFd = openReserve()
    return fd
  }

  #releaseReserve(): void {
    if (this.#reserveFd !== undefined) closeSync(this.#reserveFd)
    this.#reserveFd = undefined
  }

  #restAWhile(): void {
    this.#rest = setTimeout(() => this.#watch.awaitReadable(), REST_MS)
  }

  /** Once for each shortage, not for each caller that meets it. */
  #reportShortage(negativeErrno: number): void {
    if (this.#shortage) return
    this.#shortage = true
    this.#report(systemError(`accept connections on ${this.address}`, negativeErrno))
  }

  #report(error: unknown): void {
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error), { cause: error }))
  }

  #removeFile(): void {
    try {
      const found = lstatSync(this.address, { throwIfNoEntry: false })
      if (found?.dev === this.#inode.dev && found.ino === this.#inode.ino) unlinkSync(this.address)
    } catch (error) {
      // The directory may have become unreadable or read-only. The next daemon removes the file.
      this.#report(error)
    }
  }
}

/** Binds; the file has exactly the given permissions from its first moment. */
function bindWithMode(fd: number, path: string, mode: number, calls: SocketCalls): void {
  const previous = process.umask(0o777 & ~mode)
  try {
    const result = calls.bind(fd, path)
    if (result < 0) throw systemError(`listen on ${path}`, result)
  } finally {
    process.umask(previous)
  }
}

function openReserve(): number | undefined {
  try {
    return openSync('/dev/null', 'r')
  } catch {
    // EMFILE or ENFILE, which is what the reserve is about; it is tried again when it is needed.
    return undefined
  }
}
