// Non-blocking I/O on descriptors that we share with the shell and with others of its commands. O_NONBLOCK belongs to the
// open file description, so setting it on ours would set it on theirs, and they would fail with EAGAIN.

import { constants, openSync, readFileSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'

/**
 * A pipe of ours, through a description of our own. Undefined where that is not allowed (a pipe made by another user) or
 * the other end is closed. Undefined also for a named pipe to read: opened anew after its last writer has left, it would
 * never tell its end (fifo(7), Linux's fifo_open), as an unnamed one does.
 *
 * @param fd 0, to read; 1 or 2, to write
 */
export function reopenPipe(fd: 0 | 1 | 2): number | undefined {
  try {
    if (fd === 0 && !readlinkSync('/proc/self/fd/0').startsWith('pipe:')) return undefined
    const direction = fd === 0 ? constants.O_RDONLY : constants.O_WRONLY
    return openSync(`/proc/self/fd/${fd}`, direction | constants.O_NONBLOCK)
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENXIO', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/**
 * Makes those of our descriptors blocking that Node's own streams made non-blocking (sockets, mostly). Node does so itself when
 * it exits, but not when a signal ends it.
 */
export function restoreBlocking(): void {
  const streams = [() => process.stdin, () => process.stdout, () => process.stderr]
  for (const [fd, stream] of streams.entries()) {
    if (!isNonBlocking(fd)) continue
    const { _handle: handle } = stream() as { _handle?: { setBlocking?(on: boolean): unknown } | null }
    handle?.setBlocking?.(true)
  }
}

const O_NONBLOCK = 0o4000

/** By proc_pid_fdinfo(5). */
function isNonBlocking(fd: number): boolean {
  try {
    const flags = /^flags:\s+0([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & O_NONBLOCK) !== 0
  } catch (error) {
    if (errnoOf(error) !== undefined) return false // no /proc
    throw error
  }
}
