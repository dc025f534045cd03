// The write end of one pipe: bytes go straight to the kernel, and a full pipe can be waited for. Only a pipe that has been
// full gets a net.Socket, because writing a piece through it is how Node waits for a writable fd: most processes never
// cost one. That the process has closed its stdin shows when something is written; an idle pipe is not watched.

import { Socket } from 'node:net'
import type { CallResult, Kernel } from '../kernel.ts'
import type { InputTarget } from './input-target.ts'

export class InputPipe implements InputTarget {
  readonly #kernel: Kernel
  readonly #fd: number
  #socket: Socket | undefined

  /** Takes over `fd`, the non-blocking write end of a pipe. */
  constructor(kernel: Kernel, fd: number) {
    this.#kernel = kernel
    this.#fd = fd
  }

  write(bytes: Uint8Array): CallResult {
    return this.#kernel.write(this.#fd, bytes)
  }

  writeWhenPossible(piece: Uint8Array, done: (error: NodeJS.ErrnoException | null | undefined) => void): void {
    this.#socket ??= this.#createSocket()
    this.#socket.write(piece, done)
  }

  close(): void {
    if (this.#socket) this.#socket.destroy()
    else this.#kernel.close(this.#fd)
  }

  #createSocket(): Socket {
    const socket = new Socket({ fd: this.#fd, readable: false, writable: true })
    // The write that failed is told of it.
    socket.on('error', () => {})
    return socket
  }
}
