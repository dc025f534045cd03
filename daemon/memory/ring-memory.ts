// Memory for rings of output, within a budget. It is never an error that there is none: the output goes on without it.
//
// Large rings go back to the system at the moment when they are freed. The garbage collector would come by much later, in a daemon that
// has nothing to do never: megabytes of Buffers are next to nothing in its own heap.

import type { Account } from './budget.ts'

/** Smaller ones are many, and would take a page of memory each. */
const LARGE_BYTES = 128 * 1024

/** What ES2024 added to ArrayBuffer. Node 20 has it, and the types that this is compiled with do not. */
interface ResizableArrayBuffer extends ArrayBuffer {
  readonly resizable: boolean
  resize(length: number): void
}
const Resizable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ResizableArrayBuffer

export class RingMemory {
  readonly #account: Account
  readonly #allocate: (bytes: number) => Buffer

  /** @param allocate how to get memory; it may throw where the system has none */
  constructor(account: Account, allocate: (bytes: number) => Buffer = allocateRing) {
    this.#account = account
    this.#allocate = allocate
  }

  /** Memory of so many bytes, to be held instead of what is held already; undefined: there is none, and that stays. */
  allocate(bytes: number): Buffer | undefined {
    const before = this.#account.held
    if (!this.#account.hold(bytes)) return undefined
    try {
      return this.#allocate(bytes)
    } catch {
      // Whatever it is called (RangeError, ERR_MEMORY_ALLOCATION_FAILED): the system has no memory.
      this.#account.hold(before)
      return undefined
    }
  }

  /** Gives back what was held before: no view of it may be used any more. */
  free({ buffer }: Buffer): void {
    if ('resizable' in buffer && buffer.resizable === true) (buffer as ResizableArrayBuffer).resize(0)
  }

  /** Holds nothing any more. What was held has been freed. */
  release(): void {
    this.#account.close()
  }
}

function allocateRing(bytes: number): Buffer {
  if (bytes < LARGE_BYTES) return Buffer.allocUnsafeSlow(bytes)
  return Buffer.from(new Resizable(bytes, { maxByteLength: bytes }), 0, bytes)
}
