// Results as a table: aligned for a terminal, and in Markdown for the documents.

import type { Goal } from './benchmark.ts'
import type { Row, Side } from './results.ts'

const HEAD = ['', 'ours', 'floor', 'ratio', 'goal', '', 'peers']

/** For a terminal. */
export function plainTable(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)))
  return cells
    .map((line) =>
      line
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** For a document. */
export function markdownTable(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(HEAD),
    line(HEAD.map((_, column) => (isText(column) ? '---' : '---:'))),
    ...rows.map((row) => line(cellsOf(row))),
  ].join('\n')
}

/** Ours, and what others need for the same; the floor is one of them. */
export function figureTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, unit, ours, floor, floorIs, peers }) => {
    const base = floor === null || floorIs === null ? [] : [`${floorIs} ${sideText(floor, unit)}`]
    const others = Object.entries(peers).map(([name, side]) => `${name} ${sideText(side, unit)}`)
    return `| ${what} | ${ours === null ? 'not measured' : sideText(ours, unit)} | ${[...base, ...others].join(', ')} |`
  })
  return ['| | netdaemon | others |', '| --- | ---: | --- |', ...lines].join('\n')
}

/** Only what was measured of ours. */
export function stageTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${row.what} | ${row.ours === null ? '' : sideText(row.ours, row.unit)} |`)
  return ['| stage | takes |', '| --- | ---: |', ...lines].join('\n')
}

const isText = (column: number) => column === 0 || column >= 4

function cellsOf(row: Row): string[] {
  const { what, unit, ours, floor, floorIs, ratio, goal, reached, peers } = row
  return [
    what,
    ours === null ? 'not measured' : sideText(ours, unit),
    floor === null ? '' : `${sideText(floor, unit)}${floorIs === null ? '' : ` (${floorIs})`}`,
    ratio === null ? '' : `${ratio.toFixed(2)}x`,
    goal === null ? '' : goalText(goal, unit),
    reached === null ? '' : reached ? 'yes' : 'NO',
    Object.entries(peers)
      .map(([name, side]) => `${name} ${sideText(side, unit)}`)
      .join(', '),
  ]
}

export function goalText(goal: Goal, unit: string): string {
  const value = 'atLeast' in goal ? goal.atLeast : goal.atMost
  const sign = 'atLeast' in goal ? '≥' : '≤'
  return goal.of === 'value' ? `${sign} ${numberText(value)} ${unit}` : `${sign} ${Number(value.toFixed(2))}x`
}

function sideText(side: Side, unit: string): string {
  return `${numberText(side.median)} ${unit}`
}

/** Three figures, or all before the point. */
export function numberText(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}
