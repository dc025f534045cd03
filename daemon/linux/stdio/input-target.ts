// What input is written to: the write end of a pipe, or a terminal.

import type { CallResult } from '../kernel.ts'

/** It never blocks. */
export interface InputTarget {
  /** The number of bytes taken, or a negative errno: `-EAGAIN` when it is full. */
  write(bytes: Uint8Array): CallResult
  /** Writes all of a small piece as soon as there is room, and calls back. There is one at a time. */
  writeWhenPossible(piece: Uint8Array, done: (error: NodeJS.ErrnoException | null | undefined) => void): void
  /** Nothing more will be written. */
  close(): void
}
