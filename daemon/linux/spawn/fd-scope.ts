// The file descriptors of one start while it is being prepared. Invariant: whatever has not been given away by the end is
// closed, and none of them is 0, 1 or 2.

import type { CallResult, Kernel } from '../kernel.ts'
import { F_DUPFD_CLOEXEC, F_SETFL } from '../kernel.ts'
import { callFailure } from './spawn-errors.ts'

export class FdScope {
  readonly #kernel: Kernel
  readonly #file: string
  readonly #owned = new Set<number>()

  /** @param file the program to be started, for what is said of a failure */
  constructor(kernel: Kernel, file: string) {
    this.#kernel = kernel
    this.#file = file
  }

  /** A pipe. @throws NetdaemonError CANNOT_START, as all that follow */
  pipe(flags: number): [read: number, write: number] {
    const ends = this.#kernel.pipe2(flags)
    if (typeof ends === 'number') throw callFailure(this.#file, 'make a pipe', ends)
    for (const fd of ends) this.#owned.add(fd)
    return [this.#aboveStdio(ends[0]), this.#aboveStdio(ends[1])]
  }

  open(path: string, flags: number): number {
    return this.adopt(this.#kernel.open(path, flags), `open ${path}`)
  }

  /** Takes an fd over that a call has answered. */
  adopt(result: CallResult, what: string): number {
    const fd = this.check(result, what)
    this.#owned.add(fd)
    return this.#aboveStdio(fd)
  }

  /** A second, independent description of what is behind an fd. */
  reopen(fd: number, flags: number): number {
    return this.open(`/proc/self/fd/${fd}`, flags)
  }

  makeBlocking(fd: number): number {
    this.check(this.#kernel.fcntl(fd, F_SETFL, 0), 'make its stdin blocking')
    return fd
  }

  /** It is somebody else's from here on. */
  giveAway(fd: number): void {
    this.#owned.delete(fd)
  }

  close(fd: number): void {
    this.#owned.delete(fd)
    this.#kernel.close(fd)
  }

  /** Closes all that is left. */
  closeAll(): void {
    for (const fd of this.#owned) this.#kernel.close(fd)
    this.#owned.clear()
  }

  /**
   * Moves an fd out of the way of the child's 0, 1 and 2: a daemon whose own were closed gets these numbers, and dup2
   * onto itself or onto one still needed would go wrong.
   */
  #aboveStdio(fd: number): number {
    if (fd > 2) return fd
    const moved = this.check(this.#kernel.fcntl(fd, F_DUPFD_CLOEXEC, 3), 'move a file descriptor')
    this.#owned.add(moved)
    this.close(fd)
    return moved
  }

  /** The value of a call that must succeed; `what` completes "could not …". */
  check(value: CallResult, what: string): number {
    if (value < 0) throw callFailure(this.#file, what, value)
    return value
  }
}
