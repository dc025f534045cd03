// Where input comes from: our own fd 0. Reading never blocks the event loop, and the flags of a pipe that others hold too
// are left alone.

import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { reopenPipe } from './own-pipe.ts'

/** Our stdin, not flowing yet. */
export function openSource(): Readable {
  const own = fstatSync(0).isFIFO() ? reopenPipe(0) : undefined
  return own === undefined ? process.stdin : new Socket({ fd: own, readable: true, writable: false })
}

/** Our stdin, a terminal, after its stream has ended by Ctrl-D: what is typed then comes to a new one. */
export const openTerminalAgain = (): Readable => new ReadStream(0)
