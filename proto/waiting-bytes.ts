// Bytes that wait, in the pieces in which they came. They are copied to blocks of the queue's own, so that what is held is
// at most twice what waits, and a block: a small Buffer that lives long would hold on to the 8 KiB of Node's pool that it was
// cut from, and a part of a packet to the memory of the whole packet.

/** Bytes of a block, unless one piece needs more. */
const BLOCK_BYTES = 4 * 1024
/** Pieces that have gone are cut off the list in batches of this, so that a long queue costs no more for each. */
const CUT_AT = 1024

const NO_BYTES = Buffer.alloc(0)

interface Block {
  readonly memory: Buffer
  used: number
}

/** A queue of pieces of bytes, each with a tag that says whose it is. */
export class WaitingBytes<Tag = undefined> {
  #blocks: Block[] = []
  /** Where the first piece begins in the first block. */
  #at = 0
  /** The lengths of the pieces, and their tags; those before `#head` have gone. */
  #lengths: number[] = []
  #tags: Tag[] = []
  #head = 0

  /** How many pieces wait, the first one perhaps not whole. */
  get pieces(): number {
    return this.#lengths.length - this.#head
  }

  /** Copies a piece to the end. It must not be empty. */
  push(piece: Uint8Array, tag: Tag): void {
    let block = this.#blocks.at(-1)
    if (block === undefined || block.used + piece.length > block.memory.length) {
      block = { memory: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, piece.length)), used: 0 }
      this.#blocks.push(block)
    }
    block.memory.set(piece, block.used)
    block.used += piece.length
    this.#lengths.push(piece.length)
    this.#tags.push(tag)
  }

  /** What is left of the first piece: a view that stays as it is. */
  first(): Buffer | undefined {
    const length = this.#lengths[this.#head]
    return length === undefined ? undefined : this.#blocks[0]?.memory.subarray(this.#at, this.#at + length)
  }

  /** Lets go of so many bytes of the first piece: all of it, or its beginning. Answers its tag. */
  drop(count: number): Tag {
    const [block] = this.#blocks
    const length = this.#lengths[this.#head] ?? 0
    if (block === undefined || count > length) throw new Error(`internal error: ${count} bytes do not wait`)
    const tag = this.#tags[this.#head] as Tag
    this.#at += count
    if (this.#at === block.used) {
      this.#blocks.shift()
      this.#at = 0
    }
    if (count < length) {
      this.#lengths[this.#head] = length - count
      return tag
    }
    this.#head += 1
    if (this.#head === this.#lengths.length || this.#head === CUT_AT) {
      this.#lengths.splice(0, this.#head)
      this.#tags.splice(0, this.#head)
      this.#head = 0
    }
    return tag
  }

  /** Lets go of all pieces with this tag except the first of all, of which a part may have gone; answers their bytes. */
  remove(tag: Tag): number {
    const kept: [piece: Buffer, tag: Tag][] = []
    let removed = 0
    let inBlock = 0
    let at = this.#at
    for (const [index, length] of this.#lengths.slice(this.#head).entries()) {
      if (at === this.#blocks[inBlock]?.used) {
        inBlock += 1
        at = 0
      }
      const piece = this.#blocks[inBlock]?.memory.subarray(at, at + length) ?? NO_BYTES
      const its = this.#tags[this.#head + index] as Tag
      at += length
      if (index > 0 && its === tag) removed += length
      else kept.push([piece, its])
    }
    this.clear()
    for (const [piece, its] of kept) this.push(piece, its)
    return removed
  }

  /** Lets go of everything. */
  clear(): void {
    this.#blocks = []
    this.#at = 0
    this.#lengths = []
    this.#tags = []
    this.#head = 0
  }
}
