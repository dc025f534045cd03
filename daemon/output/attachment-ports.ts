// What an attachment needs of others: of the process whose output it reads, of the session that it belongs to, and what was asked
// of it.

import type { KnownState, OutputChannel, TerminalSize } from '../../proto/protocol.ts'
import type { OutputTurn } from '../loop/output-turn.ts'
import type { RunBorder, RunBorders } from './run-borders.ts'

/** An attachment as those see it that it needs. */
export interface Attached {
  /** Names it on its connection. */
  readonly id: number
  readonly source: OutputSource
  readonly keep: KeepPlace | undefined
  readonly readOnly: boolean
  /** Sends what may be sent. */
  pump(): void
}

/** What an attachment needs of the process it is attached to. */
export interface OutputSource {
  readonly handle: number
  readonly log: {
    readonly start: number
    readonly end: number
    readonly openings: number
    endOf(channel: OutputChannel): number | undefined
  }
  readonly borders: RunBorders
  /** What may be sent in this turn of the event loop. */
  readonly turn: OutputTurn
  /** One DATA packet with at most `max` bytes from `offset` on. Valid until the next event. */
  packetAt(offset: number, max: number): Uint8Array
  /** The attachment needs less of the output than before: a process that waits for it may go on. */
  progressed(): void
  /** Whether the attachment has sent all there is, and is to be pumped when there is more. */
  awaitsOutput(attachment: Attached, awaits: boolean): void
}

/** What an attachment needs of the session it belongs to. */
export interface OutputSink {
  /** True while the connection takes no more; `pump` is called again when it does. */
  readonly congested: boolean
  send(packet: Uint8Array): void
  /** The client's pid and name, for SHOW. */
  readonly client: { readonly peerPid: number | null; readonly software: string }
  /** Something about the process changed that is not output: send STATUS. */
  inform(attachment: Attached): void
  /** Everything has been sent: send the final STATUS, with this state, and let go. */
  finish(attachment: Attached, state: KnownState): void
  /** Sending failed for no reason that there should be: let go of this client, so that nobody else is affected. */
  failed(error: unknown): void
  /** A run began or ended at this place of its output. */
  border(attachment: Attached, border: RunBorder): void
  /** Input that it wrote is gone: so many bytes, all below this offset of its input, because this run ended. */
  dropped(attachment: Attached, run: number, to: number, bytes: number): void
  /** Another client took over the kept place of this one. */
  evict(attachment: Attached): void
}

/** A place kept for a lossless client in case its connection breaks. */
export interface KeepPlace {
  readonly as: string
  readonly ms: number
}

export interface AttachmentTerms {
  /** Names it on its connection. That of the first one to a process is the process's handle. */
  readonly id: number
  readonly from: number
  readonly window: number
  readonly lossless: boolean
  readonly keep: KeepPlace | undefined
  /** How long it lasts. */
  readonly until?: Lasting
  /** Whether it is told of the borders of runs that lie at `from` or after it, and not only of those to come. */
  readonly earlierBorders?: boolean
  /** Only looks: no input is taken from it, and its size does not count. */
  readonly readOnly?: boolean
  /** The size of the terminal that shows it. */
  readonly size?: TerminalSize | undefined
}

/** How long an attachment lasts: to the end of the run, until the process will not run again by itself, until it is forgotten. */
export type Lasting = 'run' | 'rest' | 'removed'

/** The place at which an attachment is over, and how the process was there. */
export interface AttachmentEnd {
  readonly offset: number
  readonly state: KnownState
}
