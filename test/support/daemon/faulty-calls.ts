// Kernels and socket calls that fail on a schedule. The schedule is asked before every call, and is told where in the
// code the call is made: so a test can first collect the places, and then let each fail in turn.

import { errnos, type Kernel } from '../../../daemon/linux/kernel.ts'
import type { SocketCalls } from '../../../proto/transport/seqpacket/socket-calls.ts'

/** One call that is about to be made. */
export interface Call {
  /** `kernel.pipe2`, `sockets.send`. */
  readonly method: string
  /** The method, and the functions that led to it with their places, the innermost first. */
  readonly site: string
  /** How often this site has called by now, this call included. */
  readonly nth: number
}

/** Says whether a call fails: with this errno, by name, or not at all. */
export type Schedule = (call: Call) => string | undefined

/** Functions of the caller that make a site: enough to tell apart the uses of a small shared function. */
const SITE_FRAMES = 4

/** A kernel that fails on schedule. A call that fails has not happened; but a close that fails has, as on Linux. */
export function faultyKernel(kernel: Kernel, schedule: Schedule): Kernel {
  return faulty('kernel', kernel, schedule)
}

/** Socket calls that fail on schedule; see {@link faultyKernel}. */
export function faultySocketCalls(calls: SocketCalls, schedule: Schedule): SocketCalls {
  return faulty('sockets', calls, schedule)
}

/** The errnos that make sense for each call: those of its manual page that an innocent program can meet. */
export const applicable: Readonly<Record<string, readonly string[]>> = {
  'kernel.pipe2': ['EMFILE', 'ENFILE', 'ENOMEM'],
  'kernel.open': ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOENT', 'EACCES', 'ENOSPC', 'EINTR'],
  'kernel.close': ['EINTR', 'EIO', 'ENOSPC'],
  'kernel.read': ['EIO', 'EINTR', 'EAGAIN', 'ENOMEM'],
  'kernel.dup3': ['EBUSY', 'EINTR', 'EBADF', 'EMFILE'],
  'kernel.ioctl': ['EIO', 'EPERM', 'EMFILE', 'ENOMEM', 'ENOTTY', 'EINTR'],
  'kernel.write': ['EAGAIN', 'EINTR', 'EPIPE', 'EIO', 'ENOMEM', 'ENOSPC'],
  'kernel.fcntl': ['EBADF', 'EMFILE', 'EPERM', 'EINTR'],
  'kernel.lockFile': ['EAGAIN', 'ENOLCK', 'EIO', 'EINTR'],
  'kernel.spawn': ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ENOENT', 'EACCES', 'E2BIG', 'EPERM', 'EIO', 'ETXTBSY'],
  // Not ECHILD: the kernel says that when there are no children, and then it is true.
  'kernel.peekEnded': ['EINTR'],
  'kernel.reap': ['EINTR', 'ECHILD'],
  'kernel.kill': ['ESRCH', 'EPERM'],
  'kernel.ignoreSignal': ['EINVAL'],
  'kernel.prctl': ['EINVAL', 'EPERM'],
  'kernel.datagramSocket': ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'],
  'kernel.bindSocket': ['EADDRINUSE', 'EACCES', 'ENOMEM', 'ENOSPC', 'EROFS'],
  'kernel.passCredentials': ['ENOMEM', 'ENOPROTOOPT'],
  'kernel.receiveDatagram': ['EAGAIN', 'EINTR', 'ENOMEM', 'ENOBUFS'],
  'kernel.watchReadable': ['ENOMEM', 'ENOSPC'],
  'sockets.socket': ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'],
  'sockets.connect': ['EAGAIN', 'EINTR', 'EACCES', 'ENOMEM', 'EPROTOTYPE', 'ENOENT'],
  'sockets.bind': ['EADDRINUSE', 'EACCES', 'ENOMEM', 'ENOSPC', 'EROFS'],
  'sockets.listen': ['EADDRINUSE', 'ENOMEM'],
  'sockets.accept': ['EAGAIN', 'EINTR', 'ECONNABORTED', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'],
  'sockets.send': ['EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM', 'EPIPE', 'ECONNRESET'],
  'sockets.receive': ['EAGAIN', 'EINTR', 'ENOMEM', 'ENOBUFS', 'ECONNRESET'],
  'sockets.mayCarryFds': [],
  'sockets.duplicate': ['EMFILE'],
  'sockets.carriesFds': ['EAGAIN', 'ENOMEM', 'ENOBUFS', 'ECONNRESET'],
  'sockets.shutdownWrite': ['ENOTCONN', 'ENOBUFS'],
  'sockets.peerCredentials': ['ENOBUFS', 'EINVAL'],
  'sockets.close': ['EINTR', 'EIO'],
}

type AnyCall = (...values: readonly unknown[]) => unknown

function faulty<T extends object>(seam: string, real: T, schedule: Schedule): T {
  const counts = new Map<string, number>()
  const wrap = ([name, call]: [string, AnyCall]): [string, AnyCall] => {
    const method = `${seam}.${name}`
    const wrapped: AnyCall = (...values) => {
      const site = `${method} < ${callers(wrapped)}`
      const nth = (counts.get(site) ?? 0) + 1
      counts.set(site, nth)
      const errno = schedule({ method, site, nth })
      if (errno === undefined) return call(...values)
      if (name === 'close') call(...values)
      return -numberOf(errno)
    }
    return [name, wrapped]
  }
  return Object.fromEntries(Object.entries(real).map(wrap)) as T
}

function numberOf(errno: string): number {
  const number = Object.entries(errnos).find(([name]) => name === errno)?.[1]
  if (number === undefined) throw new Error(`there is no errno ${errno}`)
  return number
}

/** The functions of ours that lead to `below`, the innermost first, as `Class.method (daemon/file.js:12)`. */
function callers(below: AnyCall): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  const holder: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = 12
    Error.prepareStackTrace = (_error, frames) => frames
    Error.captureStackTrace(holder, below)
    const frames = holder.stack as NodeJS.CallSite[]
    return frames
      .map((frame) => ({ frame, place: /\/((?:daemon|proto)\/[^?]*)$/.exec(frame.getFileName() ?? '')?.[1] }))
      .filter(({ place }) => place !== undefined)
      .slice(0, SITE_FRAMES)
      .map(({ frame, place }) => `${frame.getFunctionName() ?? 'anonymous'} (${place}:${frame.getLineNumber()})`)
      .join(' < ')
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}
