// The memory that packets are received into, for all connections of a process. It is used again and again: memory that is
// touched for the first time costs a page fault for every 4 KiB, which can be twenty times the price of receiving.
// Invariant: a buffer has one user, who holds what is being delivered, or has kept it and not given it back.

import { PACKET_MAX } from '../limits.ts'
import type { KeptMemory, PacketMemory } from './connection.ts'

/** Buffers that wait to be used again, at most: 2 MiB. */
const FREE_MAX = 32

export class ReceiveMemory implements PacketMemory {
  #current: Buffer | undefined
  readonly #free: Buffer[] = []

  /** Where the next packet goes: PACKET_MAX bytes, the same ones as last time unless these were kept. */
  get buffer(): Buffer {
    this.#current ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(PACKET_MAX)
    return this.#current
  }

  keep(): KeptMemory {
    const bytes = this.buffer
    this.#current = undefined
    let kept = true
    return {
      bytes,
      release: () => {
        if (!kept) throw new Error('internal error: memory was given back twice')
        kept = false
        if (this.#free.length < FREE_MAX) this.#free.push(bytes)
      },
    }
  }
}

/** The memory of a packet that has it for itself. */
export function ownMemory(packet: Buffer): PacketMemory {
  return { keep: () => ({ bytes: packet, release() {} }) }
}
