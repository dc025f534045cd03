// What a reader of a process's output gets, item by item.

import type { OutputChannel, RunEnd } from '../../proto/protocol.ts'

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

/** A run of the process began, or ended, at this place. Of the first run only the end is told, and only if another may follow. */
export interface OutputRun {
  readonly kind: 'run'
  readonly event: 'began' | 'ended'
  /** Which run: the first is 1. */
  readonly run: number
  readonly offset: number
  /** When, in milliseconds since 1970-01-01 UTC. */
  readonly at: number
  /** Process id of a run that began. */
  readonly pid?: number
  /** How a run ended. */
  readonly end?: RunEnd
}

/** What a reader of a process's output gets. */
export type OutputItem = OutputData | OutputGap | OutputEnd | OutputRun
