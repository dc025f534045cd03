// Listens on an AF_UNIX SEQPACKET socket and hands over connections. Its socket file may go away under it, and be made anew
// (`restore`): whoever has connected by then notices nothing.
//
// Out of file descriptors, it spends one kept in reserve on telling the caller so at once. When even that fails it stops
// looking for a while, because the event loop would report the same caller hundreds of thousands of times a second.
// While nobody calls it waits for the event loop, in a shortage too, and costs nothing.

import { closeSync, openSync } from 'node:fs'
import type { Connection, Listener } from '../connection.ts'
import { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE } from '../packet-socket.ts'
import { systemError } from '../system-error.ts'
import { BoundSocket } from './bound-socket.ts'
import { closeSocket } from './closing.ts'
import { adoptSocket } from './seqpacket.ts'
import { realSocketCalls, type SocketCalls } from './socket-calls.ts'
import { removeStaleSocket } from './socket-file.ts'

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
  #bound: BoundSocket
  #reserveFd: number | undefined
  #connections = 0
  #closed = false
  #turnScheduled = false
  #shortage = false
  #rest: NodeJS.Timeout | undefined

  constructor(options: ListenOptions) {
    const { path, calls = realSocketCalls() } = options
    this.address = path
    this.#options = options
    this.#calls = calls
    this.#bound = this.#bind()
    this.#reserveFd = openReserve()
  }

  restore(): boolean {
    if (this.#closed || this.#bound.isNamed()) return false
    removeStaleSocket(this.address, this.#calls)
    const before = this.#bound
    this.#bound = this.#bind()
    // Those that had connected to it and wait to be accepted.
    for (let fd = before.accept(); fd >= 0; fd = before.accept()) this.#welcome(fd)
    setImmediate(() => before.destroy())
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#rest)
    this.#releaseReserve()
    try {
      this.#bound.removeFile()
    } catch (error) {
      // The directory may have become unreadable or read-only. The next daemon removes the file.
      this.#report(error)
    }
    setImmediate(() => this.#bound.destroy())
  }

  #bind(): BoundSocket {
    const { mode = 0o600 } = this.#options
    return new BoundSocket(this.address, { mode, calls: this.#calls, callers: () => this.#schedule() })
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
      const fd = this.#bound.accept()
      if (fd >= 0) {
        this.#shortage = false
        this.#welcome(fd)
      } else if (fd === -EAGAIN) {
        this.#bound.awaitCallers()
        return
      } else if (fd === -EMFILE || fd === -ENFILE) {
        // The kernel looks for a free fd before it looks for a caller, so it may be that nobody waits.
        const answer = this.#refuseFromReserve(fd === -EMFILE ? 'EMFILE' : 'ENFILE')
        if (answer === -EAGAIN) {
          this.#bound.awaitCallers()
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
    const fd = this.#bound.accept()
    if (fd >= 0) this.#refuse(fd, why)
    this.#reserveFd = openReserve()
    return fd
  }

  #releaseReserve(): void {
    if (this.#reserveFd !== undefined) closeSync(this.#reserveFd)
    this.#reserveFd = undefined
  }

  #restAWhile(): void {
    this.#rest = setTimeout(() => this.#bound.awaitCallers(), REST_MS)
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
}

function openReserve(): number | undefined {
  try {
    return openSync('/dev/null', 'r')
  } catch {
    // EMFILE or ENFILE, which is what the reserve is about; it is tried again when it is needed.
    return undefined
  }
}
