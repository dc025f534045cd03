// THE TABLE: every message of the wire, declared once. Types, run-time checks (both sides), the daemon's handlers, the
// client's calls and docs/protocol.md are all derived from it. A message is declared in messages/; it is in the protocol
// because it is here.

import * as v from 'valibot'
import { type ErrorCode, errorCodes } from './errors.ts'
import { applyRequests } from './messages/apply-messages.ts'
import type { attachOptions } from './messages/attach-shapes.ts'
import { field, type processRef } from './messages/basic-shapes.ts'
import { connectionRequests, daemonEvents, daemonRequests } from './messages/daemon-messages.ts'
import { lifeRequests } from './messages/life-messages.ts'
import { processRequests } from './messages/process-messages.ts'
import type { processSpec } from './messages/spec-shapes.ts'
import { streamEvents, streamRequests } from './messages/stream-messages.ts'
import type { ProcessEvent, ProcessState, UnknownEvent, UnknownState } from './types.ts'

export { streamMessages } from './messages/stream-messages.ts'
export type * from './types.ts'

/** How a request is declared. */
export interface RequestDeclaration {
  readonly code: number
  readonly doc: string
  readonly params: v.GenericSchema
  readonly result: v.GenericSchema
}
/** How an event is declared. */
export interface EventDeclaration {
  readonly code: number
  readonly doc: string
  readonly body: v.GenericSchema
}

/** Requests: the client sends them with an id of its own; the daemon answers OK (or ATTACHED), or ERROR. */
export const requests = {
  ...connectionRequests,
  ...processRequests,
  ...lifeRequests,
  ...applyRequests,
  ...streamRequests,
  ...daemonRequests,
} as const satisfies Record<string, RequestDeclaration>

/** Events: the daemon sends them by itself, with id 0. */
export const events = { ...streamEvents, ...daemonEvents } as const satisfies Record<string, EventDeclaration>

/** Answers, and the frame that carries messages over one packet. */
export const frames = {
  PART: {
    code: 0x0002,
    doc: 'A piece of a message too long for one packet: `[more, bytes]`. The pieces of one message come in order with one id, and their bytes together are the packet that would have been sent. Other packets may come between, pieces of another message may not.',
  },
  ATTACHED: { code: 0x0110, doc: 'The answer to ATTACH, and to START with `attach`; its body is that of OK.' },
  OK: { code: 0xff00, doc: 'The request has been carried out: it has happened. The body is the result.' },
  ERROR: { code: 0xfff0, doc: 'The request failed. Nothing else is affected.' },
  ABORT: { code: 0xffff, doc: 'The connection is over, for this reason (id 0); the sender closes it.' },
} as const

/** The body of ERROR and ABORT. */
export const errorBody = v.object({
  code: field(
    v.fallback(v.picklist(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]), 'INTERNAL'),
    'what programs match on; one that a client does not know yet counts as INTERNAL',
  ),
  message: field(v.string(), 'a sentence for a person'),
  errno: field(v.optional(v.string()), 'as `ENOENT`, where a system call failed'),
  detail: field(v.optional(v.record(v.string(), v.unknown())), 'facts for programs'),
})

/** The name of a request. */
export type RequestName = keyof typeof requests
/** The name of an event. */
export type EventName = keyof typeof events
/** Lists that the receiver does not change. */
type ReadonlyLists<T> = T extends readonly (infer E)[]
  ? readonly ReadonlyLists<E>[]
  : T extends object
    ? { [K in keyof T]: ReadonlyLists<T[K]> }
    : T

/** A request's parameters as a caller writes them: what has a default may be left out. */
export type ParamsInput<K extends RequestName> = ReadonlyLists<v.InferInput<(typeof requests)[K]['params']>>
/** A request's parameters as a handler gets them: checked, defaults filled in. */
export type Params<K extends RequestName> = v.InferOutput<(typeof requests)[K]['params']>
/** What a request is answered with. */
export type Result<K extends RequestName> = v.InferOutput<(typeof requests)[K]['result']>
/** What an event says. */
export type EventBody<K extends EventName> = v.InferOutput<(typeof events)[K]['body']>

/** What a process is started from, as a handler gets it: checked, defaults filled in. */
export type ProcessSpec = v.InferOutput<typeof processSpec>
/** What names a process: its id, the beginning of its id if no other id begins so, or its handle. */
export type ProcessRef = v.InferOutput<typeof processRef>
/** How to attach, as a handler gets it: checked, defaults filled in. */
export type AttachOptions = v.InferOutput<typeof attachOptions>
/** A state that this version knows; the daemon itself has no others. */
export type KnownState = Exclude<ProcessState, UnknownState>
/** An event of a kind that this version knows; the daemon itself sends no others. */
export type KnownEvent = Exclude<ProcessEvent, UnknownEvent>

/** Channels of a process's streams: their file descriptors. */
export const STDIN = 0
export const STDOUT = 1
export const STDERR = 2
/** The channels of output. */
export type OutputChannel = typeof STDOUT | typeof STDERR

const namesByCode = new Map<number, RequestName>(
  (Object.keys(requests) as RequestName[]).map((key) => [requests[key].code, key]),
)
/** The request of a code, or undefined: an unknown command is answered, not fatal. */
export const requestName = (code: number): RequestName | undefined => namesByCode.get(code)

const eventNamesByCode = new Map<number, EventName>(
  (Object.keys(events) as EventName[]).map((key) => [events[key].code, key]),
)
/** The event of a code, or undefined: an unknown one is ignored. */
export const eventName = (code: number): EventName | undefined => eventNamesByCode.get(code)
