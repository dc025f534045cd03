// The daemon's own log: one line an entry, with the time. What its processes write never goes here.

import { closeSync, openSync, writeSync } from 'node:fs'
import { inspect } from 'node:util'

export type LogLevel = 'error' | 'warning' | 'info' | 'debug'

const RANK: Record<LogLevel, number> = { error: 0, warning: 1, info: 2, debug: 3 }

export class Log {
  readonly #level: LogLevel
  readonly #path: string | undefined
  #fd: number

  /**
   * @param level entries below it are dropped
   * @param path a file to append to; absent: stderr
   * @throws the error of open(2)
   */
  constructor(level: LogLevel, path?: string) {
    this.#level = level
    this.#path = path
    this.#fd = path === undefined ? 2 : openLog(path)
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
    if (this.#path === undefined) return
    try {
      const fd = openLog(this.#path)
      closeSync(this.#fd)
      this.#fd = fd
    } catch (error) {
      this.error(`cannot reopen the log "${this.#path}"`, error)
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

function openLog(path: string): number {
  return openSync(path, 'a', 0o600)
}
