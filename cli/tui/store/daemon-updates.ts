// What the daemon says, taken into the state: lists, events, measurements, the connection itself. A list and an event may
// overtake each other; since a process never comes back to life, the later state of the two is the true one.

import { isLive, type ProcessState, type ProcessSummary, type Result } from '../protocol-types.ts'
import type { Action } from './actions.ts'
import type { DaemonLink, Handle, UiState, Usage } from './state.ts'

const HAPPENINGS_MAX = 300
/** Values of the curve. */
const HISTORY_MAX = 120

/** The connection has changed. Another run of the daemon has other processes, with the same handles. */
export function linkChanged(state: UiState, link: DaemonLink): UiState {
  if (link.kind !== 'connected') return { ...state, link }
  const { run } = link
  if (state.run === undefined || state.run === run) return { ...state, link, run, listed: false }
  return {
    ...state,
    link,
    run,
    listed: false,
    processes: new Map(),
    usage: new Map(),
    seen: new Map(),
    happenings: [],
    list: { ...state.list, shown: [], top: 0, selected: undefined },
    focus: 'list',
    tabs: [],
    detail: undefined,
    declared: new Map(),
    dialog: state.dialog?.kind === 'help' ? state.dialog : undefined,
  }
}

/** All processes have been listed. */
export function listed(state: UiState, summaries: readonly ProcessSummary[]): UiState {
  const processes = new Map(
    summaries.map((summary) => [summary.handle, laterState(summary, state.processes.get(summary.handle))]),
  )
  const seen = new Map<Handle, number>()
  for (const { handle, output } of summaries) {
    // What was there before we looked is nothing new; what a process wrote since its start is.
    const before = state.seen.get(handle) ?? (state.listed ? 0 : output.end)
    const isShown = handle === state.list.selected
    seen.set(handle, isShown ? Math.max(output.end, state.consoles.get(handle)?.offset ?? 0) : before)
  }
  return forgetting({ ...state, listed: true, processes, seen })
}

/** Where each state has its place in one run. A state that this version does not know has none, nor have those between runs. */
const lifeRank: Readonly<Record<ProcessState['kind'], number | undefined>> = {
  starting: 0,
  running: 1,
  stopping: 2,
  exited: 3,
  killed: 3,
  waiting: undefined,
  backoff: undefined,
  failed: undefined,
  stopped: undefined,
  unknown: undefined,
}

function runOf({ state, runs = 1 }: ProcessSummary): number {
  return 'run' in state && state.run !== undefined ? state.run : runs
}

function laterState(summary: ProcessSummary, known: ProcessSummary | undefined): ProcessSummary {
  if (known === undefined) return summary
  const [before, after] = [lifeRank[known.state.kind], lifeRank[summary.state.kind]]
  const [run, next] = [runOf(known), runOf(summary)]
  const isOld = next < run || (next === run && before !== undefined && after !== undefined && before > after)
  return isOld ? { ...summary, state: known.state } : summary
}

/** Events have come. */
export function happened(state: UiState, { events }: Extract<Action, { type: 'happened' }>): UiState {
  const news = events.map(({ at, handle, kind, state: then }) => ({ at, handle, kind, state: then }))
  const happenings = [...state.happenings, ...news].slice(-HAPPENINGS_MAX)
  const processes = new Map(state.processes)
  for (const { handle, kind, state: then } of events) {
    const known = processes.get(handle)
    if (known === undefined) continue
    if (kind === 'removed') processes.delete(handle)
    else processes.set(handle, laterState({ ...known, state: then }, known))
  }
  return forgetting({ ...state, happenings, processes })
}

/** Without what is known of processes that are no more. */
function forgetting(state: UiState): UiState {
  const { processes } = state
  const only = <V>(map: ReadonlyMap<Handle, V>): ReadonlyMap<Handle, V> =>
    [...map.keys()].every((handle) => processes.has(handle))
      ? map
      : new Map([...map].filter(([handle]) => processes.has(handle)))
  const alive = (handle: Handle) => {
    const process = processes.get(handle)
    return process !== undefined && isLive(process.state)
  }
  const usage = [...state.usage.keys()].every(alive)
    ? state.usage
    : new Map([...state.usage].filter(([handle]) => alive(handle)))
  const declared = only(state.declared)
  return {
    ...state,
    usage,
    declared,
    seen: only(state.seen),
    tabs: state.tabs.filter((handle) => processes.has(handle)),
  }
}

/** Processes have been measured; perhaps not all. */
export function measured(state: UiState, { at, processes }: Omit<Result<'USAGE'>, 'next'>): UiState {
  const usage = new Map(state.usage)
  for (const { handle, cpuMs, memory, processes: count } of processes) {
    const before = usage.get(handle)
    // Whoever asks sooner gets the same measurement again.
    if (before !== undefined && before.at >= at) continue
    const cpu = before === undefined ? undefined : Math.max(0, (cpuMs - before.cpuMs) / (at - before.at))
    const history = [...(before?.history ?? []), ...(cpu === undefined ? [] : [cpu])].slice(-HISTORY_MAX)
    const measurement: Usage = { cpu, memory, processes: count, history, at, cpuMs }
    usage.set(handle, measurement)
  }
  return forgetting({ ...state, usage })
}
