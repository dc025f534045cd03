// The seam between netdaemon and the kernel: every system call that Node's own API lacks goes through `Kernel`, so that
// a test can make any of them fail with any errno. Invariant: a call returns its value, or a negative errno; none throws.
// The real one is `realKernel()` in libc.ts. Nothing here has any effect of its own.

import { constants as fsConstants } from 'node:fs'
import { constants as osConstants } from 'node:os'

/** A number that is never negative on success, and `-errno` on failure: `-2` is ENOENT. */
export type CallResult = number

/**
 * Where a child's file descriptor comes from: one of the daemon's, which must not be one that the child gets; a file that
 * the child opens for reading and writing, and a terminal becomes its controlling one by that; or a lower one of its own.
 */
export type ChildFd = number | { readonly opened: string } | { readonly sameAs: number }

/** A program to be executed by {@link Kernel.spawn}. Nothing is searched, checked or guessed. */
export interface SpawnCall {
  /** What is executed, relative to {@link cwd}. */
  readonly file: string
  readonly argv: readonly string[]
  /** The whole environment, as `NAME=value`. */
  readonly env: readonly string[]
  readonly cwd: string
  /** The child's file descriptors: `fds[n]` becomes its fd `n`; one that is undefined is closed, as is everything above. */
  readonly fds: readonly (ChildFd | undefined)[]
  /** umask(2) of the child; absent: that of the daemon. */
  readonly umask?: number | undefined
  /** Its soft limit of open files; absent: the daemon's own, which Node has raised. */
  readonly softFiles?: number | undefined
}

/** A child that has ended, as `waitid` tells it. */
export interface EndedChild {
  readonly pid: number
  /** `CLD_EXITED` (1), `CLD_KILLED` (2) or `CLD_DUMPED` (3). */
  readonly code: number
  /** The exit status, or the signal that killed it. */
  readonly status: number
}

/** A datagram that has been received. */
export interface Datagram {
  /** Bytes of it. */
  readonly length: number
  /** It was longer than the memory given. */
  readonly truncated: boolean
  /** Who sent it, as the kernel has checked (SCM_CREDENTIALS); 0: nobody that can be seen from here. */
  readonly pid: number
  /** File descriptors that came with it: the receiver's from now on, close-on-exec. */
  readonly fds: readonly number[]
  /** A pidfd of the sender; -1: the kernel sends none (before Linux 6.5). The receiver's, too. */
  readonly pidfd: number
}

/** The system calls of the daemon that Node does not offer. All are synchronous, and only {@link spawn} blocks. */
export interface Kernel {
  /** pipe2(2): the read end and the write end. `flags`: {@link O_CLOEXEC}, `O_NONBLOCK`. */
  pipe2(flags: number): readonly [read: number, write: number] | CallResult
  /** open(2): the new fd. */
  open(path: string, flags: number, mode?: number): CallResult
  /** close(2). The fd is gone even when this fails. */
  close(fd: number): CallResult
  /** read(2) of an fd that does not block: the number of bytes read, 0 at the end. */
  read(fd: number, into: Uint8Array): CallResult
  /** write(2): the number of bytes taken, which may be fewer than given. */
  write(fd: number, bytes: Uint8Array): CallResult
  /** dup3(2): `to` is what `from` is from now on; what it was is closed. */
  dup3(from: number, to: number, flags: number): CallResult
  /** ioctl(2) with an integer, or with memory that is read or written. */
  ioctl(fd: number, request: number, argument: number | Uint8Array | Uint16Array | Int32Array): CallResult
  /** fcntl(2) with an integer argument. */
  fcntl(fd: number, command: number, argument: number): CallResult
  /** Locks the whole file for this open file description (F_OFD_SETLK, exclusive); `-EAGAIN` when another holds it. */
  lockFile(fd: number): CallResult
  /**
   * posix_spawn(3) in a session of its own, with default signal dispositions and an empty mask: the pid. Returns when
   * the program is executing, or with the errno of what failed (the chdir or the exec; the caller finds out which).
   */
  spawn(call: SpawnCall): CallResult
  /** waitid(2), never blocking, leaving the child a zombie: one ended child of any pid, or 0 when none has ended. */
  peekEnded(): EndedChild | CallResult
  /** waitid(2), never blocking: reaps this child, or 0 when it has not ended. */
  reap(pid: number): EndedChild | CallResult
  /** kill(2); a negative pid is a process group. */
  kill(pid: number, signal: number): CallResult
  /** signal(2) with SIG_IGN. */
  ignoreSignal(signal: number): CallResult
  /** setpriority(2) of a process group: its nice value, from -20 to 19. */
  setGroupNice(group: number, nice: number): CallResult
  /** mallopt(3): 1, or 0 if it does nothing; `-ENOSYS` where the C library has no such call (musl). */
  mallopt(option: number, value: number): CallResult
  /** prctl(2) with one integer argument. */
  prctl(option: number, argument: number): CallResult
  /** socket(2): an AF_UNIX socket for datagrams, close-on-exec, that never blocks. */
  datagramSocket(): CallResult
  /** bind(2) to a path, whose file appears. */
  bindSocket(fd: number, path: string): CallResult
  /** Has the kernel say who sends each datagram: SO_PASSCRED, and SO_PASSPIDFD where it is known. */
  passCredentials(fd: number): CallResult
  /** recvmsg(2): the next datagram, or -EAGAIN. */
  receiveDatagram(fd: number, into: Uint8Array): Datagram | CallResult
  /**
   * Calls back again and again as long as an fd can be read. The returned function ends that; it is to be called before the fd
   * is closed, and not from within the callback. It does not keep the event loop going.
   */
  watchReadable(fd: number, callback: () => void): (() => void) | CallResult
}

export const O_CLOEXEC = 0o2000000
export const { O_RDONLY, O_RDWR, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = fsConstants
// <fcntl.h>, <sys/prctl.h>, <sys/wait.h>: the same on every architecture that Node supports on Linux.
export const F_DUPFD_CLOEXEC = 1030
export const F_GETFD = 1
export const F_SETFD = 2
export const F_GETFL = 3
export const F_SETFL = 4
export const FD_CLOEXEC = 1
export const PR_SET_CHILD_SUBREAPER = 36
/** <malloc.h> of glibc: blocks from so many bytes on are mapped each by itself, and go back to the kernel when they are freed. */
export const M_MMAP_THRESHOLD = -3
/** So much may stay free at the end of the heap. */
export const M_TRIM_THRESHOLD = -1
export const CLD_EXITED = 1
export const CLD_KILLED = 2
export const CLD_DUMPED = 3

/** errno numbers by name: `errnos.ENOENT` is 2. */
export const errnos = osConstants.errno

const nameByErrno = new Map<number, string>(Object.entries(errnos).map(([name, value]) => [value, name] as const))
// These share a number with EAGAIN and EOPNOTSUPP; the name on the right is the one that manual pages use.
nameByErrno.set(errnos.EAGAIN, 'EAGAIN').set(errnos.EOPNOTSUPP, 'EOPNOTSUPP')

/** The name of an errno, given positive or as the negative result of a call: `ENOENT`. Unknown ones are `errno 599`. */
export function errnoName(errno: number): string {
  const value = Math.abs(errno)
  return nameByErrno.get(value) ?? missingNames[value] ?? `errno ${value}`
}

// Node's table lacks those that its own API never returns.
const missingNames: Readonly<Record<number, string>> = {
  15: 'ENOTBLK',
  108: 'ESHUTDOWN',
  117: 'EUCLEAN',
  122: 'EDQUOT',
}
