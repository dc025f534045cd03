// Where output lies until its reader has done with it: in the memory that it was received into, which is then given back to
// be received into again. Small chunks are copied behind one another into the newest of that memory. A program that writes
// single bytes would otherwise make thousands of queue items, and each would hold on to a whole packet's memory.

import type { KeptMemory, PacketMemory } from '../../proto/transport/connection.ts'

/** Bytes of a chunk that is worth memory of its own: a quarter of what a packet's memory has. */
const SMALL = 16 * 1024

interface Block {
  readonly memory: KeptMemory
  /** Bytes at its beginning that are in use. */
  used: number
  /** Chunks in it whose reader has not done with them. */
  chunks: number
}

/** A run of bytes in memory that others may share. */
export interface Chunk {
  readonly bytes: Buffer
  readonly block: Block
}

/** The memory of one attachment's output. */
export class OutputMemory {
  /** Where small chunks go. */
  #newest: Block | undefined

  /** A place for bytes that have come in the memory of a packet. */
  place(bytes: Buffer, memory: PacketMemory): Chunk {
    const block = this.#newest
    if (bytes.length < SMALL && block !== undefined && hasRoom(block, bytes)) {
      const start = block.used
      block.used += bytes.copy(block.memory.bytes, start)
      block.chunks += 1
      return { bytes: block.memory.bytes.subarray(start, block.used), block }
    }
    const kept = memory.keep()
    const used = bytes.byteOffset - kept.bytes.byteOffset + bytes.length
    this.#newest = { memory: kept, used, chunks: 1 }
    return { bytes, block: this.#newest }
  }

  /** The chunk with the bytes that follow it, or undefined if they cannot be joined. Its reader must not have it yet. */
  extend(chunk: Chunk, bytes: Buffer): Chunk | undefined {
    const { block } = chunk
    const { memory, used } = block
    if (bytes.length >= SMALL || block !== this.#newest || !hasRoom(block, bytes)) return undefined
    const start = chunk.bytes.byteOffset - memory.bytes.byteOffset
    if (start + chunk.bytes.length !== used) return undefined
    block.used += bytes.copy(memory.bytes, used)
    return { bytes: memory.bytes.subarray(start, block.used), block }
  }

  /** The reader has done with a chunk that was lent to it. */
  done({ block }: Chunk): void {
    block.chunks -= 1
    if (block.chunks > 0) return
    if (block === this.#newest) this.#newest = undefined
    block.memory.release()
  }

  /** The bytes of a chunk as their reader's to keep, in at most four times the memory that they need. */
  give(chunk: Chunk): Buffer {
    const { bytes, block } = chunk
    // It counts as lent for good, so that its block is never given back.
    if (bytes.length * 4 >= block.memory.bytes.length) return bytes
    const copy = Buffer.allocUnsafeSlow(bytes.length)
    bytes.copy(copy)
    this.done(chunk)
    return copy
  }
}

function hasRoom({ memory, used }: Block, bytes: Buffer): boolean {
  return used + bytes.length <= memory.bytes.length
}
