// What Node does to terminals when a program ends, prevented: it would put back the modes that each terminal on fds 0–2 had when
// the program began, whoever uses that terminal by then (the shell that has us in the background, a pager behind us), and it
// aborts where one has hung up. It leaves alone what is another file by then. To be called first by both programs, ndctl and
// netdaemon.

import { closeSync, fstatSync, openSync } from 'node:fs'

/** The major number of /dev/null and its like (null(4)). */
const MEMORY_DEVICES = 1

/** Signals of which Node ends a program by a handler of its own, which also does that. */
const HANDLED_BY_NODE = ['SIGINT', 'SIGTERM'] as const

/**
 * From here on Node changes no terminal when this program ends, in whatever way. The last listener of `exit` puts /dev/null in the
 * place of the terminals on fds 0–2: a listener that still needs one must be prepended.
 */
export function leaveTerminalsAlone(): void {
  // Of a terminal that hangs up later it could not be told any more that it was one.
  const terminals = [0, 1, 2].filter(isTerminal)
  if (terminals.length === 0) return
  process.on('exit', () => {
    for (const fd of terminals) {
      closeSync(fd)
      // The lowest free number is the one just closed. Left closed, koffi would wait for itself for ever at its end.
      openSync('/dev/null', 'r+')
    }
  })
  for (const signal of HANDLED_BY_NODE) {
    // Taking a listener away again leaves the kernel's own default.
    const listener = () => {}
    process.on(signal, listener)
    process.removeListener(signal, listener)
  }
}

/** As `isatty`, whose module is loaded, with Node's streams and sockets, only for what can be a terminal. */
function isTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd)
    if (!file.isCharacterDevice() || file.rdev >> 8 === MEMORY_DEVICES) return false
  } catch {
    // EBADF: it is closed.
    return false
  }
  return process.getBuiltinModule('node:tty').isatty(fd)
}
