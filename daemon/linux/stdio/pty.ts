// Makes pseudo-terminals, and changes what a terminal has besides bytes: its size, and the character that ends its input.
// Every call goes through the kernel's seam; nothing is kept here. See pty(7), ioctl_tty(2).

import type { TerminalSize } from '../../../proto/protocol.ts'
import { type CallResult, errnos, type Kernel, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDWR } from '../kernel.ts'
import type { FdScope } from '../spawn/fd-scope.ts'
import { cannotStart } from '../spawn/spawn-errors.ts'

// <asm-generic/ioctls.h>: those of x86-64 and arm64, where netdaemon's native parts run.
const TCGETS = 0x5401
const TCSETS = 0x5402
const TIOCSWINSZ = 0x5414
const TIOCSPTLCK = 0x40045431
const TIOCGPTPEER = 0x5441

// The kernel's struct termios (<asm-generic/termbits.h>): four words of flags, c_line, and 19 characters.
const TERMIOS_BYTES = 36
const C_IFLAG = 0
const C_LFLAG = 12
const C_CC = 17
const ICANON = 0o2
const IUTF8 = 0o40000
const VEOF = 4
/** Ctrl-D: what VEOF is unless a program has changed it. */
const CTRL_D = 4

/** Both ends of a pseudo-terminal. */
export interface Pty {
  /** The daemon's: what is written to it is typed, what is read from it was printed. Non-blocking. */
  readonly master: number
  /** The program's. While anybody has it open, reading the master does not end. */
  readonly slave: number
}

/**
 * Makes a terminal of this size. Its characters are erased as UTF-8; everything else is as the kernel has it.
 *
 * @throws NetdaemonError CANNOT_START with the errno
 */
export function openPty(kernel: Kernel, fds: FdScope, program: string, size: TerminalSize): Pty {
  const opened = kernel.open('/dev/ptmx', O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
  if (opened === -errnos.ENOSPC) {
    const reason = 'there are as many terminals as the system allows ({errno}); raise kernel.pty.max, or end some'
    throw cannotStart(program, reason, 'ENOSPC', { path: '/dev/ptmx' })
  }
  const master = fds.adopt(opened, 'open /dev/ptmx')
  fds.check(kernel.ioctl(master, TIOCSPTLCK, Int32Array.of(0)), 'unlock its terminal')
  // By the master, not by a path: another devpts may be mounted at /dev/pts.
  const slave = fds.adopt(kernel.ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), 'open its terminal')
  const termios = new Uint8Array(TERMIOS_BYTES)
  const inputFlags = new DataView(termios.buffer)
  fds.check(kernel.ioctl(slave, TCGETS, termios), 'set up its terminal')
  inputFlags.setUint32(C_IFLAG, inputFlags.getUint32(C_IFLAG, true) | IUTF8, true)
  fds.check(kernel.ioctl(slave, TCSETS, termios), 'set up its terminal')
  fds.check(resizePty(kernel, master, size), 'set the size of its terminal')
  return { master, slave }
}

/** Sets the size; the programs in the terminal's foreground are sent SIGWINCH if it is another. */
export function resizePty(kernel: Kernel, master: number, { columns, rows }: TerminalSize): CallResult {
  return kernel.ioctl(master, TIOCSWINSZ, Uint16Array.of(rows, columns, 0, 0))
}

/**
 * What must be typed to end the input: Ctrl-D, or what the program has made of it. It hands over the line typed so far,
 * and only at the beginning of a line that is nothing, which reads as the end. A program that takes key by key gets the key.
 *
 * @param midLine whether something has been typed into the line
 */
export function endOfInput(kernel: Kernel, master: number, midLine: boolean): Uint8Array {
  const termios = new Uint8Array(TERMIOS_BYTES)
  // If it cannot be asked, it is as at first.
  const known = kernel.ioctl(master, TCGETS, termios) >= 0
  const byLines = !known || (new DataView(termios.buffer).getUint32(C_LFLAG, true) & ICANON) !== 0
  // 0: the program has no such character.
  const key = (known && termios[C_CC + VEOF]) || CTRL_D
  return byLines && midLine ? Uint8Array.of(key, key) : Uint8Array.of(key)
}
