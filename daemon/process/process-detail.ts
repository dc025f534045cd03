// A process as SHOW shows it: all of the summary, how it was started, and the clients that are attached to it.

import type { ProcessDetail } from '../../proto/protocol.ts'
import type { TreeMember } from '../linux/tree/process-tree.ts'
import type { Attachment } from '../output/attachment.ts'
import type { Program } from '../run/launcher.ts'
import { type Summarized, summarize } from './process-summary.ts'
import type { EndedRun } from './run-history.ts'

/** Clients that are told of: the answer must have an end, and `attached` is how many there are. */
const CLIENTS_MAX = 1000

/** What a detail is made of. */
export interface Detailed extends Summarized {
  readonly program: Program
  readonly input: ProcessDetail['input']
  /** Clients make it wait. */
  readonly held: boolean
  readonly survivors: readonly TreeMember[]
  readonly life: Summarized['life'] & {
    readonly history: { readonly ends: readonly EndedRun[] }
    readonly linesPassedOver: number
  }
  readonly clients: Iterable<Pick<Attachment, 'client' | 'lossless' | 'readOnly' | 'size' | 'cursor' | 'acked'>>
}

/** @param withEnvironment its variables may hold secrets: they are told only when asked for */
export function describeProcess(process: Detailed, withEnvironment: boolean): ProcessDetail {
  const { path, cwd, env, spec } = process.program
  return {
    ...summarize(process),
    path,
    args: spec.args,
    cwd,
    env: withEnvironment ? env() : null,
    stdin: spec.stdin,
    stderr: spec.stderr,
    input: process.input,
    outputLimit: spec.outputLimit,
    autoRemove: spec.autoRemove,
    held: process.held,
    ...(process.survivors.length === 0
      ? {}
      : { left: process.survivors.map(({ pid, name, state, uid }) => ({ pid, name, state, uid })) }),
    ...(process.life.history.ends.length === 0 ? {} : { runsKept: [...process.life.history.ends] }),
    ...(process.life.linesPassedOver === 0 ? {} : { linesPassedOver: process.life.linesPassedOver }),
    clients: Array.from(firstOf(process.clients), ({ client, lossless, readOnly, size, cursor, acked }) => ({
      ...client,
      lossless,
      readOnly,
      ...(size === undefined ? {} : { size }),
      sent: cursor,
      acked,
    })),
  }
}

function* firstOf<T>(clients: Iterable<T>): Iterable<T> {
  let count = 0
  for (const client of clients) {
    if (count++ === CLIENTS_MAX) return
    yield client
  }
}
