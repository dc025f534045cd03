// What a run has seen, in the form of bench/results.json: medians and spread of each side, the goal and whether it was
// reached, and the machine. Everything that documents and charts say comes from there.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../scripts/repository.ts'
import { type Goal, type Measurement, median, quantile } from './benchmark.ts'
import type { Machine } from './machine.ts'

/** One side of a measurement. */
export interface Side {
  readonly median: number
  readonly p10: number
  readonly p90: number
  readonly samples: number
}

export interface Row {
  readonly key: string
  readonly what: string
  readonly unit: string
  readonly higherIsBetter: boolean
  readonly ours: Side | null
  readonly floor: Side | null
  readonly floorIs: string | null
  /** Ours as a part of the floor's median. */
  readonly ratio: number | null
  readonly goal: Goal | null
  /** null: there is no goal, or it could not be measured here. */
  readonly reached: boolean | null
  readonly peers: Readonly<Record<string, Side>>
}

export interface Results {
  readonly date: string
  readonly machine: Machine
  readonly peers: { readonly measured: readonly string[]; readonly absent: readonly string[] }
  readonly rows: readonly Row[]
}

export const resultsPath = join(repository, 'bench/results.json')

export function readResults(): Results {
  return JSON.parse(readFileSync(resultsPath, 'utf8')) as Results
}

export function writeResults(results: Results): void {
  writeFileSync(resultsPath, `${JSON.stringify(results, undefined, 2)}\n`)
}

export function toRow({ ours, floor, floorIs, goal, peers = {}, ...names }: Measurement): Row {
  const mine = sideOf(ours)
  const base = sideOf(floor)
  const ratio = mine === null || base === null ? null : rounded(mine.median / base.median)
  return {
    ...names,
    ours: mine,
    floor: base,
    floorIs: base === null ? null : (floorIs ?? null),
    ratio,
    goal: goal ?? null,
    reached: goal === undefined ? null : isReached(goal, mine?.median ?? null, ratio),
    peers: Object.fromEntries(
      Object.entries(peers)
        .map(([name, values]) => [name, sideOf(values)] as const)
        .filter((entry): entry is readonly [string, Side] => entry[1] !== null),
    ),
  }
}

function sideOf(values: readonly number[]): Side | null {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) return null
  return {
    median: rounded(median(values)),
    p10: rounded(quantile(values, 0.1)),
    p90: rounded(quantile(values, 0.9)),
    samples: values.length,
  }
}

/** Four figures: what comes after them is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function isReached(goal: Goal, value: number | null, ratio: number | null): boolean | null {
  const seen = goal.of === 'floor' ? ratio : value
  if (seen === null) return null
  return 'atLeast' in goal ? seen >= goal.atLeast : seen <= goal.atMost
}
