// The real kernel: `Kernel` over the C library, through koffi. Only this file and the other libc files beside it may import koffi.
// Invariant: errno is read right after the call that set it, with no other call between.
// It links against the C library that Node itself runs on, so glibc and musl both work.

import koffi from 'koffi'
import type { CallResult, EndedChild, Kernel } from './kernel.ts'
import { errnos } from './kernel.ts'
import { bindDatagrams } from './libc-datagrams.ts'
import { bindSpawn } from './libc-spawn.ts'

const F_OFD_SETLK = 37
const F_WRLCK = 1
const SIG_IGN = 1
const P_ALL = 0
const P_PID = 1
const PRIO_PGRP = 1
const WNOHANG = 1
const WEXITED = 4
const WNOWAIT = 0x01000000

/** Binds the C library. A call costs about half a microsecond on top of the system call. */
export function realKernel(): Kernel {
  const libc = koffi.load(null)
  // libc.func returns an untyped function; these annotations are its declaration in TypeScript.
  const pipe2: (fds: Int32Array, flags: number) => number = libc.func('int pipe2(void *fds, int flags)')
  const open: VariadicOpen = libc.func('int open(const char *path, int flags, ...)')
  const close: (fd: number) => number = libc.func('int close(int fd)')
  // koffi has no ssize_t.
  const read: (fd: number, into: Uint8Array, length: number) => number = libc.func(
    'intptr_t read(int fd, void *into, size_t length)',
  )
  const write: (fd: number, bytes: Uint8Array, length: number) => number = libc.func(
    'intptr_t write(int fd, const void *bytes, size_t length)',
  )
  const dup3: (from: number, to: number, flags: number) => number = libc.func('int dup3(int from, int to, int flags)')
  // musl declares the request as an int: the lower half of the same register.
  const ioctl: VariadicIoctl = libc.func('int ioctl(int fd, unsigned long request, ...)')
  const fcntl: VariadicFcntl = libc.func('int fcntl(int fd, int command, ...)')
  const waitid: (type: number, id: number, info: Int32Array, options: number) => number = libc.func(
    'int waitid(int type, unsigned int id, void *info, int options)',
  )
  const kill: (pid: number, signal: number) => number = libc.func('int kill(int pid, int signal)')
  const signal: (number: number, action: number) => number = libc.func('intptr_t signal(int number, intptr_t action)')
  const setpriority: (which: number, who: number, nice: number) => number = libc.func(
    'int setpriority(int which, unsigned int who, int nice)',
  )
  const mallopt = optional(
    () => libc.func('int mallopt(int option, int value)') as (option: number, value: number) => number,
  )
  const prctl: VariadicPrctl = libc.func('int prctl(int option, ...)')

  const result = (value: number): CallResult => (value < 0 ? -koffi.errno() : value)

  // Scratch memory of the calls below. They are synchronous, so one of each is enough.
  const fds = new Int32Array(2)
  const siginfo = new Int32Array(32)

  // struct flock: short l_type, short l_whence, off_t l_start, off_t l_len, pid_t l_pid (0 for OFD locks).
  // Zeroes mean the whole file, from its beginning.
  const writeLock = Int16Array.of(F_WRLCK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

  const wait = (type: number, id: number, options: number): EndedChild | CallResult => {
    // siginfo_t: si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status. With WNOHANG and nothing to tell,
    // si_pid is 0.
    siginfo[4] = 0
    const value = waitid(type, id, siginfo, options | WNOHANG | WEXITED)
    if (value < 0) return -koffi.errno()
    const [, , code = 0, , pid = 0, , status = 0] = siginfo
    return pid === 0 ? 0 : { pid, code, status }
  }

  return {
    pipe2(flags) {
      const value = pipe2(fds, flags)
      if (value < 0) return -koffi.errno()
      const [read = -1, write = -1] = fds
      return [read, write]
    },
    open: (path, flags, mode = 0) => (path.includes('\0') ? -errnos.EINVAL : result(open(path, flags, 'int', mode))),
    close: (fd) => result(close(fd)),
    read: (fd, into) => result(read(fd, into, into.byteLength)),
    write: (fd, bytes) => result(write(fd, bytes, bytes.byteLength)),
    dup3: (from, to, flags) => result(dup3(from, to, flags)),
    ioctl: (fd, request, argument) =>
      result(ioctl(fd, request, typeof argument === 'number' ? 'long' : 'void *', argument)),
    fcntl: (fd, command, argument) => result(fcntl(fd, command, 'long', argument)),
    lockFile: (fd) => result(fcntl(fd, F_OFD_SETLK, 'void *', writeLock)),
    spawn: bindSpawn(libc),
    peekEnded: () => wait(P_ALL, 0, WNOWAIT),
    reap: (pid) => wait(P_PID, pid, 0),
    kill: (pid, signal) => result(kill(pid, signal)),
    // SIG_ERR is -1; every other answer is the action before, which may be an address.
    ignoreSignal: (number) => (signal(number, SIG_IGN) === -1 ? -koffi.errno() : 0),
    setGroupNice: (group, nice) => result(setpriority(PRIO_PGRP, group, nice)),
    mallopt: (option, value) => mallopt?.(option, value) ?? -errnos.ENOSYS,
    prctl: (option, argument) => result(prctl(option, 'long', argument, 'long', 0, 'long', 0, 'long', 0)),
    ...bindDatagrams(libc),
  }
}

/** A function that not every C library has. */
function optional<F>(find: () => F): F | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

type VariadicOpen = (path: string, flags: number, modeType: 'int', mode: number) => number
type VariadicFcntl = (fd: number, command: number, type: 'long' | 'void *', argument: number | Int16Array) => number
type VariadicIoctl = (
  fd: number,
  request: number,
  type: 'long' | 'void *',
  argument: number | ArrayBufferView,
) => number
type VariadicPrctl = (option: number, ...typesAndArguments: readonly ('long' | number)[]) => number
