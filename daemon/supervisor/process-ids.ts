// The ids of processes: making one, and saying why one can't be had, or which of several was meant.

import { randomInt } from 'node:crypto'
import { basename } from 'node:path'
import { NetdaemonError } from '../../proto/errors.ts'

/** Ids named in an error. */
const NAMED_MAX = 10

/** `ls-k3f9`: the program's name and four random letters or digits. */
export function makeId(command: string, isTaken: (id: string) => boolean): string {
  const word = basename(command)
    .replace(/[^A-Za-z0-9_.]+/g, '-')
    .replace(/^[^A-Za-z0-9_]+|-+$/g, '')
    .slice(0, 32)
  for (;;) {
    const id = `${word === '' ? 'process' : word}-${randomInt(36 ** 4)
      .toString(36)
      .padStart(4, '0')}`
    if (!isTaken(id)) return id
  }
}

export function nameTaken(name: string, ended: boolean, by: string): NetdaemonError {
  return new NetdaemonError('NAME_TAKEN', `the name "${name}" belongs to ${by}`, { detail: { name, ended } })
}

/** The id that begins so was meant by nobody knows which of these. */
export function ambiguous(ref: string, candidates: readonly { readonly id: string }[]): NetdaemonError {
  const ids = candidates.slice(0, NAMED_MAX).map(({ id }) => id)
  const more = candidates.length > ids.length ? ', …' : ''
  return new NetdaemonError('AMBIGUOUS', `"${ref}" matches ${ids.join(', ')}${more}; type more of the id`, {
    detail: { ids },
  })
}
