// Brings what the documents say about speed up to date with bench/results.json: the tables between
// <!-- bench:NAME --> and <!-- /bench:NAME --> in README.md and docs/performance.md, and the charts in docs/charts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../scripts/repository.ts'
import { type Bar, chart, type Line } from './chart.ts'
import { machineText } from './machine.ts'
import type { Results, Row, Side } from './results.ts'
import { figureTable, markdownTable, stageTable } from './table.ts'

/** The three figures of the README, with the names that they have there. */
const FIGURES = {
  'start.socket': 'from the request to start a program to its first byte',
  'bulk.node': 'output of one process to a client in Node',
  'memory.1000': 'memory of the daemon with 1,000 processes',
} as const

const CLIENT_IN_C = 'netdaemon, client in C'
const CLIENT_IN_NODE = 'netdaemon, client in Node'

/** Writes the README's figures, and the goals, all measures and the stages of docs/performance.md. */
export function writeDocuments(results: Results): void {
  const sections: Record<string, string> = {
    figures: figureTable(Object.entries(FIGURES).map(([key, name]) => ({ ...find(results.rows, key), what: name }))),
    goals: markdownTable(results.rows.filter(({ goal }) => goal !== null)),
    all: markdownTable(results.rows.filter(({ key }) => !key.startsWith('stage.'))),
    ...Object.fromEntries(
      ['byte', 'packet', 'start', 'ndctl'].map((of) => [
        `stages_${of}`,
        stageTable(results.rows.filter(({ key }) => key.startsWith(`stage.${of}`))),
      ]),
    ),
    machine: `Measured on ${results.date.slice(0, 10)} on ${machineText(results.machine)}. Compared with ${
      results.peers.measured.join(', ') || 'no other supervisor'
    }${results.peers.absent.length > 0 ? `; not installed: ${results.peers.absent.join(', ')}` : ''}.`,
  }
  for (const path of ['README.md', 'docs/performance.md']) {
    const file = join(repository, path)
    const before = readFileSync(file, 'utf8')
    const after = before.replace(
      /(<!-- bench:(\w+) -->\n).*?(<!-- \/bench:\2 -->)/gs,
      (whole, begin: string, name: string, end: string) => {
        const section = sections[name]
        return section === undefined ? whole : `${begin}${section}\n${end}`
      },
    )
    if (after !== before) writeFileSync(file, after)
  }
  const charts = join(repository, 'docs/charts')
  mkdirSync(charts, { recursive: true })
  writeFileSync(join(charts, 'speed.svg'), speedChart(results.rows))
  writeFileSync(join(charts, 'scale.svg'), scaleChart(results.rows))
}

function speedChart(rows: readonly Row[]): string {
  const bulk = find(rows, 'bulk.node')
  const key = find(rows, 'keystroke.c')
  const inC = (row: Row): Bar[] => bar(CLIENT_IN_C, row.ours, 'ours')
  const inNode = (row: Row): Bar[] => bar(CLIENT_IN_NODE, row.ours, 'ours')
  return chart(
    'How much output of one process each program carries, and how long a keystroke takes through it',
    {
      title: 'Output of one process',
      about: 'MB/s, more is better; grey: no supervisor, for comparison',
      draw: { bars: barsOf(bulk, [...inNode(bulk), ...inC(find(rows, 'bulk.c'))]) },
    },
    {
      title: 'A keystroke, to the program and back',
      about: 'µs, less is better; dtach and tmux at a terminal',
      draw: { bars: barsOf(key, [...inC(key), ...inNode(find(rows, 'keystroke.library'))]) },
    },
  )
}

/** The best first. */
function barsOf(row: Row, mine: readonly Bar[]): Bar[] {
  const others = Object.entries(row.peers).flatMap(([name, side]) =>
    bar(name, side, name.startsWith('a bare ') ? 'floor' : 'peer'),
  )
  const sign = row.higherIsBetter ? -1 : 1
  return [...bar('a relay in C', row.floor, 'floor'), ...mine, ...others].sort(
    (one, other) => sign * (one.value - other.value),
  )
}

function bar(label: string, side: Side | null, kind: Bar['kind']): Bar[] {
  return side === null ? [] : [{ label, value: side.median, kind }]
}

function scaleChart(rows: readonly Row[]): string {
  const x = 'processes, on a logarithmic scale'
  const library = linesOf(rows, 'list.library.', CLIENT_IN_NODE).map((line) => ({ ...line, dashed: true }))
  return chart(
    'Memory, and the time to list all processes, by the number of processes',
    {
      title: 'Memory of the supervisor',
      about: 'MB, on a logarithmic scale; less is better',
      draw: { lines: linesOf(rows, 'memory.', 'netdaemon'), axes: { x, zero: 'none', unit: 'MB' } },
    },
    {
      title: 'Time to list all processes',
      about: 'ms, on a logarithmic scale; less is better',
      draw: {
        lines: [...library, ...linesOf(rows, 'list.wire.', CLIENT_IN_C)],
        axes: { x, zero: 'none', unit: 'ms' },
      },
    },
  )
}

/** One line for us and one for each peer, of the rows whose keys are this and a number of processes. */
function linesOf(rows: readonly Row[], prefix: string, ours: string): Line[] {
  const own: { x: number; y: number }[] = []
  const peers = new Map<string, { x: number; y: number }[]>()
  for (const row of rows) {
    if (!row.key.startsWith(prefix)) continue
    const x = Number(row.key.slice(prefix.length))
    if (row.ours !== null) own.push({ x, y: row.ours.median })
    for (const [name, { median: y }] of Object.entries(row.peers)) {
      peers.set(name, [...(peers.get(name) ?? []), { x, y }])
    }
  }
  return [
    { label: ours, ours: true, points: own },
    ...[...peers].map(([label, points]) => ({ label, ours: false, points })),
  ]
}

function find(rows: readonly Row[], key: string): Row {
  const row = rows.find((candidate) => candidate.key === key)
  if (row === undefined) throw new Error(`bench/results.json has no row "${key}": run npm run bench, all of it, first`)
  return row
}
