// The one error type of netdaemon, and its codes. A code is what programs match on; the message is a sentence for a
// person: what failed, on what, why, and what to do. Nothing ever matches on a message's text.

/** Why something failed. Codes travel on the wire (in ERROR and ABORT), so they only ever grow. */
export const errorCodes = {
  BAD_PACKET: 'the bytes are not a packet of this protocol; the connection is closed',
  BAD_REQUEST: 'the body of the request does not fit its schema',
  NOT_SUPPORTED: 'the daemon does not know this command',
  VERSION: 'the two sides have no protocol version in common',
  NOT_READY: 'a request came before HELLO had succeeded, or HELLO did not come in time',
  NOT_FOUND: 'no process, or no program, of that name',
  AMBIGUOUS: 'the prefix fits more than one process',
  NAME_TAKEN: 'another process has this name',
  CANNOT_START: 'the program could not be started; errno says why',
  NOT_RUNNING: 'the process has ended, so it cannot be signalled or written to',
  STILL_RUNNING: 'the process has not ended, so it cannot be removed',
  ALREADY_ATTACHED: 'this connection is attached to that process already',
  NOT_ATTACHED: 'this connection is not attached to that process',
  INPUT_CLOSED: 'the process takes no more input',
  NO_TERMINAL: 'the process has no terminal',
  WINDOW: 'more was sent than the window allows; the connection is closed',
  LIMIT: 'a limit of the daemon was reached',
  TIMEOUT: 'it did not happen in the time given',
  CANCELLED: 'the caller gave up waiting',
  SHUTTING_DOWN: 'the daemon is ending',
  SYSTEM: 'a system call failed; errno says how',
  INTERNAL: 'a bug in netdaemon; the daemon has logged it',
  NO_DAEMON: 'no daemon listens on the socket',
  DISCONNECTED: 'the connection to the daemon was lost',
} as const

/** One of the codes of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes

/** An errno by its name, as `ENOENT`. */
export type Errno = string

/** What an ERROR or ABORT packet carries. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly errno?: Errno | undefined
  readonly detail?: Record<string, unknown> | undefined
}

/**
 * Every failure that netdaemon reports, on either side of the wire.
 *
 * Match on {@link code} (and {@link errno}, where a system call failed); show {@link message}.
 */
export class NetdaemonError extends Error {
  override readonly name = 'NetdaemonError'
  readonly code: ErrorCode
  /** The errno by name, when a system call failed. */
  readonly errno: Errno | undefined
  /** Facts for programs, as the path that was tried. */
  readonly detail: Record<string, unknown> | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: { errno?: Errno | undefined; detail?: Record<string, unknown> | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.errno = more.errno
    this.detail = more.detail
  }

  /** The error as it travels in ERROR and ABORT. */
  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.errno === undefined ? {} : { errno: this.errno }),
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    }
  }

  /** The error that an ERROR or ABORT packet carried. */
  static fromBody(body: ErrorBody): NetdaemonError {
    return new NetdaemonError(body.code, body.message, { errno: body.errno, detail: body.detail })
  }
}
