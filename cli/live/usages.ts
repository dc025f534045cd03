// What running processes use between two looks at the daemon, as a table and as JSON.

import type { Client, ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { cutText } from '../../vt/cell-widths.ts'
import { formatAge, formatSize } from '../text/format.ts'
import { type Cell, type Column, paint, type TableStyle, table } from '../text/table.ts'

export type Sorting = 'cpu' | 'memory' | 'age' | 'id'

/** A running process and what it uses, with all its descendants. */
interface Use {
  readonly process: ProcessSummary
  /** Of one processor, since the look before; undefined at its first one. */
  readonly cpu: number | undefined
  readonly cpuMs: number
  /** Bytes. */
  readonly memory: number
  readonly processes: number
}

const columns: readonly Column[] = [
  { title: 'ID' },
  { title: 'PID', align: 'right' },
  { title: 'CPU%', align: 'right' },
  { title: 'MEM', align: 'right' },
  { title: 'TASKS', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'OUTPUT', align: 'right' },
  { title: 'COMMAND', min: 12 },
]

const sortings: Readonly<Record<Sorting, (one: Use, other: Use) => number>> = {
  cpu: (one, other) => (other.cpu ?? 0) - (one.cpu ?? 0) || other.cpuMs - one.cpuMs,
  memory: (one, other) => other.memory - one.memory,
  age: (one, other) => one.process.startedAt - other.process.startedAt,
  id: (one, other) => one.process.id.localeCompare(other.process.id, 'en', { numeric: true }),
}

const keys: Readonly<Record<string, Sorting>> = { c: 'cpu', m: 'memory', a: 'age', i: 'id' }

export class Usages {
  readonly #client: Client
  #sorting: Sorting
  #uses: Use[] = []
  #at = 0
  #processors = 0
  #ended = 0
  looks = 0

  constructor(client: Client, sorting: string) {
    this.#client = client
    this.#sorting = sorting in sortings ? (sorting as Sorting) : 'cpu'
  }

  /** Asks the daemon. @throws NetdaemonError */
  async look(): Promise<void> {
    const [processes, usage] = await Promise.all([this.#client.list(), this.#client.usage()])
    const before = new Map(this.#uses.map((use) => [use.process.handle, use]))
    const byHandle = new Map(processes.map((process) => [process.handle, process]))
    const elapsedMs = usage.at - this.#at
    // Somebody else has just asked, and it is the same measurement: what is known of it stays.
    if (this.looks > 0 && elapsedMs <= 0) return
    this.#uses = usage.processes.flatMap(({ handle, cpuMs, memory, processes: count }) => {
      const process = byHandle.get(handle)
      if (process === undefined) return []
      const earlier = before.get(handle)
      const cpu = earlier === undefined ? undefined : Math.max(0, (cpuMs - earlier.cpuMs) / elapsedMs)
      return [{ process, cpu, cpuMs, memory, processes: count }]
    })
    this.#at = usage.at
    this.#processors = usage.processors
    this.#ended = processes.filter(({ state }) => isEnded(state)).length
    this.looks += 1
  }

  /** Sorts by another column, if the key stands for one. */
  sortByKey(key: string): void {
    this.#sorting = keys[key] ?? this.#sorting
  }

  /** Two lines above the table: the sum, and the keys. */
  headline({ width, colour }: TableStyle): string[] {
    const cpu = this.#uses.reduce((sum, use) => sum + (use.cpu ?? 0), 0)
    const memory = this.#uses.reduce((sum, use) => sum + use.memory, 0)
    const sum = `${this.#uses.length} running, ${this.#ended} ended   cpu ${percent(cpu)}% of ${this.#processors} × 100%   memory ${formatSize(memory)}`
    const hint = `sorted by ${this.#sorting}   c cpu  m memory  a age  i id   q quit`
    return [paint(cutText(sum, width), 'strong', colour), paint(cutText(hint, width), 'dim', colour)]
  }

  table(style: TableStyle): string[] {
    return table(
      columns,
      this.#sorted().map((use) => this.#row(use)),
      style,
    )
  }

  /** Each process as LIST has it, and what it uses: `cpu` in processors, `memory` in bytes. */
  json(): readonly object[] {
    return this.#sorted().map(({ process, cpu, cpuMs, memory, processes }) => ({
      ...process,
      usage: { cpu: cpu ?? null, cpuMs, memory, processes },
    }))
  }

  #sorted(): Use[] {
    return [...this.#uses].sort(sortings[this.#sorting])
  }

  #row({ process, cpu, memory, processes }: Use): Cell[] {
    const { id, state, startedAt, output, command } = process
    return [
      { text: id, paint: 'strong' },
      'pid' in state ? String(state.pid) : '-',
      percent(cpu),
      formatSize(memory),
      String(processes),
      formatAge(this.#at - startedAt),
      formatSize(output.end),
      command,
    ]
  }
}

/** `0.0`, `12.3`, `231`; a dot where nothing is known yet. */
function percent(share: number | undefined): string {
  if (share === undefined) return '·'
  return share >= 0.9995 ? String(Math.round(share * 100)) : (share * 100).toFixed(1)
}
