// What keeps a process that should have ended: asks Node for its diagnostic report (by SIGUSR2, for which the process must
// have been started with `reportFlags`) and names what its event loop waits for.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that is busy in a loop of its own writes no report. */
const PATIENCE_MS = 30_000

/** One handle of the event loop; what else it has differs by type. */
interface Handle {
  readonly type: string
  readonly is_active: boolean
  readonly is_referenced?: boolean
  readonly fd?: number
  readonly pid?: number
  readonly firesInMsFromNow?: number
  readonly signal?: string
}

/** Flags for a process whose report is to be written there. */
export function reportFlags(directory: string): string[] {
  return ['--report-on-signal', '--report-signal=SIGUSR2', `--report-directory=${directory}`]
}

/** In words, what the process waits for. */
export async function whatKeeps(pid: number, directory: string): Promise<string> {
  process.kill(pid, 'SIGUSR2')
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    await sleep(100)
    const handles = readHandles(directory)
    if (handles === undefined) continue
    const kept = handles.filter((handle) => handle.is_active && handle.is_referenced)
    return kept.length === 0 ? 'nothing keeps it' : `kept by ${kept.map(describe).join(', ')}`
  }
  return 'busy: it answers no signal'
}

/** The handles in the report; undefined while it is not there, or not all of it. */
function readHandles(directory: string): Handle[] | undefined {
  const name = readdirSync(directory).find((entry) => entry.startsWith('report.') && entry.endsWith('.json'))
  if (name === undefined) return undefined
  try {
    return (JSON.parse(readFileSync(join(directory, name), 'utf8')) as { libuv: Handle[] }).libuv
  } catch {
    // Half written: a SyntaxError.
    return undefined
  }
}

function describe({ type, fd, pid, signal, firesInMsFromNow }: Handle): string {
  const facts = { fd, pid, signal, 'fires in ms': firesInMsFromNow }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return [type, ...known.map(([key, value]) => `${key} ${value}`)].join(' ')
}
