// The memory in which a DATA packet is made of what a log holds. There is one for all processes, because new memory for each
// packet costs several times as much as the copy. The newest packet is kept: clients that fell behind together all ask for
// the same one.

import { DATA_HEADER, writeDataHeader } from '../../proto/codec/stream-codec.ts'
import { DATA_MAX } from '../../proto/limits.ts'
import type { OutputChannel } from '../../proto/protocol.ts'

export class PacketBuffer {
  readonly #memory = Buffer.allocUnsafeSlow(DATA_HEADER + DATA_MAX)
  #handle = 0
  #offset = -1
  #packet: Buffer = this.#memory.subarray(0, 0)

  /** The packet with these bytes, which are those of the process's output at `offset`. Valid until the next call. */
  packet(handle: number, channel: OutputChannel, offset: number, bytes: Buffer): Uint8Array {
    const length = DATA_HEADER + bytes.length
    if (handle === this.#handle && offset === this.#offset && length === this.#packet.length) return this.#packet
    bytes.copy(this.#memory, DATA_HEADER)
    writeDataHeader(this.#memory, DATA_HEADER, handle, channel, offset, bytes.length)
    this.#handle = handle
    this.#offset = offset
    this.#packet = this.#memory.subarray(0, length)
    return this.#packet
  }
}
