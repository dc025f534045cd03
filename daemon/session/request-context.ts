// What the handlers of requests may use, of the daemon and of the session that asks, and what they answer. The types of
// parameters and results come from the protocol table.

import type { EncodedList } from '../../proto/codec/codec.ts'
import type { UnfinishedMessages } from '../../proto/codec/unfinished-messages.ts'
import type { Params, RequestName, Result } from '../../proto/protocol.ts'
import type { Clock } from '../loop/clock.ts'
import type { RequestTurn } from '../loop/request-turn.ts'
import type { Slices } from '../loop/slices.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { EventFeed, EventLog } from '../observe/event-log.ts'
import type { UsageMeter } from '../observe/usage.ts'
import type { KeptProcesses } from '../supervisor/kept-processes.ts'
import type { ProcessTable } from '../supervisor/process-table.ts'
import type { Attachments } from './attachments.ts'

/** What handlers may use of the daemon. */
export interface DaemonContext {
  readonly processes: ProcessTable
  /** What is kept of them on disk. */
  readonly kept: KeptProcesses
  readonly events: EventLog
  readonly clock: Clock
  readonly usage: UsageMeter
  readonly bounds: Bounds
  /** All requests together leave time for each other. */
  readonly requestTurn: RequestTurn
  /** Work that can wait is done in slices. */
  readonly slices: Slices
  /** What clients' messages hold that have not come whole. */
  readonly unfinished: UnfinishedMessages
  /** The daemon's own part of INFO. */
  describe(): Omit<Result<'INFO'>, 'processes' | 'attachments' | 'memory' | 'kept' | 'openFiles' | 'node'>
  shutdown(options: { leave: boolean; timeoutMs: number | undefined }, client: Client): Promise<Result<'SHUTDOWN'>>
}

/** What handlers may use of the session that asks. */
export interface Client {
  /** What it is attached to. */
  readonly attachments: Pick<Attachments, 'attach' | 'checkRoom' | 'detach' | 'get'>
  /** Sends it events from now on, instead of any that it follows. None is sent before the feed's first `pump`. */
  followEvents(since: Params<'EVENTS'>['since']): EventFeed
  unfollowEvents(): void
}

/** The requests that are about the daemon, not about the session. */
export type HandledRequest = Exclude<RequestName, 'HELLO' | 'CANCEL'>

/** What is answered to a request. */
export interface Answer<Frame, Body> {
  readonly frame: Frame
  readonly result: Body
  /** Called when the answer has been sent: lets begin what may not come before it. */
  readonly afterwards?: (() => void) | undefined
}

/** The frame that carries an answer: ATTACHED where a stream may follow it. */
type FrameOf<K extends HandledRequest> = 'stream' extends keyof Result<K> ? 'OK' | 'ATTACHED' : 'OK'

/** What a request of this name is answered. */
export type AnswerTo<K extends HandledRequest> = Answer<
  FrameOf<K>,
  Result<K> | (K extends 'LIST' ? EncodedList : never)
>

/** An answer that comes later: `begin` is called with the two ways to answer, and returns how to give up. */
export class Later<A> {
  readonly begin: (settle: Settle<A>) => () => void

  constructor(begin: (settle: Settle<A>) => () => void) {
    this.begin = begin
  }
}

/** The two ways to answer. Only the first call counts. */
export interface Settle<A> {
  readonly answer: (answer: A) => void
  readonly fail: (error: unknown) => void
}

/** One function for each request; whatever it throws as a NetdaemonError is answered with ERROR. */
export type Handlers = {
  readonly [K in HandledRequest]: (
    daemon: DaemonContext,
    client: Client,
    params: Params<K>,
  ) => AnswerTo<K> | Later<AnswerTo<K>>
}

/** The plain answer. */
export function ok<Body>(result: Body, afterwards?: () => void): Answer<'OK', Body> {
  return { frame: 'OK', result, afterwards }
}
