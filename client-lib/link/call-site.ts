// Where the program called the library: what fails later, when a packet comes, is told with the stack of that call and not
// with that of the packet.

import { NetdaemonError } from '../../proto/errors.ts'

/** The stack of a call into the library, kept until the call fails. Making one takes a few microseconds. */
export class CallSite {
  /** Set by captureStackTrace. */
  readonly stack: string = ''

  constructor() {
    Error.captureStackTrace(this)
  }

  /** A failure with this stack; what is no failure of netdaemon's (an AbortSignal's reason) stays as it is. */
  own(error: unknown): unknown {
    if (!(error instanceof NetdaemonError)) return error
    const { code, message, errno, detail, cause } = error
    const owned = new NetdaemonError(code, message, { errno, detail, cause })
    owned.stack = [`${owned.name}: ${message}`, ...callersFrames(this.stack)].join('\n')
    return owned
  }
}

/**
 * Waits for a promise, and gives its failure the stack of whoever awaits this call. It costs nothing until then, but a
 * caller that awaits the promise only later is not in the stack: for calls as frequent as keystrokes.
 */
export async function ownFailure<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw new CallSite().own(error)
  }
}

/** The frames from the function that was called on; those of the library below it say nothing to a caller. */
function callersFrames(stack: string): string[] {
  const [own = '', ...frames] = stack.split('\n').filter((line) => line.startsWith('    at '))
  // The first frame is the constructor above: it tells where the library is, by source maps or without.
  const library = /([^( ]*\/)link\/call-site\.[jt]s/.exec(own)?.[1]
  // Node's own frames may lie between those of the library.
  const isLibrary = (frame: string) => (library !== undefined && frame.includes(library)) || frame.includes('(node:')
  const caller = library === undefined ? 0 : frames.findIndex((frame) => !isLibrary(frame))
  return frames.slice(Math.max(0, caller - 1))
}
