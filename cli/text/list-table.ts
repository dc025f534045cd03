// Processes in the table of "list". Pure; the present time comes in.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { formatAge, formatSize } from './format.ts'
import { stateCell } from './process-text.ts'
import { ageOf } from './state-sentence.ts'
import { type Cell, type Column, type TableStyle, table } from './table.ts'

type Row = readonly [column: Column, cell: (process: ProcessSummary, now: number) => Cell]

/** AGE: how long it runs, or has been over. */
const rows: readonly Row[] = [
  [{ title: 'ID' }, ({ id }) => ({ text: id, paint: 'strong' })],
  [{ title: 'STATE' }, ({ state, survivors }) => withSurvivors(stateCell(state), survivors)],
  [{ title: 'PID', align: 'right' }, ({ state }) => (isLive(state) && state.pid !== null ? String(state.pid) : '-')],
  [{ title: 'AGE', align: 'right' }, ({ state }, now) => ageText(ageOf(state, now))],
  [{ title: 'OUTPUT', align: 'right' }, ({ output }) => formatSize(output.end)],
  [{ title: 'CLIENTS', align: 'right' }, ({ attached }) => String(attached)],
  [{ title: 'COMMAND', min: 12 }, ({ command }) => command],
]

/** Only where some process has had more than one run. */
const restarts: Row = [{ title: 'RESTARTS', align: 'right' }, ({ runs = 1 }) => String(Math.max(0, runs - 1))]
const RESTARTS_AT = 4

/** The lines of the table. */
export function listTable(processes: readonly ProcessSummary[], now: number, style: TableStyle): string[] {
  const shown = processes.some(({ runs = 1 }) => runs > 1) ? rows.toSpliced(RESTARTS_AT, 0, restarts) : rows
  return table(
    shown.map(([column]) => column),
    processes.map((process) => shown.map(([, cell]) => cell(process, now))),
    style,
  )
}

export const ageText = (ms: number | undefined): string => (ms === undefined ? '-' : formatAge(ms))

/** `exited 0 +2`: and two of its descendants live on. */
function withSurvivors(cell: Cell, survivors = 0): Cell {
  if (survivors === 0) return cell
  return typeof cell === 'string' ? `${cell} +${survivors}` : { ...cell, text: `${cell.text} +${survivors}` }
}
