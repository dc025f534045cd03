// The life of one connection over a socket that keeps packets whole: queueing, back-pressure, fairness and closing. It is
// the same for a kernel socket and for the one in memory; a `PacketSocket` is all it asks for.
//
// Everything that may call a handler happens in `#turn`, which only `setImmediate` runs: never inside a call of the
// owner's, never inside the library. One turn receives a bounded number of packets, so a flooding peer costs the others
// one turn and no more.
//
//   open --- close() ---> closing --- sent, and the peer's end seen, or the deadline ---> closed
//     \------ the peer's end, an error, or destroy() ----------------------------------> closed

import { NetdaemonError } from '../errors.ts'
import { PACKET_MAX } from '../limits.ts'
import { monotonicMs } from '../monotonic.ts'
import type { CloseReason, Connection, ConnectionHandlers, PeerCredentials } from './connection.ts'
import { EAGAIN, ECONNRESET, EINTR, EPERM, type PacketSocket } from './packet-socket.ts'
import type { ReceiveMemory } from './receive-memory.ts'
import { SendQueue } from './send-queue.ts'
import { systemError } from './system-error.ts'

/** Packets, bytes, and milliseconds of the receiver's work, that one connection may deliver before the others get their turn. */
const TURN_PACKETS = 32
const TURN_BYTES = 1024 * 1024
const TURN_MS = 2
/** How long `close` waits for the peer to read what is queued and to close its side. */
const CLOSE_DEADLINE_MS = 1000

/** A connection over a packet socket. */
export class PacketConnection implements Connection {
  readonly peer: PeerCredentials | undefined
  readonly #socket: PacketSocket
  readonly #memory: ReceiveMemory
  readonly #queue: SendQueue
  #handlers: ConnectionHandlers | undefined
  #phase: 'open' | 'closing' | 'closed' = 'open'
  #reason: CloseReason | undefined
  #announced = false
  #paused = false
  #drainOwed = false
  #turnScheduled = false
  /** The socket has been asked to report when it can be read. */
  #watching = true
  /** The peer has gone: nothing can be sent. What it sent before is still in the socket, and not in our memory. */
  #peerGone = false
  #peerEnded = false
  #writeEnded = false
  #deadline: NodeJS.Timeout | undefined

  /** Takes the socket over. It must have been asked for its first `readable` already. */
  constructor(socket: PacketSocket, peer: PeerCredentials | undefined, memory: ReceiveMemory) {
    this.peer = peer
    this.#socket = socket
    this.#memory = memory
    this.#queue = new SendQueue(socket)
    socket.observe({
      readable: () => {
        this.#watching = false
        this.#schedule()
      },
      sent: () => {
        this.#queue.noteSent()
        this.#schedule()
      },
      failed: () => {
        this.#queue.fail()
        this.#schedule()
      },
    })
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  get closed(): boolean {
    return this.#phase !== 'open' || this.#queue.failed
  }

  open(handlers: ConnectionHandlers): void {
    if (this.#handlers !== undefined) throw new Error('internal error: the connection is open already')
    this.#handlers = handlers
    if (this.#phase === 'closed') setImmediate(() => this.#announce())
    else this.#schedule()
  }

  send(packet: Uint8Array): boolean {
    if (packet.length === 0 || packet.length > PACKET_MAX) {
      throw new RangeError(`internal error: a packet of ${packet.length} bytes cannot be sent`)
    }
    if (this.closed) return false
    if (this.#queue.send(packet)) return true
    if (this.#queue.failed) this.#schedule()
    else this.#drainOwed = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // Whatever happened meanwhile, the peer's end too, is found by trying to receive.
    if (!this.#watching) this.#schedule()
  }

  close(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'closing'
    this.#deadline = setTimeout(() => this.#end({ by: 'local' }), CLOSE_DEADLINE_MS).unref()
    this.#schedule()
  }

  destroy(): void {
    this.#end({ by: 'local' })
  }

  #schedule(): void {
    if (this.#turnScheduled || this.#phase === 'closed') return
    this.#turnScheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#turnScheduled = false
    if (this.#phase === 'closed') return
    if (!this.#peerGone) this.#queue.flush()
    if (this.#queue.failed && !this.#peerGone) this.#noteGone()
    this.#drain()
    this.#receive()
    if (this.#phase === 'closing') this.#advanceClosing()
  }

  #drain(): void {
    const handlers = this.#handlers
    if (!this.#drainOwed || this.#phase !== 'open' || this.#queue.bytes > 0 || handlers === undefined) return
    this.#drainOwed = false
    try {
      handlers.drain()
    } catch (error) {
      this.#end({ by: 'error', error: asError(error) })
    }
  }

  #deliver(packet: Buffer, handlers: ConnectionHandlers): void {
    try {
      handlers.packet(packet, this.#memory)
    } catch (error) {
      this.#end({ by: 'error', error: asError(error) })
    }
  }

  /** Delivers (or, while closing, discards) what has come, until there is no more or this turn's share is used up. */
  #receive(): void {
    let bytes = 0
    const until = monotonicMs() + TURN_MS
    for (let packets = 0; packets < TURN_PACKETS && bytes < TURN_BYTES; packets++) {
      if (packets > 0 && monotonicMs() >= until) break
      const handlers = this.#handlers
      if (this.#phase === 'closed' || this.#peerEnded) return
      if (this.#phase === 'open' && (this.#paused || handlers === undefined)) return
      const { buffer } = this.#memory
      const received = this.#socket.receive(buffer)
      if (received > 0 && received <= buffer.length) {
        bytes += received
        if (this.#phase === 'open' && handlers !== undefined) this.#deliver(buffer.subarray(0, received), handlers)
      } else if (received === -EAGAIN && !this.#peerGone) {
        if (this.#watching) return
        this.#watching = true
        this.#socket.awaitReadable()
        return
      } else if (received !== -EINTR) {
        this.#receivedNone(received)
      }
    }
    this.#schedule()
  }

  /** What an answer of `receive` means that is neither a packet nor "nothing yet". */
  #receivedNone(answer: number): void {
    if (answer === -ECONNRESET) {
      // The peer closed without reading all that we had sent. What it sent before is still there.
      if (!this.#peerGone) this.#noteGone()
    } else if (this.#phase === 'closing') {
      if (answer <= 0) this.#peerEnded = true
    } else if (answer > 0) {
      this.#violation(`a packet of ${answer} bytes, and the limit is ${PACKET_MAX}`)
    } else if (answer === -EPERM) {
      this.#violation('file descriptors, which have no place in this protocol')
    } else if (answer === -EAGAIN) {
      // It takes no more, although it has not closed its end.
      this.#end({ by: 'peer' })
    } else if (answer < 0) {
      this.#end({ by: 'error', error: systemError('receive from the connection', answer) })
    } else if (!this.#peerGone && this.#socket.receive(this.#memory.buffer) !== 0) {
      // After a true end every receive answers 0; after an empty packet it does not.
      this.#violation('an empty packet')
    } else {
      this.#end({ by: 'peer' })
    }
  }

  #violation(what: string): void {
    this.#end({ by: 'error', error: new NetdaemonError('BAD_PACKET', `the peer sent ${what}`) })
  }

  /** The peer has gone: what it sent is received as before, and then its end. */
  #noteGone(): void {
    const error = this.#queue.error
    if (error !== undefined) {
      this.#end({ by: 'error', error })
      return
    }
    this.#peerGone = true
    this.#watching = false
    this.#queue.fail()
    if (this.#phase === 'closing') {
      this.#end({ by: 'local' })
      return
    }
    this.#socket.onlyReceive()
    this.#schedule()
  }

  #advanceClosing(): void {
    if (this.#queue.bytes > 0) return
    if (this.#peerEnded) {
      this.#end({ by: 'local' })
    } else if (!this.#writeEnded) {
      this.#writeEnded = true
      this.#socket.shutdownWrite()
    }
  }

  /** The first call decides the reason; later ones change nothing. */
  #end(reason: CloseReason): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#reason = reason
    this.#queue.fail()
    clearTimeout(this.#deadline)
    setImmediate(() => {
      this.#socket.destroy()
      this.#announce()
    })
  }

  /** Tells the owner of the end. What `closed` throws is a bug of the owner's and is not caught. */
  #announce(): void {
    const reason = this.#reason
    const handlers = this.#handlers
    if (reason === undefined || handlers === undefined || this.#announced) return
    this.#announced = true
    handlers.closed(reason)
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
