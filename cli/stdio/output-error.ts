// The failure of our own output. Apart from sink.ts, whose streams most commands never load.

import { errnoOf } from '../../proto/errno.ts'

/** Output cannot be written; EPIPE: its reader has gone. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  readonly errno: string

  constructor(cause: Error) {
    super(cause.message, { cause })
    this.errno = errnoOf(cause) ?? 'EIO'
  }
}

/** The error of writing to a pipe whose reader has gone, for what has not been written. */
export const noReader = (): OutputError => new OutputError(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
