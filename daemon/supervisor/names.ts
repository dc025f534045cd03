// Who has which id: the processes that are there, and those that will be in a moment.

import type { ProcessSpec } from '../../proto/protocol.ts'
import type { Process } from '../process/process.ts'
import { makeId, nameTaken } from './process-ids.ts'

export class Names {
  readonly #byId: ReadonlyMap<string, Process>
  /** Of processes that will be there in a moment. */
  readonly #reserved = new Set<string>()

  constructor(byId: ReadonlyMap<string, Process>) {
    this.#byId = byId
  }

  /** The id that a process of this spec gets. */
  idFor({ name, command }: ProcessSpec): string {
    return name ?? makeId(command, (id) => this.#byId.has(id) || this.#reserved.has(id))
  }

  reserve(id: string): void {
    this.#reserved.add(id)
  }

  release(id: string): void {
    this.#reserved.delete(id)
  }

  /**
   * The ended process that has the name, and gives it up; undefined: nobody has it.
   *
   * @throws NetdaemonError NAME_TAKEN
   */
  claim({ name }: ProcessSpec, replace: boolean): Process | undefined {
    if (name === undefined) return undefined
    if (this.#reserved.has(name)) throw nameTaken(name, false, 'a process that is being started')
    const holder = this.#byId.get(name)
    if (holder === undefined) return undefined
    if (!holder.ended)
      throw nameTaken(name, false, 'a process that has not ended; choose another, or end that one first')
    if (!replace) throw nameTaken(name, true, 'an ended process; remove it first, or start with replace')
    return holder
  }
}
