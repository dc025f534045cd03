// Orphans as they were at one look, each read from /proc once, however many runs are looked for among them: by process group, by
// session, and by what stands in the environment that they were executed with.

/** What is read of an orphan. */
export interface OrphanReader {
  /** Undefined: it is gone. */
  stat(pid: number): { readonly state: string; readonly group: number; readonly session: number } | undefined
  /** The environment that it was executed with; undefined if it can't be read. */
  variables(pid: number): readonly string[] | undefined
}

export class OrphanIndex {
  /** Those that had died when they were looked at: their children may have become orphans since. */
  readonly dead: number[] = []
  /** Those that were not gone, and which of the list each is. */
  readonly #there = new Map<number, number>()
  readonly #byGroup = new Map<number, number[]>()
  readonly #bySession = new Map<number, number[]>()
  /** By each variable, as `NAME=value`, that begins like what is looked for. */
  #byVariable: Map<string, number[]> | undefined
  readonly #reader: OrphanReader

  constructor(pids: readonly number[], reader: OrphanReader) {
    this.#reader = reader
    for (const [at, pid] of pids.entries()) this.#add(pid, at)
  }

  /** Whether it is among them, and was not gone. */
  has(pid: number): boolean {
    return this.#there.has(pid)
  }

  /** In the order of the list. */
  sorted(pids: Iterable<number>): number[] {
    return Array.from(pids).sort((one, other) => (this.#there.get(one) ?? 0) - (this.#there.get(other) ?? 0))
  }

  /** Those that are in this process group or session. */
  inGroup(leader: number): readonly number[] {
    return [...(this.#byGroup.get(leader) ?? []), ...(this.#bySession.get(leader) ?? [])]
  }

  /** Those that were executed with this variable, `NAME=value`. */
  withVariable(variable: string): readonly number[] {
    this.#byVariable ??= this.#readVariables(variable.slice(0, variable.indexOf('=') + 1))
    return this.#byVariable.get(variable) ?? []
  }

  #add(pid: number, at: number): void {
    const stat = this.#reader.stat(pid)
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') this.dead.push(pid)
    if (stat === undefined) return
    this.#there.set(pid, at)
    note(this.#byGroup, stat.group, pid)
    if (stat.session !== stat.group) note(this.#bySession, stat.session, pid)
  }

  #readVariables(prefix: string): Map<string, number[]> {
    const found = new Map<string, number[]>()
    for (const pid of this.#there.keys()) {
      for (const variable of this.#reader.variables(pid) ?? []) {
        if (variable.startsWith(prefix)) note(found, variable, pid)
      }
    }
    return found
  }
}

function note<K>(map: Map<K, number[]>, key: K, pid: number): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [pid])
  else known.push(pid)
}
