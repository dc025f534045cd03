// Two connections joined in memory, for tests: the same rules as over a kernel socket, with nothing to clean up. Each
// direction holds a bounded number of bytes, as the kernel does, so that congestion happens here too.

import type { Connection, PeerCredentials } from '../../../proto/transport/connection.ts'
import { PacketConnection } from '../../../proto/transport/packet-connection.ts'
import {
  EAGAIN,
  ECONNRESET,
  EPIPE,
  type PacketSocket,
  type PacketSocketEvents,
} from '../../../proto/transport/packet-socket.ts'
import { ReceiveMemory } from '../../../proto/transport/receive-memory.ts'

/** Settings of {@link memoryPair}. */
export interface MemoryPairOptions {
  /** Bytes that one direction holds before `send` answers false. A packet is always taken when it holds none. */
  readonly bufferBytes?: number | undefined
  /** What both ends are told about the other. */
  readonly peer?: PeerCredentials | undefined
}

/** Two ends of one connection: what is sent on one is delivered on the other, from the event loop. */
export function memoryPair(options: MemoryPairOptions = {}): [Connection, Connection] {
  const { bufferBytes = 208 * 1024, peer } = options
  const there = new Direction(bufferBytes)
  const back = new Direction(bufferBytes)
  const memory = new ReceiveMemory()
  return [
    new PacketConnection(new MemorySocket(back, there), peer, memory),
    new PacketConnection(new MemorySocket(there, back), peer, memory),
  ]
}

/** The packets on their way from one end to the other. */
class Direction {
  readonly #capacity: number
  readonly #packets: Buffer[] = []
  #bytes = 0
  /** No more will be sent. */
  ended = false
  /** Nobody will receive. */
  abandoned = false
  /** Set by the receiving end: there is something to receive, or the end. */
  arrived: () => void = () => {}
  /** Set by the sending end: there may be room, or nobody to receive. */
  moved: () => void = () => {}

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get empty(): boolean {
    return this.#packets.length === 0
  }

  /** As send(2): the length, or -errno. */
  put(packet: Uint8Array): number {
    if (this.abandoned || this.ended) return -EPIPE
    if (!this.empty && this.#bytes + packet.length > this.#capacity) return -EAGAIN
    this.#packets.push(Buffer.from(packet))
    this.#bytes += packet.length
    this.arrived()
    return packet.length
  }

  take(): Buffer | undefined {
    const packet = this.#packets.shift()
    if (packet === undefined) return undefined
    this.#bytes -= packet.length
    this.moved()
    return packet
  }
}

/** One end, behaving as a socket of unix(7) does. It reports only from the event loop. */
class MemorySocket implements PacketSocket {
  readonly #incoming: Direction
  readonly #outgoing: Direction
  #events: PacketSocketEvents | undefined
  #offered: Buffer | undefined
  #wantsReadable = true
  #resetSeen = false
  #destroyed = false

  constructor(incoming: Direction, outgoing: Direction) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    incoming.arrived = () => this.#wake()
    outgoing.moved = () => this.#retry()
  }

  observe(events: PacketSocketEvents): void {
    this.#events = events
  }

  send(packet: Uint8Array): number {
    return this.#outgoing.put(packet)
  }

  sendWhenWritable(packet: Uint8Array): void {
    this.#offered = Buffer.from(packet)
    this.#retry()
  }

  receive(into: Buffer): number {
    // As the kernel does: a peer that closed without reading everything is a reset, once, and its packets follow.
    if (this.#outgoing.abandoned && !this.#outgoing.empty && !this.#resetSeen) {
      this.#resetSeen = true
      return -ECONNRESET
    }
    const packet = this.#incoming.take()
    if (packet === undefined) return this.#incoming.ended ? 0 : -EAGAIN
    packet.copy(into)
    return packet.length
  }

  awaitReadable(): void {
    this.#wantsReadable = true
    if (!this.#incoming.empty || this.#incoming.ended) this.#wake()
  }

  shutdownWrite(): void {
    this.#outgoing.ended = true
    this.#outgoing.arrived()
  }

  onlyReceive(): void {
    this.#events = undefined
    this.#offered = undefined
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#events = undefined
    this.#incoming.abandoned = true
    this.#incoming.moved()
    this.shutdownWrite()
  }

  #wake(): void {
    if (!this.#wantsReadable) return
    this.#wantsReadable = false
    setImmediate(() => this.#events?.readable())
  }

  /** Sends what was offered, if it can be sent now. */
  #retry(): void {
    const packet = this.#offered
    if (packet === undefined || this.#destroyed) return
    const result = this.#outgoing.put(packet)
    if (result === -EAGAIN) return
    this.#offered = undefined
    setImmediate(() => (result > 0 ? this.#events?.sent() : this.#events?.failed()))
  }
}
