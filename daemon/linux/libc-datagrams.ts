// Datagram sockets through koffi: receiving with the sender's credentials, and waiting in Node's event loop. Most daemons never
// need them, so each function is looked up when it is called first.

import koffi, { type LibraryHandle } from 'koffi'
import { type CallResult, type Datagram, errnos, type Kernel } from './kernel.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const SOL_SOCKET = 1
const SO_PASSCRED = 16
/** Linux 6.5 and later. */
const SO_PASSPIDFD = 76
const SCM_RIGHTS = 1
const SCM_CREDENTIALS = 2
const SCM_PIDFD = 4
const MSG_CTRUNC = 0x08
const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40
const MSG_CMSG_CLOEXEC = 0x40000000

/** SCM_MAX_FD file descriptors of 4 bytes, credentials, a pidfd, and their headers. */
const CONTROL_BYTES = 1200
/** struct cmsghdr: its length (8), level and type (4 each). See cmsg(3). */
const CMSG_HEADER = 16

/** Binds what a datagram socket needs of the C library. */
export function bindDatagrams(
  libc: LibraryHandle,
): Pick<Kernel, 'datagramSocket' | 'bindSocket' | 'passCredentials' | 'receiveDatagram' | 'watchReadable'> {
  const result = (value: number): CallResult => (value < 0 ? -koffi.errno() : value)
  const once = <T>(make: () => T): (() => T) => {
    let made: T | undefined
    return () => {
      made ??= make()
      return made
    }
  }
  const socket = once(() => libc.func('int socket(int, int, int)'))
  const bind = once(() => libc.func('int bind(int, const void *, uint32_t)'))
  const setsockopt = once(() => libc.func('int setsockopt(int, int, int, const void *, uint32_t)'))
  const recvmsg = once(() => bindReceive(libc))
  const control = once(() => Buffer.alloc(CONTROL_BYTES))

  return {
    datagramSocket: () => result(socket()(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
    bindSocket(fd, path) {
      const address = Buffer.alloc(2 + Buffer.byteLength(path) + 1)
      address.writeUInt16LE(AF_UNIX, 0)
      address.write(path, 2)
      return result(bind()(fd, address, address.length))
    },
    passCredentials(fd) {
      const on = Int32Array.of(1)
      setsockopt()(fd, SOL_SOCKET, SO_PASSPIDFD, on, on.byteLength)
      return result(setsockopt()(fd, SOL_SOCKET, SO_PASSCRED, on, on.byteLength))
    },
    receiveDatagram(fd, into) {
      const memory = control()
      const message: MessageHeader = {
        ...{ name: null, namelen: 0, iov: [{ base: into, length: into.byteLength }], iovlen: 1 },
        ...{ control: memory, controllen: memory.length, flags: 0 },
      }
      const length = recvmsg()(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
      if (length < 0) return -koffi.errno()
      const truncated = (message.flags & (MSG_TRUNC | MSG_CTRUNC)) !== 0
      return { length, truncated, ...ancillary(memory.subarray(0, Number(message.controllen))) }
    },
    watchReadable(fd, callback) {
      try {
        const handle = koffi.node.poll(fd, { readable: true }, callback)
        handle.unref()
        return () => handle.close()
      } catch {
        // It throws what epoll_ctl(2) says of the fd, in words only: there is no room for one more.
        return -errnos.ENOSPC
      }
    },
  }
}

interface MessageHeader {
  readonly name: null
  readonly namelen: number
  readonly iov: readonly { readonly base: Uint8Array; readonly length: number }[]
  readonly iovlen: number
  readonly control: Uint8Array
  controllen: number | bigint
  flags: number
}

/** struct msghdr and struct iovec without names: koffi knows each name once in a process. */
function bindReceive(libc: LibraryHandle): (fd: number, message: MessageHeader, flags: number) => number {
  const iovec = koffi.struct({ base: 'void *', length: 'size_t' })
  const msghdr = koffi.struct({
    ...{ name: 'void *', namelen: 'uint32_t', iov: koffi.pointer(iovec), iovlen: 'size_t' },
    ...{ control: 'void *', controllen: 'size_t', flags: 'int' },
  })
  return libc.func('recvmsg', 'intptr_t', ['int', koffi.inout(koffi.pointer(msghdr)), 'int'])
}

/** What came beside the bytes. */
function ancillary(memory: Buffer): Pick<Datagram, 'pid' | 'fds' | 'pidfd'> {
  const fds: number[] = []
  let pid = 0
  let pidfd = -1
  for (let at = 0; at + CMSG_HEADER <= memory.length; ) {
    const length = Number(memory.readBigUInt64LE(at))
    if (length < CMSG_HEADER || at + length > memory.length) break
    const begin = at + CMSG_HEADER
    const type = memory.readInt32LE(at + 12)
    if (type === SCM_CREDENTIALS) pid = memory.readInt32LE(begin)
    else if (type === SCM_PIDFD) pidfd = memory.readInt32LE(begin)
    else if (type === SCM_RIGHTS) {
      for (let fd = begin; fd + 4 <= at + length; fd += 4) fds.push(memory.readInt32LE(fd))
    }
    at += (length + 7) & ~7
  }
  return { pid, fds, pidfd }
}
