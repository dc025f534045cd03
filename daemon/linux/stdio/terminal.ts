// The daemon's side of one terminal: reads what is printed, types what is written, until everybody has let go of it.
//
// The event loop can watch a pty only through a net.Socket that was made for a FIFO, whose fd then became the master (dup3):
// Node's own streams for terminals block while they wait for room. And libuv takes a hang-up for the end although there is
// more to read, so the slave is held open here until the process has died and what it wrote has been read. When that is so
// the kernel says exactly: a read that finds nothing has waited for whatever was on its way (n_tty_read in n_tty.c).

import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { TerminalSize } from '../../../proto/protocol.ts'
import { type CallResult, errnos, type Kernel, O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../kernel.ts'
import { FdScope } from '../spawn/fd-scope.ts'
import { execute, type ProgramSpec } from '../spawn/spawn.ts'
import { endOfInput, openPty, type Pty, resizePty } from './pty.ts'
import type { ReadBuffer } from './read-buffer.ts'

export interface TerminalHandlers {
  /** As `OutputPipeHandlers.onBytes`. */
  readonly onBytes: (buffer: Buffer, start: number, end: number) => void
  /** After died(), unless onEnd comes: all that the dead process wrote has been read, but descendants have the terminal. */
  readonly onDrained: () => void
  /** No program has the terminal open, and all has been read. */
  readonly onEnd: () => void
}

/** The most that one read brings; the kernel has 4 KiB ready at most, as it is. */
export const TERMINAL_READ_MAX = 32 * 1024
/** Read in one turn after the death, before others have theirs. */
const TURN_BYTES = 128 * 1024
/** More than a dead process can have left in a terminal (the kernel keeps 640 KiB): what follows is its descendants'. */
const LEFT_MAX = 1024 * 1024

export class Terminal {
  readonly #kernel: Kernel
  readonly #pty: Pty
  readonly #socket: Socket
  readonly #readBuffer: ReadBuffer
  #handlers: TerminalHandlers | undefined
  /** `draining`: the process has died, and what it left is read by us, not by libuv. */
  #phase: 'running' | 'draining' | 'drained' | 'closed' = 'running'
  /** libuv reads no more: what is left is read by us. */
  #hungUp = false
  #slaveOpen = true
  #paused = false
  #yielding = false
  #readSinceDeath = 0

  /**
   * Makes a terminal in which nothing runs yet.
   *
   * @param program what will run, for what is said of a failure
   * @throws NetdaemonError CANNOT_START with the errno
   */
  static open(kernel: Kernel, program: string, size: TerminalSize, readBuffer: ReadBuffer): Terminal {
    const fds = new FdScope(kernel, program)
    try {
      const pty = openPty(kernel, fds, program, size)
      const [readEnd, writeEnd] = fds.pipe(O_CLOEXEC | O_NONBLOCK)
      const watched = fds.reopen(readEnd, O_RDWR | O_CLOEXEC | O_NONBLOCK)
      for (const fd of [readEnd, writeEnd]) fds.close(fd)
      const terminal = new Terminal(kernel, pty, watched, readBuffer)
      for (const fd of [pty.master, pty.slave, watched]) fds.giveAway(fd)
      try {
        // In this turn: libuv tells the kernel what it watches only when it waits.
        fds.check(kernel.dup3(pty.master, watched, O_CLOEXEC), 'watch its terminal')
      } catch (error) {
        terminal.close()
        throw error
      }
      return terminal
    } finally {
      fds.closeAll()
    }
  }

  private constructor(kernel: Kernel, pty: Pty, watched: number, readBuffer: ReadBuffer) {
    this.#kernel = kernel
    this.#pty = pty
    this.#readBuffer = readBuffer
    const { bytes, headerRoom } = readBuffer
    // The constructor takes onread as connect() does, but its type does not say so.
    const options: SocketConstructorOpts & ConnectOpts = {
      fd: watched,
      readable: true,
      writable: true,
      onread: {
        buffer: bytes.subarray(headerRoom, headerRoom + TERMINAL_READ_MAX),
        callback: (count) => {
          if (this.#phase !== 'closed') this.#printed(count)
          return true
        },
      },
    }
    this.#socket = new Socket(options)
    const hungUp = () => this.#hangUp()
    // EIO, as a rule: the end. Whatever it is, the kernel will say it again.
    this.#socket.on('error', hungUp)
    this.#socket.on('end', hungUp)
    this.#socket.on('close', hungUp)
  }

  /**
   * Starts a program with this as its controlling terminal, in a session of its own: its pid.
   *
   * @throws NetdaemonError as `spawnProcess`; the terminal is closed then
   */
  execute(spec: ProgramSpec): number {
    try {
      // Opened in the child, by the leader of a session, it becomes the controlling terminal.
      return execute(this.#kernel, spec, [{ opened: `/proc/self/fd/${this.#pty.slave}` }, { sameAs: 0 }, { sameAs: 0 }])
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Tells what happens from here on. To be called in the turn of {@link open}. */
  begin(handlers: TerminalHandlers): void {
    this.#handlers = handlers
  }

  /** Types: the number of bytes taken, or a negative errno; `-EAGAIN` if the program does not read. */
  write(bytes: Uint8Array): CallResult {
    if (this.#phase === 'closed') return -errnos.EIO
    const taken = this.#kernel.write(this.#pty.master, bytes)
    return taken === 0 ? -errnos.EAGAIN : taken
  }

  /** Types all of it as soon as there is room. */
  writeWhenPossible(piece: Uint8Array, done: (error: NodeJS.ErrnoException | null | undefined) => void): void {
    this.#socket.write(piece, done)
  }

  /** What must be typed to end the input; see {@link endOfInput}. */
  endOfInput(midLine: boolean): Uint8Array {
    return endOfInput(this.#kernel, this.#pty.master, midLine)
  }

  /** Sets the size. */
  resize(size: TerminalSize): CallResult {
    return this.#phase === 'closed' ? -errnos.EIO : resizePty(this.#kernel, this.#pty.master, size)
  }

  /** The process has died: reads what it left, as far as it is not paused. */
  died(): void {
    if (this.#phase !== 'running') return
    this.#phase = 'draining'
    this.#readOn()
  }

  /** Stops reading: the terminal fills, and then the process waits. May be called in onBytes, whose bytes are the last. */
  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  /** Reads on after {@link pause}. */
  resume(): void {
    this.#paused = false
    if (this.#yielding) return
    // Not at once: it may be called in onBytes, whose buffer is in use.
    if (this.#readsItself) this.yieldUntil(setImmediate)
    else this.#socket.resume()
  }

  /** Stops reading until the callback that `arrange` is given is called. May be called in onBytes. */
  yieldUntil(arrange: (readOn: () => void) => void): void {
    if (this.#yielding) return
    this.#yielding = true
    this.#socket.pause()
    arrange(() => {
      this.#yielding = false
      if (this.#paused || this.#phase === 'closed') return
      if (!this.#hungUp) this.#socket.resume()
      if (this.#readsItself) this.#readOn()
    })
  }

  /** Gives the terminal up: programs that still have it get SIGHUP. Idempotent. */
  close(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#socket.destroy()
    this.#closeSlave()
    this.#kernel.close(this.#pty.master)
  }

  get #readsItself(): boolean {
    return this.#phase === 'draining' || (this.#hungUp && this.#phase !== 'closed')
  }

  #hangUp(): void {
    if (this.#hungUp || this.#phase === 'closed') return
    this.#hungUp = true
    this.#readOn()
  }

  /** Reads, without libuv, what there is; or until it is paused, or until others are to have their turn. */
  #readOn(): void {
    const { bytes, headerRoom } = this.#readBuffer
    let left = TURN_BYTES
    let refused = false
    while (this.#readsItself && !this.#paused && !this.#yielding) {
      const count = this.#kernel.read(this.#pty.master, bytes.subarray(headerRoom, headerRoom + TERMINAL_READ_MAX))
      if (count > 0) {
        left -= count
        if (this.#phase === 'draining') this.#readSinceDeath += count
        this.#printed(count)
        if (left <= 0) this.yieldUntil(setImmediate)
        if (this.#phase === 'draining' && this.#readSinceDeath >= LEFT_MAX) this.#drained()
      } else if (count === -errnos.EAGAIN) {
        // Once nobody has the slave, the next read says so.
        if (this.#slaveOpen) this.#closeSlave()
        else if (this.#hungUp) this.#end()
        else this.#drained()
      } else if (count !== -errnos.EINTR) {
        // EIO, once nobody has the slave. One that comes sooner, or another errno, is not to cost what is still there.
        if (this.#slaveOpen) this.#closeSlave()
        else if (refused) this.#end()
        else refused = true
        continue
      }
      refused = false
    }
  }

  #printed(count: number): void {
    const { bytes, headerRoom } = this.#readBuffer
    this.#handlers?.onBytes(bytes, headerRoom, headerRoom + count)
  }

  #drained(): void {
    this.#closeSlave()
    this.#phase = 'drained'
    this.#handlers?.onDrained()
  }

  #end(): void {
    this.close()
    this.#handlers?.onEnd()
  }

  #closeSlave(): void {
    if (!this.#slaveOpen) return
    this.#slaveOpen = false
    this.#kernel.close(this.#pty.slave)
  }
}
