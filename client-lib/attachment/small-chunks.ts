// Joins small chunks of output that wait for their reader. A program that writes single bytes would otherwise make
// thousands of queue items, and each of them would hold on to the whole packet it came in.

import type { OutputData, OutputItem } from './output-item.ts'

/** Chunks below this are copied; larger ones stay views of their packet. */
const SMALL = 4 * 1024
const SLAB = 16 * 1024

/** The memory that small chunks of one queue are copied to, one after the other. */
export class SmallChunks {
  #slab = Buffer.alloc(0)
  #used = 0
  /** The newest view of the slab; it ends at `#used`, so that it can be made longer in place. */
  #newest: Buffer | undefined

  /** The bytes, no longer tied to their packet if they are few. */
  keep(bytes: Buffer): Buffer {
    if (bytes.length >= SMALL) return bytes
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB)
      this.#used = 0
    }
    const start = this.#used
    this.#used += bytes.copy(this.#slab, start)
    this.#newest = this.#slab.subarray(start, this.#used)
    return this.#newest
  }

  /** `last` with the bytes after it, or undefined if they cannot be joined. `last` must not have reached its reader. */
  join(channel: number, offset: number, bytes: Buffer, last: OutputItem | undefined): OutputData | undefined {
    if (bytes.length >= SMALL || last?.kind !== 'data' || last.channel !== channel) return undefined
    if (last.bytes !== this.#newest || last.offset + last.bytes.length !== offset) return undefined
    if (this.#used + bytes.length > this.#slab.length) return undefined
    const start = this.#used - last.bytes.length
    this.#used += bytes.copy(this.#slab, this.#used)
    this.#newest = this.#slab.subarray(start, this.#used)
    return { ...last, bytes: this.#newest }
  }
}
