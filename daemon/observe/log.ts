// The daemon's own log: one line an entry, with the time. What its processes write never goes here.

import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { OWN_FILE, whyNotOwn } from '../linux/own-file.ts'

export type LogLevel = 'error' | 'warning' | 'info' | 'debug'

const RANK: Record<LogLevel, number> = { error: 0, warning: 1, info: 2, debug: 3 }

/** Where entries are appended. `own`: the daemon chose the path itself, beside its socket, and nothing else may be there. */
export interface LogFile {
  readonly path: string
  readonly own: boolean
}

export class Log {
  readonly #level: LogLevel
  readonly #file: LogFile | undefined
  #fd: number

  /**
   * @param level entries below it are dropped
   * @param file absent: stderr
   * @throws NetdaemonError SYSTEM if it can't be opened
   */
  constructor(level: LogLevel, file?: LogFile) {
    this.#level = level
    this.#file = file
    this.#fd = file === undefined ? openStderr() : openLogFile(file)
  }

  error(message: string, error?: unknown): void {
    this.#write('error', error === undefined ? message : `${message}: ${inspect(error)}`)
  }

  warning(message: string): void {
    this.#write('warning', message)
  }

  info(message: string): void {
    this.#write('info', message)
  }

  debug(message: string): void {
    this.#write('debug', message)
  }

  /** Opens the file anew, after it was moved away. Goes on with the old one if that fails. */
  reopen(): void {
    if (this.#file === undefined) return
    try {
      const fd = openLogFile(this.#file)
      closeSync(this.#fd)
      this.#fd = fd
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      this.error(`${error.message}; going on with the old one`)
    }
  }

  #write(level: LogLevel, message: string): void {
    if (RANK[level] > RANK[this.#level]) return
    try {
      writeSync(this.#fd, `${new Date().toISOString()} ${level} ${message}\n`)
    } catch {
      // ENOSPC, EPIPE, EIO, EAGAIN: a log that can't be written must not end the daemon, and there is nowhere to say so.
    }
  }
}

const { O_WRONLY, O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK } = constants

/**
 * Opens a log, and makes it if it is missing. It never waits: a pipe that nobody reads is refused.
 *
 * @throws NetdaemonError SYSTEM
 */
export function openLogFile({ path, own }: LogFile): number {
  const cannot = (why: string, remedy = '', more: { errno?: string | undefined; cause?: unknown } = {}) =>
    new NetdaemonError('SYSTEM', `cannot open the log "${path}": ${why}; ${remedy}give another with --log-file`, more)
  let fd: number
  try {
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | (own ? OWN_FILE : O_NONBLOCK), 0o600)
  } catch (cause) {
    const errno = errnoOf(cause)
    const reason = reasons[errno ?? '']
    throw cannot(`${reason ?? 'open failed'} (${errno})`, errno === 'ELOOP' ? REMOVE : '', { errno, cause })
  }
  const wrong = own ? whyNotOwn(fd) : undefined
  if (wrong === undefined) return fd
  closeSync(fd)
  throw cannot(wrong, REMOVE)
}

/**
 * stderr, so that a reader of the log that has stopped (a terminal after Ctrl-S, a pipe) costs entries, and does not stop the
 * daemon. Opened anew: a flag of fd 2 itself would change it for everybody who has it.
 */
function openStderr(): number {
  try {
    const found = fstatSync(2)
    if (!found.isFIFO() && !found.isCharacterDevice()) return 2
    return openSync('/proc/self/fd/2', O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY)
  } catch {
    // EBADF, EACCES, ENXIO, ENOENT: it is closed, another user's, without a reader, or /proc is missing.
    return 2
  }
}

const REMOVE = 'remove it, or '
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link',
  ENXIO: 'it is a pipe that nobody reads',
}
