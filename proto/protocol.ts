// THE TABLE: every message of the wire, declared once. Types, run-time checks (both sides), the daemon's handlers, the
// client's calls and docs/protocol.md are all derived from it. Add a message here and the compiler finds the rest.

import * as v from 'valibot'
import { type ErrorCode, errorCodes } from './errors.ts'
import {
  attachOptions,
  field,
  handle,
  labels,
  name,
  processDetail,
  processRef,
  processSpec,
  processState,
  processSummary,
  stateKind,
  streamInfo,
  terminalSize,
  time,
} from './messages/process-shapes.ts'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7 * 24 * 3600 * 1000))
const version = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff))
const nothing = v.object({})
const target = v.object({ process: processRef })

const processEventEntries = {
  seq: field(count, 'counts all events of this daemon, from 1'),
  at: time,
  id: v.string(),
  handle,
  name: v.optional(v.string()),
  labels: v.record(v.string(), v.string()),
  state: processState,
}

/** Requests: the client sends them with an id of its own; the daemon answers OK (or ATTACHED), or ERROR. */
export const requests = {
  HELLO: {
    code: 0x0001,
    doc: 'Opens the conversation. Must come first, and within the HELLO deadline; everything else is refused until it has succeeded.',
    params: v.object({
      version: field(version, 'the newest version the client speaks'),
      min: field(version, 'the oldest version the client speaks'),
      software: field(v.pipe(v.string(), v.maxLength(200)), 'name and version of the client, for people'),
      token: field(v.optional(v.pipe(v.string(), v.maxLength(4096))), 'reserved for access rules; ignored'),
    }),
    result: v.object({
      version: field(version, 'the version that both will speak: the newest that both know'),
      software: v.string(),
      daemon: field(v.string(), 'names this run of the daemon; another run has another'),
      limits: v.object({ dataMax: count, packetMax: count, messageMax: count, inputWindow: count, windowMax: count }),
      roles: field(v.array(v.string()), 'what this client may do; `admin` is everything'),
      features: field(v.array(v.string()), 'what this daemon can do beyond this version of the protocol'),
    }),
  },
  CANCEL: {
    code: 0x0003,
    doc: 'Gives up waiting for an earlier request, which then ends with ERROR CANCELLED. No error if it has been answered already.',
    params: v.object({ request: field(handle, 'the id of that request') }),
    result: nothing,
  },
  START: {
    code: 0x0101,
    doc: 'Starts a program, and attaches to it in the same step if `attach` is there: the answer is then ATTACHED and comes before the first DATA. A program that cannot be executed is an ERROR with its errno.',
    params: v.object({
      spec: processSpec,
      attach: v.optional(attachOptions),
      replace: field(v.optional(v.boolean(), false), 'remove an ended process that has the name'),
    }),
    result: v.object({ process: processSummary, stream: v.optional(streamInfo) }),
  },
  ATTACH: {
    code: 0x0102,
    doc: 'Attaches this connection to a process. The answer is ATTACHED; DATA and GAP follow from the place asked for, then STATUS when the process has ended.',
    params: v.object({ process: processRef, ...attachOptions.entries }),
    result: v.object({ process: processSummary, stream: v.optional(streamInfo) }),
  },
  LIST: {
    code: 0x0103,
    doc: 'Lists processes in the order of their start. A long list comes in pages: ask again with `after: next`.',
    params: v.object({
      id: field(v.optional(v.pipe(v.string(), v.maxLength(128))), 'only ids that begin so'),
      name: field(v.optional(name), 'only the one of this name'),
      labels: field(v.optional(labels, {}), 'only those that have all of these'),
      states: field(v.optional(v.array(stateKind)), 'only those in one of these states'),
      after: field(v.optional(handle), 'only handles above this one'),
    }),
    result: v.object({
      processes: v.array(processSummary),
      next: field(v.nullable(handle), 'more follow after this handle; null: that was all'),
    }),
  },
  SHOW: {
    code: 0x0104,
    doc: 'Tells all about one process.',
    params: v.object({ process: processRef, env: field(v.optional(v.boolean(), false), 'with its environment') }),
    result: v.object({ process: processDetail }),
  },
  REMOVE: {
    code: 0x0105,
    doc: 'Forgets an ended process and its output. Clients still reading it read on to the end.',
    params: v.object({
      process: processRef,
      force: field(v.optional(v.boolean(), false), 'SIGKILL it first if it runs; answered when it is gone'),
    }),
    result: v.object({ process: processSummary }),
  },
  WAIT: {
    code: 0x0106,
    doc: 'Answered when the process has ended and its output is complete.',
    params: v.object({ process: processRef, timeoutMs: field(v.optional(milliseconds), 'then ERROR TIMEOUT') }),
    result: v.object({ process: processSummary }),
  },
  USAGE: {
    code: 0x0107,
    doc: 'Tells what running processes use, each with all its descendants. Measured at most twice a second, whoever asks; a long answer comes in pages, as that of LIST.',
    params: v.object({
      processes: field(
        v.optional(v.pipe(v.array(handle), v.maxLength(1000))),
        'only these; those that have ended, or can’t be seen, are left out',
      ),
      after: field(v.optional(handle), 'only handles above this one'),
    }),
    result: v.object({
      at: field(time, 'when it was measured'),
      processors: field(count, 'how many the daemon may use'),
      processes: v.array(
        v.object({
          handle,
          cpuMs: field(
            v.pipe(v.number(), v.minValue(0)),
            'processor time since their start, that of descendants that were waited for included',
          ),
          memory: field(
            count,
            'bytes of memory they use: the sum of what is resident, shared pages counted once for each',
          ),
          processes: field(count, 'how many they are'),
        }),
      ),
      next: field(v.nullable(handle), 'more follow after this handle; null: that was all'),
    }),
  },
  KILL: {
    code: 0x0203,
    doc: 'Sends a signal. OK means the kernel took it.',
    params: v.object({
      process: processRef,
      signal: field(
        v.optional(v.union([v.pipe(v.string(), v.maxLength(16)), v.pipe(v.number(), v.integer())]), 'TERM'),
        '`TERM`, `SIGTERM`, `term`, 15 or `RTMIN+1`',
      ),
      scope: field(
        v.optional(v.picklist(['group', 'process']), 'group'),
        '`group`: the process and all in its process group; `process`: it alone',
      ),
    }),
    result: v.object({ signal: field(v.string(), 'the signal sent, as "SIGTERM"') }),
  },
  DETACH: {
    code: 0x0206,
    doc: 'Ends this connection’s attachment to a process. After OK no more of it comes. Its input stays open, and a kept place is given up.',
    params: target,
    result: nothing,
  },
  RESIZE: {
    code: 0x0208,
    doc: 'States the size of the terminal that shows an attached process (see `size` of ATTACH); the process learns of a change by SIGWINCH.',
    params: v.object({
      process: processRef,
      size: field(v.nullable(terminalSize), 'null: takes part in the size no more'),
    }),
    result: v.object({ size: field(terminalSize, 'the size that the terminal of the process has now') }),
  },
  EVENTS: {
    code: 0x0301,
    doc: 'Follows what happens to processes: EVENT for each, from `since` on as far as the bounded history reaches (a GAP event says what is missing).',
    params: v.object({
      follow: field(v.optional(v.boolean(), true), 'false: stop following'),
      since: field(
        v.optional(v.object({ daemon: v.string(), seq: count })),
        'the last event seen, and of which run of the daemon; absent: from now on',
      ),
    }),
    result: v.object({
      daemon: v.string(),
      seq: field(count, 'the newest event so far'),
    }),
  },
  INFO: {
    code: 0x0303,
    doc: 'Tells about the daemon.',
    params: nothing,
    result: v.object({
      daemon: v.string(),
      pid: count,
      software: v.string(),
      node: v.string(),
      address: field(v.string(), 'where it listens'),
      startedAt: time,
      processes: v.object({ running: count, ended: count }),
      connections: count,
      attachments: count,
      started: field(count, 'processes started so far'),
      orphansReaped: field(count, 'processes of others that came to the daemon and were reaped'),
      outputBytes: field(count, 'bytes of output read so far'),
      memory: v.object({ rss: count, heapUsed: count, external: count }),
      openFiles: count,
      limits: v.object({
        retainCount: field(count, 'ended processes kept'),
        retainMs: field(count, 'how long they are kept'),
        maxProcesses: count,
        maxConnections: count,
      }),
    }),
  },
  SHUTDOWN: {
    code: 0x0304,
    doc: 'Ends the daemon: SIGTERM to every process, and SIGHUP to those on a terminal; SIGKILL after the timeout; answered when all are gone. With `leave`, only those on a terminal are ended, which would not survive its closing; the others run on.',
    params: v.object({
      leave: v.optional(v.boolean(), false),
      timeoutMs: field(v.optional(milliseconds), "the daemon's own if absent"),
    }),
    result: v.object({
      ended: field(count, 'ended after SIGTERM'),
      killed: field(count, 'needed SIGKILL'),
      left: field(count, 'still running'),
    }),
  },
} as const satisfies Record<string, RequestDeclaration>

/** Events: the daemon sends them by itself, with id 0. */
export const events = {
  STATUS: {
    code: 0x0202,
    doc: 'Something changed for a process this connection is attached to. With `final` it comes after all output and ends the attachment.',
    body: v.object({
      handle,
      state: processState,
      inputOpen: field(
        v.boolean(),
        'false: no more input is taken of this client, and what was not ACKed is lost; always false with `readOnly`',
      ),
      final: v.boolean(),
      terminal: field(v.optional(terminalSize), 'the size of its terminal, if it has one, which may be what changed'),
    }),
  },
  DETACHED: {
    code: 0x0207,
    doc: 'The daemon ended an attachment, because another client took over its kept place.',
    body: v.object({ handle, reason: v.string() }),
  },
  EVENT: {
    code: 0x0302,
    doc: 'One thing that happened to one process; or a gap in the events, named.',
    body: v.variant('kind', [
      v.object({ kind: v.literal('started'), ...processEventEntries }),
      v.object({ kind: v.literal('stopping'), ...processEventEntries }),
      v.object({ kind: v.literal('ended'), ...processEventEntries }),
      v.object({ kind: v.literal('removed'), ...processEventEntries }),
      v.object({
        kind: v.literal('gap'),
        from: field(count, 'the first event missing'),
        to: field(count, 'the last event missing; 0: unknown, since the daemon is another run'),
      }),
    ]),
  },
} as const satisfies Record<string, EventDeclaration>

/** Positional messages of the attached stream: hot, so their bodies are arrays and their codec is written by hand. */
export const streamMessages = {
  DATA: {
    code: 0x0201,
    doc: 'Bytes of a stream. Daemon to client: output, channel 1 or 2, `offset` counting both. Client to daemon: input, channel 0, `offset` counting the bytes this attachment has sent. No bytes: end of file on that channel.',
    fields: ['handle', 'channel', 'offset', 'bytes'],
  },
  ACK: {
    code: 0x0204,
    doc: 'Everything below `offset` has been consumed. Client to daemon: output (channel 1). Daemon to client: input taken by the process (channel 0). Absolute, so that repeating it does no harm.',
    fields: ['handle', 'channel', 'offset'],
  },
  GAP: {
    code: 0x0205,
    doc: 'The output from `from` up to `to` is not kept any more; the stream goes on at `to`.',
    fields: ['handle', 'from', 'to'],
  },
} as const

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

export const errorBody = v.object({
  code: field(
    v.fallback(v.picklist(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]), 'INTERNAL'),
    'what programs match on; one that a client does not know yet counts as INTERNAL',
  ),
  message: field(v.string(), 'a sentence for a person'),
  errno: field(v.optional(v.string()), 'as `ENOENT`, where a system call failed'),
  detail: field(v.optional(v.record(v.string(), v.unknown())), 'facts for programs'),
})

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

export type RequestName = keyof typeof requests
export type EventName = keyof typeof events
/** A request's parameters as a caller writes them: what has a default may be left out. */
export type ParamsInput<K extends RequestName> = v.InferInput<(typeof requests)[K]['params']>
/** A request's parameters as a handler gets them: checked, defaults filled in. */
export type Params<K extends RequestName> = v.InferOutput<(typeof requests)[K]['params']>
export type Result<K extends RequestName> = v.InferOutput<(typeof requests)[K]['result']>
export type EventBody<K extends EventName> = v.InferOutput<(typeof events)[K]['body']>

export type ProcessSpec = v.InferOutput<typeof processSpec>
export type ProcessSpecInput = v.InferInput<typeof processSpec>
export type ProcessState = v.InferOutput<typeof processState>
export type ProcessSummary = v.InferOutput<typeof processSummary>
export type ProcessDetail = v.InferOutput<typeof processDetail>
export type ProcessRef = v.InferOutput<typeof processRef>
export type ProcessEvent = EventBody<'EVENT'>
export type AttachOptions = v.InferOutput<typeof attachOptions>
export type AttachOptionsInput = v.InferInput<typeof attachOptions>
export type TerminalSize = v.InferOutput<typeof terminalSize>
export type StreamInfo = v.InferOutput<typeof streamInfo>

/** Channels of a process's streams: their file descriptors. */
export const STDIN = 0
export const STDOUT = 1
export const STDERR = 2
export type OutputChannel = typeof STDOUT | typeof STDERR

const namesByCode = new Map<number, RequestName>(
  (Object.keys(requests) as RequestName[]).map((key) => [requests[key].code, key]),
)
/** The request of a code, or undefined: an unknown command is answered, not fatal. */
export const requestName = (code: number): RequestName | undefined => namesByCode.get(code)

const eventNamesByCode = new Map<number, EventName>(
  (Object.keys(events) as EventName[]).map((key) => [events[key].code, key]),
)
export const eventName = (code: number): EventName | undefined => eventNamesByCode.get(code)
