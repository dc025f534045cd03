// The requests about processes: start, list, show, remove, wait for, measure and signal them.

import * as v from 'valibot'
import { attachOptions, streamInfo } from './attach-shapes.ts'
import { count, field, handle, milliseconds, name, processRef, time } from './basic-shapes.ts'
import { processDetail, processSummary, stateKind, treeMember } from './process-shapes.ts'
import { labels, processSpec } from './spec-shapes.ts'

/** No list of states need be longer: there are fewer kinds. */
const STATES_MAX = 16

/** Requests about processes. */
export const processRequests = {
  START: {
    code: 0x0101,
    doc: 'Starts a program. With `attach`, it attaches to it in the same step: then the answer is ATTACHED, and comes before the first DATA. If the program cannot be executed, the answer is an ERROR with the errno.',
    params: v.object({
      spec: field(processSpec, 'what to start, and how'),
      attach: field(v.optional(attachOptions), 'attach to it at once'),
      replace: field(v.optional(v.boolean(), false), 'remove an ended process that has the name'),
    }),
    result: v.object({ process: processSummary, stream: v.optional(streamInfo) }),
  },
  LIST: {
    code: 0x0103,
    doc: 'Lists processes in the order of their start. A long list comes in pages: ask again with `after: next`.',
    params: v.object({
      id: field(v.optional(v.pipe(v.string(), v.maxLength(128))), 'only processes whose id begins with this'),
      name: field(v.optional(name), 'only the process of this name'),
      labels: field(v.optional(labels, {}), 'only processes that have all of these labels'),
      states: field(
        v.optional(v.pipe(v.array(stateKind), v.maxLength(STATES_MAX))),
        'only processes in one of these states',
      ),
      after: field(v.optional(handle), 'only processes with a larger handle'),
    }),
    result: v.object({
      processes: v.array(processSummary),
      next: field(v.nullable(handle), 'there are more after this handle; null: the list is complete'),
    }),
  },
  SHOW: {
    code: 0x0104,
    doc: 'Tells everything about one process.',
    params: v.object({
      process: processRef,
      env: field(v.optional(v.boolean(), false), 'also its environment, which may hold secrets'),
    }),
    result: v.object({ process: processDetail }),
  },
  REMOVE: {
    code: 0x0105,
    doc: 'Forgets a process that will not run again by itself, and its output. Clients that are still reading its output get it to the end.',
    params: v.object({
      process: processRef,
      force: field(
        v.optional(v.boolean(), false),
        'if it runs, send SIGKILL to it and its descendants first; answered when it has ended. ERROR SUPERSEDED if a later request wants it to run, SURVIVORS if SIGKILL does not end it',
      ),
    }),
    result: v.object({
      process: processSummary,
      left: field(v.optional(v.array(v.object(treeMember))), 'its descendants that live on; absent: none'),
    }),
  },
  WAIT: {
    code: 0x0106,
    doc: 'Waits until the process has ended, will not run again by itself, and its output is complete; then answers.',
    params: v.object({
      process: processRef,
      timeoutMs: field(v.optional(milliseconds), 'answer ERROR TIMEOUT after so many milliseconds'),
    }),
    result: v.object({ process: processSummary }),
  },
  USAGE: {
    code: 0x0107,
    doc: 'Tells how much processor time and memory running processes use, each with all its descendants. The daemon measures at most twice a second. A long answer comes in pages, as with LIST.',
    params: v.object({
      processes: field(
        v.optional(v.pipe(v.array(handle), v.maxLength(1000))),
        'only these; a process that has ended, or that the daemon may not look at, is left out',
      ),
      after: field(v.optional(handle), 'only processes with a larger handle'),
    }),
    result: v.object({
      at: field(time, 'when it was measured'),
      processors: field(count, 'how many processors the daemon may use'),
      processes: v.array(
        v.object({
          handle,
          cpuMs: field(
            v.pipe(v.number(), v.minValue(0)),
            'processor time since the start, including descendants that have been waited for',
          ),
          memory: field(count, 'bytes of resident memory; a page that several share is counted once for each'),
          processes: field(count, 'the number of processes: the process and its descendants'),
        }),
      ),
      next: field(v.nullable(handle), 'there are more after this handle; null: the answer is complete'),
    }),
  },
  KILL: {
    code: 0x0203,
    doc: 'Sends a signal. OK means that the kernel has accepted it.',
    params: v.object({
      process: processRef,
      signal: field(
        v.optional(v.union([v.pipe(v.string(), v.maxLength(16)), v.pipe(v.number(), v.integer())]), 'TERM'),
        '`TERM`, `SIGTERM`, `term`, 15 or `RTMIN+1`',
      ),
      scope: field(
        v.optional(v.picklist(['tree', 'group', 'process']), 'group'),
        '`group`: the whole process group; `process`: only the process itself; `tree`: it and all its descendants, also what has outlived it',
      ),
    }),
    result: v.object({ signal: field(v.string(), 'the signal that was sent, as "SIGTERM"') }),
  },
} as const
