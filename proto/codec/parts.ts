// The PARTs of one message, put together as they come. Their memory grows in place, without copies, and goes back to the
// system as soon as the message is complete or dropped. The garbage collector would come by much later: megabytes of Buffers
// are next to nothing in its own heap.

import type { UnfinishedAccount } from './unfinished-messages.ts'

/** Memory grows by so much at a time. */
const STEP = 64 * 1024

/** What ES2024 added to ArrayBuffer. Node 20 has it, and the types that this is compiled with do not. */
interface ResizableArrayBuffer extends ArrayBuffer {
  resize(length: number): void
}
const Resizable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ResizableArrayBuffer

export class Parts {
  readonly #bytesMax: number
  readonly #account: UnfinishedAccount | undefined
  #memory: ResizableArrayBuffer | undefined
  #length = 0

  /**
   * @param bytesMax of one message; more must not be added
   * @param account told of the memory that is held
   */
  constructor(bytesMax: number, account: UnfinishedAccount | undefined) {
    this.#bytesMax = bytesMax
    this.#account = account
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.#length
  }

  /** Copies one PART in. @throws NetdaemonError LIMIT if it has to go */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length
    this.#memory ??= new Resizable(0, { maxByteLength: this.#bytesMax })
    const memory = this.#memory
    if (length > memory.byteLength) {
      const room = Math.min(this.#bytesMax, Math.ceil(length / STEP) * STEP)
      // First, because other messages may have to go for it.
      this.#account?.hold(room)
      memory.resize(room)
    }
    new Uint8Array(memory).set(piece, this.#length)
    this.#length = length
  }

  /** Hands over the whole message for the time of one call, and is empty after it. */
  take<T>(use: (whole: Buffer) => T): T {
    try {
      return use(this.#memory === undefined ? Buffer.alloc(0) : Buffer.from(this.#memory, 0, this.#length))
    } finally {
      this.clear()
    }
  }

  /** Drops what has come, and gives its memory back. */
  clear(): void {
    this.#length = 0
    this.#memory?.resize(0)
    this.#account?.release()
  }
}
