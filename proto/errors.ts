// The one error type of netdaemon, and its codes. A code is what programs match on; the message is a sentence for a
// person: what failed, on what, why, and what to do. Nothing ever matches on a message's text.

/** An error code: what it means, and whether it passes. */
export interface ErrorKind {
  readonly meaning: string
  /** Whether the same request may succeed later, without anybody changing anything in it. */
  readonly mayPass: boolean
}

/** Why something failed. Codes travel on the wire (in ERROR and ABORT), so they only ever grow. */
export const errorCodes = {
  BAD_PACKET: { meaning: 'the bytes are not a packet of this protocol; the connection is closed', mayPass: false },
  BAD_REQUEST: { meaning: 'the body of the request does not fit its schema', mayPass: false },
  NOT_SUPPORTED: { meaning: 'the daemon does not know this request', mayPass: false },
  VERSION: { meaning: 'the two sides have no protocol version in common', mayPass: false },
  NOT_READY: { meaning: 'a request came before HELLO had succeeded, or HELLO did not come in time', mayPass: true },
  NOT_FOUND: { meaning: 'there is no process, or no program, of that name', mayPass: false },
  AMBIGUOUS: { meaning: 'several processes have an id that begins so', mayPass: false },
  NAME_TAKEN: { meaning: 'another process has this name', mayPass: false },
  CANNOT_START: { meaning: 'the program could not be started; errno says why', mayPass: false },
  NOT_RUNNING: { meaning: 'the process has ended, so it cannot be signalled or written to', mayPass: false },
  STILL_RUNNING: { meaning: 'the process has not ended, so it cannot be removed', mayPass: false },
  NOT_UP: { meaning: 'the process did not come up', mayPass: false },
  COMMAND_FAILED: { meaning: 'a command that the spec states for this failed', mayPass: false },
  SURVIVORS: { meaning: 'something of the process could not be ended; the detail names it', mayPass: true },
  SUPERSEDED: { meaning: 'a later request wants something else of the process', mayPass: false },
  NOT_ATTACHED: { meaning: 'this connection is not attached to that process', mayPass: false },
  INPUT_CLOSED: { meaning: 'the process, or this attachment, takes no more input', mayPass: false },
  NO_TERMINAL: { meaning: 'the process has no terminal', mayPass: false },
  WINDOW: { meaning: 'one side sent more than the window allows; the connection is closed', mayPass: false },
  LIMIT: { meaning: 'a limit of the daemon was reached', mayPass: true },
  TIMEOUT: { meaning: 'it did not happen within the given time', mayPass: true },
  CANCELLED: { meaning: 'the caller gave up waiting', mayPass: false },
  SHUTTING_DOWN: { meaning: 'the daemon is shutting down', mayPass: true },
  SYSTEM: { meaning: 'a system call failed; errno says how', mayPass: true },
  INTERNAL: { meaning: 'a bug in netdaemon; the daemon has logged it', mayPass: false },
  NO_DAEMON: { meaning: 'no daemon listens on the socket', mayPass: true },
  UNTRUSTED: { meaning: 'another user’s daemon listens on the socket; nothing was sent to it', mayPass: false },
  DISCONNECTED: { meaning: 'the connection to the daemon was lost', mayPass: true },
} as const satisfies Record<string, ErrorKind>

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

/** Reasons for the end of a connection that the next connection would meet again: the two sides do not understand each other. */
const misunderstandings: ReadonlySet<ErrorCode> = new Set(['BAD_PACKET', 'WINDOW', 'VERSION'])

/** Whether trying again, or connecting again, makes sense. */
export function mayPass(error: unknown): error is NetdaemonError {
  if (!(error instanceof NetdaemonError) || !errorCodes[error.code].mayPass) return false
  return !(error.cause instanceof NetdaemonError && misunderstandings.has(error.cause.code))
}
