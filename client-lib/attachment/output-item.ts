// What a reader of a process's output gets, item by item.

import type { OutputChannel } from '../../proto/protocol.ts'

/** Bytes of output, in the order in which the process wrote them. */
export interface OutputData {
  readonly kind: 'data'
  /** 1: its standard output; 2: its standard error. */
  readonly channel: OutputChannel
  /** Where the first byte is, counted in bytes of both channels from the start of the process. */
  readonly offset: number
  /** The bytes. From `output` they are the reader's to keep; from `lentOutput` they are valid until the next item. */
  readonly bytes: Buffer
}

/** Output that the daemon did not keep: it went from `from` up to, and without, `to`. */
export interface OutputGap {
  readonly kind: 'gap'
  readonly from: number
  readonly to: number
}

/** The process, and all that inherited it, has closed this channel. */
export interface OutputEnd {
  readonly kind: 'end'
  readonly channel: OutputChannel
  readonly offset: number
}

/** What a reader of a process's output gets. */
export type OutputItem = OutputData | OutputGap | OutputEnd
