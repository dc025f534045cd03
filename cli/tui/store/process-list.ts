// Which processes the list shows, in which order, and which of them is selected. Pure.

import { stateWords } from '../../text/process-text.ts'
import { isLive, type ProcessState, type ProcessSummary } from '../protocol-types.ts'
import { type Handle, type ListView, type SortKey, type UiState, unreadOf } from './state.ts'
import { isIn } from './state-groups.ts'

/** The handles of the processes that fit the filter, in order. */
function arranged(state: UiState): Handle[] {
  const { filter, group, sort, reversed } = state.list
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = [...state.processes.values()].filter((process) => isIn(group, process) && fits(process, words))
  if (sort !== 'start') {
    const rank = ranking(state, sort)
    // Stable, so that equals stay in the order of their start.
    fitting.sort((one, other) => rank(one, other))
  }
  if (reversed) fitting.reverse()
  return fitting.map(({ handle }) => handle)
}

function fits(process: ProcessSummary, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const labels = Object.entries(process.labels).map(([key, value]) => `${key}=${value}`)
  const text = [process.id, stateWords(process.state), process.command, ...labels].join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}

const stateRank: Readonly<Record<ProcessState['kind'], number>> = {
  failed: 0,
  backoff: 1,
  stopping: 2,
  starting: 3,
  running: 4,
  waiting: 5,
  unknown: 6,
  killed: 7,
  exited: 8,
  stopped: 9,
}

/** How two processes stand to each other: what one looks for comes first. */
function ranking(state: UiState, sort: SortKey): (one: ProcessSummary, other: ProcessSummary) => number {
  const descending = (value: (process: ProcessSummary) => number) => (one: ProcessSummary, other: ProcessSummary) =>
    value(other) - value(one)
  switch (sort) {
    case 'start':
      return () => 0
    case 'id':
      return (one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
    case 'state':
      return (one, other) => stateRank[one.state.kind] - stateRank[other.state.kind]
    case 'cpu':
      return descending(({ handle }) => state.usage.get(handle)?.cpu ?? -1)
    case 'memory':
      return descending(({ handle }) => state.usage.get(handle)?.memory ?? -1)
    case 'uptime':
      return descending((process) => (isLive(process.state) ? state.now - process.state.since : -1))
    case 'unread':
      return descending((process) => unreadOf(state, process))
  }
}

/** The list with what is shown brought up to date: something is selected if there is anything. */
export function refreshed(state: UiState): ListView {
  const { list } = state
  const shown = arranged(state)
  return { ...list, shown, selected: selectedOf(state, shown) }
}

/** The selected one, or, if it has gone, the one in its place. */
function selectedOf({ list, processes, focus }: UiState, shown: readonly Handle[]): Handle | undefined {
  const { selected } = list
  if (selected !== undefined && shown.includes(selected)) return selected
  // What is typed to one process must not go to another because its state does not fit the filter any more.
  if (selected !== undefined && focus !== 'list' && processes.has(selected)) return selected
  const before = selected === undefined ? 0 : list.shown.indexOf(selected)
  const next = shown[Math.min(Math.max(0, before), shown.length - 1)]
  // A filter that fits nothing hides the list, not the console beside it.
  return next ?? (selected !== undefined && processes.has(selected) ? selected : undefined)
}

/** The list with another process selected, by so many places or to an end. */
export function moved(list: ListView, to: number | 'first' | 'last'): ListView {
  const { shown, selected } = list
  if (shown.length === 0) return list
  const at = selected === undefined ? 0 : shown.indexOf(selected)
  const index = to === 'first' ? 0 : to === 'last' ? shown.length - 1 : at + to
  return { ...list, selected: shown[Math.min(Math.max(0, index), shown.length - 1)] }
}

/** The list scrolled so that the selected process is in a pane of so many rows. */
export function scrolledToSelected(list: ListView, rows: number): ListView {
  const at = list.selected === undefined ? -1 : list.shown.indexOf(list.selected)
  const top = at === -1 ? list.top : Math.min(Math.max(list.top, at - rows + 1), at)
  return withTop(list, top, rows)
}

/** The list with this row at the top, as far as there are rows. */
export function withTop(list: ListView, top: number, rows: number): ListView {
  const clamped = Math.max(0, Math.min(top, list.shown.length - rows))
  return clamped === list.top ? list : { ...list, top: clamped }
}
