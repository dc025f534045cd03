// The messages about the connection and the daemon itself: HELLO, CANCEL, the events of all processes, INFO, SHUTDOWN.

import * as v from 'valibot'
import { count, field, handle, milliseconds, nothing, otherThan, time } from './basic-shapes.ts'
import { processState, treeMember } from './process-shapes.ts'

const version = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff))
const instance = field(v.string(), 'identifies this run of the daemon; it is different after a restart')

const held = v.object({ bytes: field(count, 'at present'), limit: field(count, 'at most') })

/** Requests that open and serve the connection. */
export const connectionRequests = {
  HELLO: {
    code: 0x0001,
    doc: 'Opens the conversation. It must be the first request and come before the HELLO deadline; the daemon refuses everything else until it has succeeded.',
    params: v.object({
      version: field(version, 'the newest version of the protocol that the client speaks'),
      min: field(version, 'the oldest version that the client speaks'),
      software: field(v.pipe(v.string(), v.maxLength(200)), 'name and version of the client, for people'),
      token: field(v.optional(v.pipe(v.string(), v.maxLength(4096))), 'reserved for access rules; ignored'),
    }),
    result: v.object({
      version: field(version, 'the version that both sides speak from here on: the newest that both know'),
      software: field(v.string(), 'name and version of the daemon, for people'),
      instance,
      limits: field(
        v.object({
          dataMax: field(count, 'payload bytes in one DATA'),
          packetMax: field(count, 'bytes in one packet'),
          messageMax: field(count, 'bytes in one message, put together from PARTs'),
          inputWindow: field(count, 'bytes of input that an attachment may have sent without an ACK'),
          windowMax: field(count, 'the largest output window that ATTACH may ask for, in bytes'),
        }),
        'what this daemon accepts at most',
      ),
      roles: field(v.array(v.string()), 'what this client may do; `admin` may do everything'),
      features: field(v.array(v.string()), 'what this daemon can do beyond this version of the protocol'),
    }),
  },
  CANCEL: {
    code: 0x0003,
    doc: 'Gives up waiting for an earlier request, which then ends with ERROR CANCELLED. It is no error if that request has been answered already.',
    params: v.object({ request: field(handle, 'the id of that request') }),
    result: nothing,
  },
} as const

/** Requests about the daemon as a whole. */
export const daemonRequests = {
  EVENTS: {
    code: 0x0301,
    doc: 'Follows what happens to processes: one EVENT for each happening. With `since`, it begins with the past ones, as far back as the daemon keeps them; a `gap` event says which are missing.',
    params: v.object({
      follow: field(v.optional(v.boolean(), true), 'false: stop following'),
      since: field(
        v.optional(
          v.object({
            instance: field(v.string(), 'the run of the daemon that sent it'),
            seq: field(count, 'the `seq` of the last event that the client has seen'),
          }),
        ),
        'continue after this event; absent: begin with the next one',
      ),
    }),
    result: v.object({
      instance,
      seq: field(count, 'the number of the newest event so far'),
    }),
  },
  INFO: {
    code: 0x0303,
    doc: 'Describes the daemon.',
    params: nothing,
    result: v.object({
      instance,
      pid: field(count, 'process id of the daemon'),
      software: field(v.string(), 'its name and version'),
      node: field(v.string(), 'the version of Node.js that it runs on'),
      address: field(v.string(), 'the path of its socket'),
      startedAt: time,
      processes: field(v.object({ running: count, ended: count }), 'how many processes it has'),
      connections: field(count, 'clients connected at present'),
      attachments: field(count, 'attachments of all clients at present'),
      started: field(count, 'processes that it has started so far'),
      orphansReaped: field(
        count,
        'processes that it did not start, but reaped, because their parent had ended before them',
      ),
      outputBytes: field(count, 'bytes of output that it has read so far'),
      memory: field(v.object({ rss: count, heapUsed: count, external: count }), 'its memory, in bytes'),
      kept: field(
        v.optional(
          v.object({
            specs: field(held, 'arguments, variables and labels of all processes; a START beyond it is refused'),
            output: field(held, 'output of all processes; beyond it ended ones are forgotten, then the oldest bytes'),
            screens: field(held, 'screens of terminals; one beyond it is not kept'),
            input: field(held, 'input that waits for processes; whoever sends more is disconnected'),
            answers: field(held, 'what waits for clients that do not read; beyond it those that wait for most go'),
            waiting: field(held, 'requests that are answered later, such as WAIT; one beyond it is refused'),
            events: field(held, 'events for those who ask what has happened; beyond it the oldest go'),
          }),
        ),
        'what it keeps in memory, and how much it would keep at most, which follows from the memory that there is',
      ),
      openFiles: field(count, 'its open file descriptors'),
      limits: v.object({
        retainCount: field(count, 'ended processes that it keeps'),
        retainMs: field(count, 'how long it keeps them'),
        maxProcesses: field(count, 'processes that may run at once'),
        maxConnections: field(count, 'clients that may be connected at once'),
      }),
      children: field(
        v.optional(
          v.object({
            umask: field(count, 'of processes whose spec states none'),
            softFiles: field(v.nullable(count), "their soft limit of open files; null: the daemon's own"),
            nice: field(v.pipe(v.number(), v.integer()), 'of processes whose spec states none'),
          }),
        ),
        'what the daemon gives to processes',
      ),
    }),
  },
  SHUTDOWN: {
    code: 0x0304,
    doc: 'Ends the daemon. It first sends SIGTERM to every process, and SIGHUP to those on a terminal, then SIGKILL after the timeout, and answers when all have ended. With `leave`, it ends only the processes on a terminal, which cannot outlive it; the others run on.',
    params: v.object({
      leave: field(v.optional(v.boolean(), false), 'let the processes that have no terminal run on'),
      timeoutMs: field(v.optional(milliseconds), "how long to wait before SIGKILL; absent: the daemon's default"),
    }),
    result: v.object({
      ended: field(count, 'processes that ended after SIGTERM'),
      killed: field(count, 'processes that needed SIGKILL'),
      left: field(count, 'processes that still run, or of which something does'),
      survivors: field(
        v.optional(v.array(v.object({ id: field(v.string(), 'the process that it belongs to'), ...treeMember }))),
        'what could not be ended, one by one, at most 100',
      ),
    }),
  },
} as const

const processEventEntries = {
  seq: field(count, 'the number of the event, counted from 1 since the daemon started'),
  at: time,
  id: field(v.string(), 'the id of the process'),
  handle,
  name: field(v.optional(v.string()), 'its name, if it has one'),
  labels: field(v.record(v.string(), v.string()), 'its labels'),
  state: processState,
}

const processEventKinds = ['started', 'stopping', 'ended', 'changed', 'matched', 'removed'] as const
const eventKinds = [...processEventKinds, 'gap'] as const

/** What the daemon tells a client that follows the events of all processes. */
export const daemonEvents = {
  EVENT: {
    code: 0x0302,
    doc: 'Something happened to a process, or (`gap`) some events are missing. `changed`: its state or its health is another, as `state` tells; `matched`: a line of its output matched a pattern; `ended`: it will not run again by itself, and its output is complete.',
    body: v.variant('kind', [
      v.object({ kind: v.literal('started'), ...processEventEntries }),
      v.object({ kind: v.literal('stopping'), ...processEventEntries }),
      v.object({ kind: v.literal('ended'), ...processEventEntries }),
      v.object({ kind: v.literal('changed'), ...processEventEntries }),
      v.object({
        kind: v.literal('matched'),
        ...processEventEntries,
        match: field(v.string(), 'the pattern of its spec (`watch`)'),
        line: field(v.string(), 'the line of its output that matched, cut at 500 characters'),
      }),
      v.object({ kind: v.literal('removed'), ...processEventEntries }),
      v.object({
        kind: v.literal('gap'),
        from: field(count, 'the first event that is missing'),
        to: field(count, 'the last event that is missing; 0: unknown, because the daemon was restarted'),
      }),
      v.pipe(
        v.looseObject({ kind: otherThan(eventKinds), seq: processEventEntries.seq, at: time }),
        v.transform(({ kind: word, seq, at, ...facts }) => ({ kind: 'unknown' as const, word, seq, at, facts })),
      ),
    ]),
  },
} as const
