// AF_UNIX SEQPACKET connections: the kernel's socket made into a `PacketSocket`, and connecting to a daemon. The packets
// go through `SocketCalls`; `FdWatch` says when.
//
// Nothing looks at the socket of a paused connection, so the peer's closing is noticed only after `resume`, or when
// a send fails. What the peer had sent before it closed is delivered in every case.

import { NetdaemonError } from '../../errors.ts'
import type { Connection } from '../connection.ts'
import { PacketConnection } from '../packet-connection.ts'
import { EAGAIN, EINTR, EPERM, EPIPE, type PacketSocket, type PacketSocketEvents } from '../packet-socket.ts'
import { ReceiveMemory } from '../receive-memory.ts'
import { systemError } from '../system-error.ts'
import { closeSocket } from './closing.ts'
import { FdWatch } from './fd-watch.ts'
import { realSocketCalls, type SocketCalls } from './socket-calls.ts'
import { checkPathLength, connectError } from './socket-file.ts'

/** How long a connect goes on when the daemon's queue of connections is full. */
const CONNECT_DEADLINE_MS = 5000
const RETRY_FIRST_MS = 2
const RETRY_LONGEST_MS = 100

/** One for the process: what one connection has done with serves the next. */
const memory = new ReceiveMemory()

/** Settings of {@link connectSeqpacket}. */
export interface ConnectOptions {
  /** Gives up waiting: CANCELLED. */
  readonly signal?: AbortSignal | undefined
  /** How long to try while the daemon does not come to accept. */
  readonly deadlineMs?: number | undefined
  readonly calls?: SocketCalls | undefined
}

/**
 * Connects to the daemon that listens on a socket.
 *
 * @throws {NetdaemonError} NO_DAEMON with the errno and what to do about it; TIMEOUT when the daemon does not accept;
 * CANCELLED; SYSTEM when this process can have no socket.
 */
export async function connectSeqpacket(path: string, options: ConnectOptions = {}): Promise<Connection> {
  const { signal, deadlineMs = CONNECT_DEADLINE_MS, calls = realSocketCalls() } = options
  checkPathLength(path, 'NO_DAEMON')
  throwIfAborted(path, signal)
  const fd = calls.socket()
  if (fd < 0) throw systemError('make a socket', fd)
  try {
    await connectFd(fd, path, { signal, deadlineMs, calls })
    return adoptSocket(fd, calls)
  } catch (error) {
    calls.close(fd)
    throw error
  }
}

/**
 * Makes a connection of a connected, non-blocking, close-on-exec socket. `released` is called when its fd is closed, and
 * makes it one of a client, who is not trusted: what file descriptors it may pass along block nobody.
 *
 * @throws {NetdaemonError} SYSTEM; the fd then still belongs to the caller.
 */
export function adoptSocket(fd: number, calls: SocketCalls, released?: () => void): Connection {
  const peer = calls.peerCredentials(fd)
  if (typeof peer === 'number') throw systemError('ask who the peer is', peer)
  return new PacketConnection(new SeqpacketSocket(fd, calls, released), peer, memory)
}

/** A connected SEQPACKET socket of the kernel's. Once destroyed it makes no call: the fd may be another's by then. */
class SeqpacketSocket implements PacketSocket {
  /** Another one of the same socket since nothing is watched any more. */
  #fd: number
  readonly #calls: SocketCalls
  #watch: FdWatch | undefined
  readonly #released: (() => void) | undefined
  /** Packets may carry file descriptors that somebody else has chosen. */
  readonly #wary: boolean
  #events: PacketSocketEvents | undefined
  #destroyed = false

  constructor(fd: number, calls: SocketCalls, released: (() => void) | undefined) {
    this.#released = released
    this.#wary = released !== undefined && calls.mayCarryFds()
    this.#fd = fd
    this.#calls = calls
    this.#watch = new FdWatch(fd, {
      readable: () => this.#events?.readable(),
      sent: () => this.#events?.sent(),
      failed: () => this.#events?.failed(),
    })
  }

  observe(events: PacketSocketEvents): void {
    this.#events = events
  }

  send(packet: Uint8Array): number {
    return this.#destroyed ? -EPIPE : this.#calls.send(this.#fd, packet)
  }

  sendWhenWritable(packet: Uint8Array): void {
    this.#watch?.sendWhenWritable(packet)
  }

  receive(into: Buffer): number {
    if (this.#destroyed) return 0
    if (this.#wary) {
      const carries = this.#calls.carriesFds(this.#fd)
      if (carries !== 0) return carries < 0 ? carries : -EPERM
    }
    return this.#calls.receive(this.#fd, into)
  }

  awaitReadable(): void {
    this.#watch?.awaitReadable()
  }

  shutdownWrite(): void {
    if (!this.#destroyed) this.#calls.shutdownWrite(this.#fd)
  }

  onlyReceive(): void {
    if (this.#destroyed || this.#watch === undefined) return
    this.#events = undefined
    // The library would report a packet that it can't send for as long as it has the fd, and closes that when it lets go of it.
    // Without an fd to spare it is left to do so: until all is received.
    const other = this.#calls.duplicate(this.#fd)
    if (other < 0) return
    this.#watch.destroy()
    this.#watch = undefined
    this.#fd = other
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    const released = this.#released ?? (() => {})
    if (this.#watch === undefined) {
      closeSocket(this.#fd, this.#calls, released)
      return
    }
    // The library closes the fd here and now, which is nothing while there is another one.
    const other = this.#wary ? this.#calls.duplicate(this.#fd) : -1
    this.#watch.destroy()
    if (other >= 0) closeSocket(other, this.#calls, released)
    else released()
  }
}

async function connectFd(
  fd: number,
  path: string,
  options: { signal: AbortSignal | undefined; deadlineMs: number; calls: SocketCalls },
): Promise<void> {
  const { signal, deadlineMs, calls } = options
  let waitedMs = 0
  for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * 2, RETRY_LONGEST_MS)) {
    const result = calls.connect(fd, path)
    if (result >= 0) return
    if (result === -EINTR) continue
    if (result !== -EAGAIN) throw connectError(path, result)
    if (waitedMs >= deadlineMs) {
      const message = `the daemon at ${path} accepts no connection: its queue has been full for ${deadlineMs} ms`
      throw new NetdaemonError('TIMEOUT', message, { errno: 'EAGAIN' })
    }
    waitedMs += delayMs
    // Loaded only to wait: most connects do not, and ndctl's start-up counts.
    const { setTimeout: sleep } = await import('node:timers/promises')
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(path, signal))
  }
}

function throwIfAborted(path: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new NetdaemonError('CANCELLED', `connecting to ${path} was cancelled`, { cause: signal.reason })
}
