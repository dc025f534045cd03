// The system calls on our own terminal, made through koffi: termios(3) and TIOCGWINSZ. Node has only a raw mode that goes on
// translating what is written (ONLCR), which moves the cursor of full-screen programs, and that cannot tell what the modes
// were. `TerminalCalls` is the seam; tests have their own. Constants and layouts are those of Linux on x86-64, arm64 and
// riscv64.

import koffi from 'koffi'
import { inForeground } from './foreground.ts'
import type { Size } from './size.ts'

/** The bytes of a `struct termios`, with glibc and with musl. */
export type Modes = Buffer

export interface TerminalCalls {
  /** The modes of a terminal; undefined if it is none, or has hung up. */
  getModes(fd: number): Modes | undefined
  /** Sets them at once. In a background job this stops us (SIGTTOU), as any other program, until we are brought back. */
  setModes(fd: number, modes: Modes): void
  /** Its size in characters; undefined if it is no terminal. */
  getSize(fd: number): Size | undefined
  /** Whether it is ours now: not while another job is in its foreground. */
  inForeground(): boolean
}

const MODES_SIZE = 60
const TCSANOW = 0
const TIOCGWINSZ = 0x5413

/** Those of the kernel. */
export function terminalCalls(): TerminalCalls {
  const libc = koffi.load(null)
  // libc.func returns an untyped function; these annotations are its declaration in TypeScript.
  const get: (fd: number, modes: Buffer) => number = libc.func('int tcgetattr(int fd, _Out_ void *modes)')
  const set: (fd: number, when: number, modes: Buffer) => number = libc.func(
    'int tcsetattr(int fd, int when, const void *modes)',
  )
  const ioctl: (fd: number, request: number, type: 'void *', size: Uint16Array) => number = libc.func(
    'int ioctl(int fd, unsigned long request, ...)',
  )
  return {
    getModes(fd) {
      const modes = Buffer.alloc(MODES_SIZE)
      return get(fd, modes) === 0 ? modes : undefined
    },
    setModes(fd, modes) {
      // It fails for a terminal that has hung up, which the next read tells; and when a signal comes while a background job
      // waits to be allowed.
      for (let tries = 0; tries < 3 && set(fd, TCSANOW, modes) !== 0; tries++);
    },
    getSize(fd) {
      // struct winsize: rows, columns, and both in pixels.
      const size = new Uint16Array(4)
      if (ioctl(fd, TIOCGWINSZ, 'void *', size) !== 0) return undefined
      const [rows = 0, columns = 0] = size
      return { columns, rows }
    },
    inForeground,
  }
}
