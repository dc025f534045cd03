// Notices that whoever reads what we write has gone, when it happens, and not only at the next write. Nothing is polled: the event
// loop tells.

import { closeSync, fstatSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../proto/errno.ts'
import { FdWatch } from '../../proto/transport/seqpacket/fd-watch.ts'
import { noReader } from './output-error.ts'
import { reopenPipe } from './own-pipe.ts'
import { readerCalls } from './reader-calls.ts'

/** Whether nobody will ever read what we write to fd 1 or 2: a pipe without a name, or a socket, whose other end is closed. */
export const readerHasGone = (fd: 1 | 2): boolean => kindOf(fd) !== 'other' && readerCalls().isClosed(fd)

/**
 * Calls back once, and never before this returns, when the reader of fd 1 or 2 has gone. A socket is watched until something comes
 * in on it.
 */
export function watchReader(fd: 1 | 2, gone: () => void): Disposable {
  let watch: FdWatch | undefined
  let over = false
  const end = () => {
    over = true
    watch?.destroy()
  }
  // What the library calls may only take note.
  const soon = () => {
    setImmediate(() => {
      if (over) return
      end()
      if (readerHasGone(fd)) gone()
    })
  }
  if (readerHasGone(fd)) soon()
  else watch = openWatch(fd, soon)
  return { [Symbol.dispose]: end }
}

/** What the work brings; or, if the reader of our stdout goes before, the error that writing to it would bring. */
export async function whileRead<T>(work: Promise<T>): Promise<T> {
  let watch: Disposable | undefined
  const gone = new Promise<never>((_, reject) => {
    watch = watchReader(1, () => reject(noReader()))
  })
  try {
    return await Promise.race([work, gone])
  } finally {
    watch?.[Symbol.dispose]()
  }
}

/** A pipe with a name may get another reader. */
function kindOf(fd: 1 | 2): 'pipe' | 'socket' | 'other' {
  try {
    const stats = fstatSync(fd)
    if (stats.isSocket()) return 'socket'
    return stats.isFIFO() && readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:') ? 'pipe' : 'other'
  } catch (error) {
    if (errnoOf(error) !== undefined) return 'other' // closed, or no /proc
    throw error
  }
}

function openWatch(fd: 1 | 2, changed: () => void): FdWatch | undefined {
  const kind = kindOf(fd)
  // The library makes it non-blocking, which for a pipe of our own is nobody else's matter.
  const own = kind === 'pipe' ? reopenPipe(fd) : kind === 'socket' ? readerCalls().duplicate(fd) : undefined
  if (own === undefined || own < 0) return undefined
  try {
    return new FdWatch(own, { readable: changed, sent() {}, failed: changed })
  } catch {
    // The event loop cannot watch it: then the next write tells.
    closeSync(own)
    return undefined
  }
}
