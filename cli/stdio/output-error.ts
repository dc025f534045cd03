// The failure of our own output. Apart from sink.ts, whose streams most commands never load.

/** Output cannot be written; EPIPE: its reader has gone. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  readonly errno: string

  constructor(cause: Error) {
    super(cause.message, { cause })
    this.errno = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'EIO'
  }
}
