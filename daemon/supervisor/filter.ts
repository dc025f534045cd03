// Which processes a LIST asks for.

import type { Params } from '../../proto/protocol.ts'
import type { Process } from '../process/process.ts'

/** Does a process pass a LIST's filter? */
export function matches(
  process: Pick<Process, 'id' | 'name' | 'state' | 'labels'>,
  { id, name, states, labels }: Omit<Params<'LIST'>, 'after'>,
): boolean {
  if (id !== undefined && !process.id.startsWith(id)) return false
  if (name !== undefined && process.name !== name) return false
  if (states !== undefined && !states.includes(process.state.kind)) return false
  return Object.entries(labels).every(([key, value]) => process.labels[key] === value)
}
