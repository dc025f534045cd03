// Brings what the documents say about speed up to date with bench/results.json: the tables between
// <!-- bench:NAME --> and <!-- /bench:NAME --> in README.md and docs/performance.md, and the charts in docs/charts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../scripts/repository.ts'
import { type Bar, chart, type Line } from './chart.ts'
import { machineText } from './machine.ts'
import type { Results, Row } from './results.ts'
import { markdownTable, stageTable } from './table.ts'

/** The rows that have a goal, for the README; all of them are in docs/performance.md. */
export function writeDocuments(results: Results): void {
  const sections: Record<string, string> = {
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
  const bars = (row: Row, mine: readonly Bar[], floor: string): Bar[] => {
    const peers = Object.entries(row.peers).map(([label, { median }]): Bar => ({ label, value: median, kind: 'peer' }))
    const base: Bar[] = row.floor === null ? [] : [{ label: floor, value: row.floor.median, kind: 'floor' }]
    const sign = row.higherIsBetter ? -1 : 1
    return [...base, ...mine, ...peers].sort((one, other) => sign * (one.value - other.value))
  }
  const ours = (label: string, row: Row): Bar[] =>
    row.ours === null ? [] : [{ label, value: row.ours.median, kind: 'ours' }]
  return chart(
    'Throughput and keystroke latency of netdaemon and of others',
    {
      title: 'Output of one process (more is better)',
      unit: 'MB/s',
      draw: {
        bars: bars(
          bulk,
          [...ours('netdaemon, Node', bulk), ...ours('netdaemon, C', find(rows, 'bulk.c'))],
          'relay in C',
        ),
      },
    },
    {
      title: 'Keystroke round trip (less is better)',
      unit: 'µs',
      draw: {
        bars: bars(
          key,
          [...ours('netdaemon, C', key), ...ours('netdaemon, Node', find(rows, 'keystroke.library'))],
          'relay in C',
        ),
      },
    },
  )
}

function scaleChart(rows: readonly Row[]): string {
  const lines = (prefix: string, ours: string): Line[] => {
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
  const library = lines('list.library.', 'netdaemon, Node').map((line) => ({ ...line, dashed: true }))
  return chart(
    'Memory and list time of netdaemon and of others, by number of processes',
    { title: 'Memory', unit: 'MB', draw: { lines: lines('memory.', 'netdaemon'), xTitle: 'processes' } },
    {
      title: 'Time to list all',
      unit: 'ms',
      draw: { lines: [...lines('list.wire.', 'netdaemon, wire'), ...library], xTitle: 'processes' },
    },
  )
}

function find(rows: readonly Row[], key: string): Row {
  const row = rows.find((candidate) => candidate.key === key)
  if (row === undefined) throw new Error(`bench/results.json has no row "${key}": run npm run bench, all of it, first`)
  return row
}
