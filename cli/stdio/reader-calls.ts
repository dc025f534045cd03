// The system calls that tell whether somebody still reads what we write, made through koffi: Node has none for them.

import koffi from 'koffi'

export interface ReaderCalls {
  /** Whether the other end of a pipe, or of a socket in both directions, is closed (poll(2): POLLERR, POLLHUP). */
  isClosed(fd: number): boolean
  /** Another descriptor for the same file, closed on exec; negative if there is none to have. */
  duplicate(fd: number): number
}

const POLLERR = 8
const POLLHUP = 16
const F_DUPFD_CLOEXEC = 1030

let opened: ReaderCalls | undefined

/** Those of the kernel. The C library is looked up at the first use. */
export function readerCalls(): ReaderCalls {
  opened ??= open()
  return opened
}

function open(): ReaderCalls {
  const libc = koffi.load(null)
  // libc.func returns an untyped function; these annotations are its declaration in TypeScript.
  const poll: (fds: Buffer, count: number, timeoutMs: number) => number = libc.func(
    'int poll(_Inout_ void *fds, unsigned long count, int timeout)',
  )
  const fcntl: (fd: number, command: number, least: number) => number = libc.func('int fcntl(int, int, int)')
  return {
    isClosed(fd) {
      // struct pollfd: the fd, what is asked for (these two always are), what there is.
      const asked = Buffer.alloc(8)
      asked.writeInt32LE(fd, 0)
      return poll(asked, 1, 0) > 0 && (asked.readInt16LE(6) & (POLLERR | POLLHUP)) !== 0
    },
    duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 0),
  }
}
