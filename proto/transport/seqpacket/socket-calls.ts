// The system calls on AF_UNIX SEQPACKET sockets, made through koffi. `SocketCalls` is the seam: everything above it is
// given one, and a test gives one that fails. No call throws for anything the kernel says: a failure is a negative errno.
// Constants are those of Linux on x86-64, arm64 and riscv64.

import koffi from 'koffi'
import type { PeerCredentials } from '../connection.ts'

const AF_UNIX = 1
const SOCK_SEQPACKET = 5
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const SOL_SOCKET = 1
const SO_PEERCRED = 17
/** Linux 6.16 and later, on every architecture that Node supports. */
const SO_PASSRIGHTS = 83
const F_DUPFD_CLOEXEC = 1030
const F_OFD_GETLK = 36
const F_WRLCK = 1
const F_UNLCK = 2
const SHUT_WR = 1
const MSG_PEEK = 0x02
const MSG_CTRUNC = 0x08
const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

/** Longest path of a socket in bytes: `sun_path` is 108 with its closing NUL (unix(7)). */
export const SOCKET_PATH_MAX = 107

/** The calls that the packet sockets make. Where a number is answered, a negative one is an errno, negated. */
export interface SocketCalls {
  /**
   * A new socket: close-on-exec, non-blocking. Answers its fd. Where the kernel can, it refuses file descriptors that a peer
   * passes along (SCM_RIGHTS, unix(7)), and so do the connections that it accepts: their sender gets EPERM.
   */
  socket(): number
  /** Whether packets may carry file descriptors, because the kernel cannot refuse them (before Linux 6.16). */
  mayCarryFds(): boolean
  /** Whether the next packet does: 1 or 0, without taking it. */
  carriesFds(fd: number): number
  /** A second, close-on-exec fd of the same socket: closing the first does not end it. */
  duplicate(fd: number): number
  /** Never waits: -EAGAIN says that the listener's backlog is full (connect(2)). */
  connect(fd: number, path: string): number
  bind(fd: number, path: string): number
  listen(fd: number, backlog: number): number
  /** The next connection's fd, close-on-exec and non-blocking. */
  accept(fd: number): number
  /** Sends one whole packet without waiting and without SIGPIPE. Answers its length. */
  send(fd: number, packet: Uint8Array): number
  /**
   * Takes one packet without waiting: its length; or 0 at the end (or for an empty packet: the kernel does not tell them
   * apart). A length over that of the buffer is that of a packet that did not fit.
   */
  receive(fd: number, into: Buffer): number
  /** Ends our direction: the peer reads what is on the way, then the end. */
  shutdownWrite(fd: number): number
  /** Whether another open file has a lock on this one (F_OFD_GETLK, fcntl(2)): 1 or 0. */
  isLocked(fd: number): number
  /** Who is at the other end: who connected, or who called listen (SO_PEERCRED, unix(7)). */
  peerCredentials(fd: number): PeerCredentials | number
  close(fd: number): number
}

/**
 * Builds the calls on the C library that this process runs with, whichever it is.
 *
 * @param refuseFds false for a test, to be as on a kernel that cannot refuse file descriptors
 */
export function openSocketCalls(refuseFds = true): SocketCalls {
  const libc = koffi.load(null)
  const socket = libc.func('int socket(int, int, int)')
  const connect = libc.func('int connect(int, const void *, uint32_t)')
  const bind = libc.func('int bind(int, const void *, uint32_t)')
  const listen = libc.func('int listen(int, int)')
  const accept4 = libc.func('int accept4(int, void *, void *, int)')
  const send = libc.func('intptr_t send(int, const void *, size_t, int)')
  const recv = libc.func('intptr_t recv(int, void *, size_t, int)')
  const shutdown = libc.func('int shutdown(int, int)')
  const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)')
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)')
  const recvmsg = libc.func('intptr_t recvmsg(int, void *, int)')
  const fcntl = libc.func('int fcntl(int, int, int)')
  const fcntlLock = libc.func('int fcntl(int, int, void *)')
  const close = libc.func('int close(int)')

  const answer = (result: number): number => (result < 0 ? -koffi.errno() : result)

  const off = new Int32Array([0])
  let mayCarryFds = !refuseFds
  // struct msghdr, all zero: no place for bytes, and none for what comes with them, of which msg_flags then tells.
  const nothing = new Int32Array(14)
  const FLAGS = 12

  return {
    socket: () => {
      const fd = answer(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
      if (fd >= 0 && refuseFds) mayCarryFds = setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, off, off.byteLength) < 0
      return fd
    },
    mayCarryFds: () => mayCarryFds,
    carriesFds: (fd) => {
      nothing[FLAGS] = 0
      const length: number = recvmsg(fd, nothing, MSG_PEEK | MSG_DONTWAIT)
      if (length < 0) return -koffi.errno()
      return ((nothing[FLAGS] ?? 0) & MSG_CTRUNC) === 0 ? 0 : 1
    },
    duplicate: (fd) => answer(fcntl(fd, F_DUPFD_CLOEXEC, 0)),
    connect: (fd, path) => {
      const address = socketAddress(path)
      return answer(connect(fd, address, address.length))
    },
    bind: (fd, path) => {
      const address = socketAddress(path)
      return answer(bind(fd, address, address.length))
    },
    listen: (fd, backlog) => answer(listen(fd, backlog)),
    accept: (fd) => answer(accept4(fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK)),
    send: (fd, packet) => answer(send(fd, packet, packet.length, MSG_DONTWAIT | MSG_NOSIGNAL)),
    receive: (fd, into) => answer(recv(fd, into, into.length, MSG_DONTWAIT | MSG_TRUNC)),
    shutdownWrite: (fd) => answer(shutdown(fd, SHUT_WR)),
    isLocked: (fd) => {
      // struct flock: the whole file; its first field is answered.
      const lock = new Int16Array(16)
      lock[0] = F_WRLCK
      const result = answer(fcntlLock(fd, F_OFD_GETLK, lock))
      return result < 0 ? result : Number(lock[0] !== F_UNLCK)
    },
    peerCredentials: (fd) => {
      const credentials = new Int32Array(3)
      const result = answer(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, new Uint32Array([12])))
      if (result < 0) return result
      const [pid = 0, uid = 0, gid = 0] = credentials
      return { pid, uid: uid >>> 0, gid: gid >>> 0 }
    },
    close: (fd) => answer(close(fd)),
  }
}

/** `struct sockaddr_un`, as short as it may be. The caller has checked the path's length. */
function socketAddress(path: string): Buffer {
  const address = Buffer.alloc(2 + Buffer.byteLength(path) + 1)
  address.writeUInt16LE(AF_UNIX, 0)
  address.write(path, 2)
  return address
}

let opened: SocketCalls | undefined

/** The calls of the running kernel. The C library is looked up at the first use. */
export function realSocketCalls(): SocketCalls {
  opened ??= openSocketCalls()
  return opened
}
