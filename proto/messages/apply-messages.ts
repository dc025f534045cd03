// The requests about what is declared: APPLY makes processes as a list of specs says; EXPORT tells a spec; ENABLE and DISABLE say
// whether a process is started with the daemon.

import * as v from 'valibot'
import { field, processRef } from './basic-shapes.ts'
import { processSummary } from './process-shapes.ts'
import { processSpec } from './spec-shapes.ts'

/** Specs of one APPLY. */
const SPECS_MAX = 5000

const json = field(v.nullable(v.string()), 'as JSON; null: absent')

const step = v.object({
  id: field(v.string(), 'the process'),
  action: field(
    v.string(),
    '`create`; `start`: it is there, and down; `restart`: a field has changed that holds from the next run on; `replace`: removed, and made anew; `update`: changed while it runs on; `none`; `remove`',
  ),
  changes: field(
    v.array(v.object({ field: field(v.string(), 'as `env.set.PORT`'), from: json, to: json })),
    'what is another in its spec',
  ),
  error: field(
    v.optional(
      v.object({
        code: v.string(),
        message: v.string(),
        output: field(v.optional(v.string()), 'the last that it wrote'),
      }),
    ),
    'why it did not come to be so; absent: it did, or it was not waited for',
  ),
})

/** Requests about what is declared. */
export const applyRequests = {
  APPLY: {
    code: 0x0120,
    doc: 'Makes processes as these specs say, and answers what that took: one step for each. Those that are as they should be are left alone, so applying twice does nothing. Others are changed in place where that is possible, and restarted where it is not. With `dryRun`, nothing is done. It is answered when all have come up, or are sure not to. Applied processes stay until they are removed.',
    params: v.object({
      // One pipe: the list is counted before anything in it is looked at.
      specs: v.pipe(v.array(processSpec), v.maxLength(SPECS_MAX), v.description('each with a name, and in any order')),
      source: field(
        v.optional(v.pipe(v.string(), v.maxLength(4096)), ''),
        'where they come from, as the path of a file: for `prune`, and for people',
      ),
      prune: field(v.optional(v.boolean(), false), 'remove what was applied from this source, and is not among them'),
      dryRun: field(v.optional(v.boolean(), false), 'only tell what would be done'),
      wait: field(v.optional(v.boolean(), true), 'false: answer as soon as everything has been asked for'),
    }),
    result: v.object({ steps: v.array(step) }),
  },
  EXPORT: {
    code: 0x0121,
    doc: 'Tells the spec of a process, as APPLY takes it; it may hold secrets.',
    params: v.object({ process: processRef }),
    result: v.object({
      spec: processSpec,
      source: field(v.nullable(v.string()), 'where it was applied from; null: it was not'),
      enabled: field(v.boolean(), 'whether it is started with the daemon, if it is to run'),
    }),
  },
  ENABLE: {
    code: 0x0122,
    doc: 'Lets a process be started with the daemon, if it is to run. It is so unless DISABLE has said otherwise.',
    params: v.object({ process: processRef }),
    result: v.object({ process: processSummary }),
  },
  DISABLE: {
    code: 0x0123,
    doc: 'Lets a process not be started with the daemon; what it does now goes on.',
    params: v.object({ process: processRef }),
    result: v.object({ process: processSummary }),
  },
} as const
