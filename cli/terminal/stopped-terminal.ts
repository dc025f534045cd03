// Writing to a terminal that may take nothing (Ctrl-S, or nobody reads its other end) when ndctl is about to end: what is
// written then is worth a moment's waiting, and no more.

import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { errnoOf } from '../../proto/errno.ts'
import { say } from '../stdio/stdio.ts'

/** How long a terminal that takes nothing may keep us from ending. */
const PATIENCE_MS = 1000
const RETRY_MS = 5

/**
 * As {@link say}, for a while: an ndctl that catches signals must not wait in a call that they do not end.
 */
export async function sayInPassing(sentence: string): Promise<void> {
  const own = isatty(2) ? reopenStderr() : undefined
  if (own === undefined) return await say(sentence)
  writeForAWhile(own, Buffer.from(`ndctl: ${sentence}\n`))
  closeSync(own)
}

/** Our stderr through a description of our own, which does not block; undefined where that is not allowed. */
function reopenStderr(): number | undefined {
  try {
    return openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    if (errnoOf(error) !== undefined) return undefined
    throw error
  }
}

/** Writes to what does not block, without the event loop; gives up when nothing is taken for a while, or ever will be. */
export function writeForAWhile(fd: number, bytes: Uint8Array): void {
  const deadline = Date.now() + PATIENCE_MS
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === undefined) throw error
      // EIO: it has hung up.
      if (errno !== 'EAGAIN' || Date.now() > deadline) return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}
