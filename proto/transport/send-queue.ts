// What `send` has taken and the kernel has not, in order. A packet is copied only when it must wait. At most one of them,
// the first, is with the socket to be sent when there is room; that one going is the sign to go on.

import { WaitingBytes } from '../waiting-bytes.ts'
import { EAGAIN, ECONNRESET, EINTR, ENOBUFS, ENOMEM, EPIPE, type PacketSocket } from './packet-socket.ts'
import { systemError } from './system-error.ts'

/** What the kernel answers when it has no room now and will have later. */
const waitFor = new Set([-EAGAIN, -ENOBUFS, -ENOMEM, -EINTR])

/** What waits to be sent over one packet socket. */
export class SendQueue {
  readonly #socket: PacketSocket
  /** Those that wait behind the one that is with the socket. */
  readonly #packets = new WaitingBytes()
  #bytes = 0
  /** Bytes of the packet that is with the socket; 0 when there is none. */
  #offered = 0
  #offerTaken = false
  #failed = false
  #error: Error | undefined

  constructor(socket: PacketSocket) {
    this.#socket = socket
  }

  /** Bytes that the kernel has not taken. */
  get bytes(): number {
    return this.#bytes
  }

  /** True once nothing can be sent any more. */
  get failed(): boolean {
    return this.#failed
  }

  /** Why sending failed, when it is not simply that the peer has gone. */
  get error(): Error | undefined {
    return this.#error
  }

  /** True when the kernel took the packet at once; otherwise it is queued, or the queue has {@link failed}. */
  send(packet: Uint8Array): boolean {
    if (this.#bytes > 0) {
      this.#packets.push(packet, undefined)
      this.#bytes += packet.length
      return false
    }
    const result = this.#socket.send(packet)
    if (result >= 0) return true
    if (waitFor.has(result)) this.#offer(packet)
    else this.#sendFailed(result)
    return false
  }

  /** Sends on, if the socket has taken what it was offered. */
  flush(): void {
    if (!this.#offerTaken) return
    this.#offerTaken = false
    this.#bytes -= this.#offered
    this.#offered = 0
    for (let packet = this.#packets.first(); packet !== undefined; packet = this.#packets.first()) {
      const result = this.#socket.send(packet)
      if (result < 0 && !waitFor.has(result)) {
        this.#sendFailed(result)
        return
      }
      this.#packets.drop(packet.length)
      this.#bytes -= packet.length
      if (result < 0) {
        this.#offer(packet)
        return
      }
    }
  }

  /** The socket has taken what it was offered. {@link flush} acts on it, outside of the socket's code. */
  noteSent(): void {
    this.#offerTaken = true
  }

  /** Sending is over: what waits is dropped. */
  fail(): void {
    this.#failed = true
    this.#packets.clear()
    this.#bytes = 0
    this.#offered = 0
    this.#offerTaken = false
  }

  #offer(packet: Uint8Array): void {
    this.#offered = packet.length
    this.#bytes += packet.length
    this.#socket.sendWhenWritable(packet)
  }

  #sendFailed(result: number): void {
    if (result !== -EPIPE && result !== -ECONNRESET) this.#error = systemError('send', result)
    this.fail()
  }
}
