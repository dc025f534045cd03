// What a soak with --heap found: how the parts of the daemon's memory went, and which objects became more between two heap
// snapshots.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The environment variable that names the folder for heap-watch.ts. */
export const HEAP_WATCH = 'NETDAEMON_HEAP_WATCH'
/** Classes that are told of. */
const TOLD = 15

interface Figures {
  readonly seconds: number
  readonly rss: number
  readonly heapTotal: number
  readonly heapUsed: number
  readonly external: number
  readonly spaces: Readonly<Record<string, readonly [size: number, used: number]>>
  readonly mapped: Readonly<Record<string, number>>
}

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: [string[]] } }
  readonly nodes: number[]
  readonly strings: string[]
}

/** Lines for a person. */
export function heapReport(directory: string): string[] {
  const lines = readFileSync(join(directory, 'figures.jsonl'), 'utf8').trim().split('\n')
  const figures = lines.map((line) => JSON.parse(line) as Figures)
  return [...course(figures), ...growth(directory)]
}

function course(figures: readonly Figures[]): string[] {
  const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  const rows: [string, (each: Figures) => number][] = [
    ['RSS', ({ rss }) => rss],
    ['heap of V8, all pages', ({ heapTotal }) => heapTotal],
    ['heap of V8, in use', ({ heapUsed }) => heapUsed],
    ['external', ({ external }) => external],
    ...Object.keys(figures[0]?.spaces ?? {}).map((name): [string, (each: Figures) => number] => [
      `  ${name}`,
      ({ spaces }) => spaces[name]?.[0] ?? 0,
    ]),
    ...Object.keys(figures[0]?.mapped ?? {}).map((name): [string, (each: Figures) => number] => [
      `resident: ${name}`,
      ({ mapped }) => 1024 * (mapped[name] ?? 0),
    ]),
  ]
  const quarters = [0, 1, 2, 3].map((n) =>
    figures.slice(Math.floor((n * figures.length) / 4), Math.floor(((n + 1) * figures.length) / 4)),
  )
  return [
    `${figures.length} looks; each quarter of the time: least, mean, most in MB`,
    ...rows.map(([name, of]) => {
      const cells = quarters.map((quarter) => {
        const values = quarter.map(of)
        const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
        return `${mb(Math.min(...values))} ${mb(mean)} ${mb(Math.max(...values))}`.padEnd(20)
      })
      return `${name.padEnd(24)}${cells.join('| ')}`
    }),
  ]
}

function growth(directory: string): string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.heapsnapshot'))
  const [first, ...rest] = files.sort().map((name) => byClass(join(directory, name)))
  const last = rest.at(-1)
  if (first === undefined || last === undefined) return []
  const classes = [...last].map(([name, [count, bytes]]): [string, number, number] => {
    const [countBefore, bytesBefore] = first.get(name) ?? [0, 0]
    return [name, count - countBefore, bytes - bytesBefore]
  })
  const total = (all: Map<string, [number, number]>) => [...all.values()].reduce((sum, [, bytes]) => sum + bytes, 0)
  classes.sort((a, b) => b[2] - a[2])
  return [
    `reachable in the first snapshot ${total(first)} bytes, in the last ${total(last)}; what has become more:`,
    ...classes
      .slice(0, TOLD)
      .map(([name, count, bytes]) => `${String(bytes).padStart(10)} bytes ${String(count).padStart(7)}  ${name}`),
  ]
}

/** How many there are of each class, and how many bytes they take themselves. */
function byClass(path: string): Map<string, [count: number, bytes: number]> {
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(path, 'utf8')) as Snapshot
  const { node_fields: fields, node_types: types } = snapshot.meta
  const [typeAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ]
  const classes = new Map<string, [number, number]>()
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = types[0][nodes[at + typeAt] ?? 0] ?? 'unknown'
    const named = type === 'object' || type === 'native' || type === 'closure'
    const name = named ? `${type} ${strings[nodes[at + nameAt] ?? 0]}` : type
    const sum = classes.get(name) ?? [0, 0]
    sum[0] += 1
    sum[1] += nodes[at + sizeAt] ?? 0
    classes.set(name, sum)
  }
  return classes
}
