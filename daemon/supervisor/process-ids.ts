// The ids of processes: making one, and saying why one can't be had, or which of several was meant.

import { basename } from 'node:path'
import { NetdaemonError } from '../../proto/errors.ts'
import type { ProcessRef } from '../../proto/protocol.ts'
import type { Process } from '../process/process.ts'

/** Ids named in an error. */
const NAMED_MAX = 10
/** What most programs are called, and can stay so in an id. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.]*$/

/** `ls-k3f9`: the program's name and four random letters or digits. */
export function makeId(command: string, isTaken: (id: string) => boolean): string {
  const program = basename(command)
  const word = (PLAIN.test(program) ? program : asWord(program)).slice(0, 32)
  for (;;) {
    const id = `${word === '' ? 'process' : word}-${Math.floor(Math.random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0')}`
    if (!isTaken(id)) return id
  }
}

function asWord(program: string): string {
  return program.replace(/[^A-Za-z0-9_.]+/g, '-').replace(/^[^A-Za-z0-9_]+|-+$/g, '')
}

export function nameTaken(name: string, ended: boolean, by: string): NetdaemonError {
  return new NetdaemonError('NAME_TAKEN', `the name "${name}" belongs to ${by}`, { detail: { name, ended } })
}

/**
 * The process that a request means: an id, a handle, or the only id that begins so.
 *
 * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
 */
export function findIn<P extends { readonly id: string }>(
  ref: ProcessRef,
  byHandle: ReadonlyMap<number, P>,
  byId: ReadonlyMap<string, P>,
): P {
  const exact = typeof ref === 'number' ? byHandle.get(ref) : byId.get(ref)
  if (exact !== undefined) return exact
  const candidates = Array.from(byHandle.values()).filter(({ id }) => typeof ref === 'string' && id.startsWith(ref))
  const [found, ...others] = candidates
  if (found === undefined) throw new NetdaemonError('NOT_FOUND', `there is no process "${ref}"`)
  if (others.length === 0) return found
  throw ambiguous(String(ref), candidates)
}

/** It can't be removed. */
export function stillRunning(process: Pick<Process, 'id' | 'pid' | 'state'>): NetdaemonError {
  const { id } = process
  const why = unendedText(process)
  return new NetdaemonError('STILL_RUNNING', `cannot remove "${id}": ${why}; end it first, or remove it with force`, {
    detail: { id },
  })
}

function unendedText({ pid, state }: Pick<Process, 'pid' | 'state'>): string {
  if (pid !== undefined) return 'it is running'
  return state.kind === 'exited' || state.kind === 'killed' ? 'its output has not ended yet' : `it is ${state.kind}`
}

/** The id that begins so was meant by nobody knows which of these. */
function ambiguous(ref: string, candidates: readonly { readonly id: string }[]): NetdaemonError {
  const ids = candidates.slice(0, NAMED_MAX).map(({ id }) => id)
  const more = candidates.length > ids.length ? ', …' : ''
  return new NetdaemonError('AMBIGUOUS', `"${ref}" matches ${ids.join(', ')}${more}; type more of the id`, {
    detail: { ids },
  })
}
