// Everything the UI knows, as one immutable value: what the daemon says, what the user looks at, what is being asked. The
// text of consoles is not here (it is large and grows all the time), only how they are looked at; see ConsoleView.

import type { Size } from '../../terminal/size.ts'
import type { Place } from '../console/scrolling.ts'
import { type EditorState, emptyHistory, emptyLine, type History } from '../keyboard/line-editor.ts'
import { isLive, type ProcessDetail, type ProcessState, type ProcessSummary } from '../protocol-types.ts'
import type { StateGroup } from './state-groups.ts'

/** What a daemon calls a process. */
export type Handle = number

/** The connection to the daemon. */
export type DaemonLink =
  | { readonly kind: 'connecting' }
  /** `run` names this run of the daemon. */
  | { readonly kind: 'connected'; readonly run: string }
  | { readonly kind: 'lost'; readonly since: number; readonly reason: string }

/** What a process and all its descendants use. */
export interface Usage {
  /** Of one processor: 1.5 is one and a half. Undefined until it was measured twice. */
  readonly cpu: number | undefined
  readonly memory: number
  readonly processes: number
  /** The last values of `cpu`, the oldest first, for the curve. */
  readonly history: readonly number[]
  /** The measurement itself, to compare the next one with. */
  readonly at: number
  readonly cpuMs: number
}

/** Another process that one needs, as its spec says. */
export interface Need {
  readonly name: string
  /** What it must be: `started`, `ready`, `healthy`, `exited`. */
  readonly condition: string
  /** It is stopped when that is so no more. */
  readonly binds: boolean
}

/** What the spec of a process says that the UI shows. */
export interface Declared {
  readonly needs: readonly Need[]
  /** Where it was applied from; undefined: it was started by hand. */
  readonly source: string | undefined
  /** Whether it is started with the daemon, if it is to run. */
  readonly enabled: boolean
}

/** Something that happened to a process. */
export interface Happening {
  readonly at: number
  readonly handle: Handle
  readonly kind: 'started' | 'stopping' | 'changed' | 'matched' | 'ended' | 'removed'
  readonly state: ProcessState
}

export const sortKeys = ['start', 'id', 'state', 'cpu', 'memory', 'uptime', 'unread'] as const
export type SortKey = (typeof sortKeys)[number]

export interface ListView {
  /** Words that must all be found; empty: all processes. */
  readonly filter: string
  readonly group: StateGroup
  readonly sort: SortKey
  readonly reversed: boolean
  /** The processes shown, in their order. */
  readonly shown: readonly Handle[]
  /** Which of them is at the top of the pane. */
  readonly top: number
  readonly selected: Handle | undefined
}

/** Where the keys go. */
export type Focus = 'list' | 'console' | 'input' | 'terminal'

/** How one console is looked at. */
export interface ConsoleView {
  readonly status: 'opening' | 'open' | 'closed'
  /** Why it could not be opened. */
  readonly failure: string | undefined
  readonly inputOpen: boolean
  /** Of its content; it grows. */
  readonly revision: number
  /** How far the output has been read; undefined: nothing has come yet. */
  readonly offset: number | undefined
  readonly place: Place
  readonly wrap: boolean
  /** Lines below the pane while it is paused. */
  readonly below: number
  readonly search: { readonly query: string; readonly line: number | undefined } | undefined
  readonly editor: EditorState
  readonly history: History
}

export const newConsole: ConsoleView = {
  status: 'opening',
  failure: undefined,
  inputOpen: false,
  revision: 0,
  offset: undefined,
  place: { kind: 'end' },
  wrap: true,
  below: 0,
  search: undefined,
  editor: emptyLine,
  history: emptyHistory,
}

export const formFields = ['command', 'name', 'labels', 'directory', 'terminal'] as const
export type FormField = (typeof formFields)[number]

/** The form that starts a program. */
export interface StartForm {
  readonly kind: 'start'
  readonly field: FormField
  readonly command: EditorState
  readonly name: EditorState
  readonly labels: EditorState
  readonly directory: EditorState
  readonly terminal: boolean
  /** The ended process that it runs again: its environment is taken over, and its name, if they are the same. */
  readonly again: Handle | undefined
  readonly problem: string | undefined
  /** It has been sent, and not been answered yet. */
  readonly busy: boolean
}

/** What has been asked of the user, or by the user. One at a time; it gets the keys. */
export type Dialog =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'history'; readonly handle: Handle; readonly top: number }
  /** Of those around the process: which row the keys are at. */
  | { readonly kind: 'dependencies'; readonly handle: Handle; readonly chosen: number }
  | { readonly kind: 'filter'; readonly editor: EditorState; readonly before: string }
  | { readonly kind: 'states'; readonly before: StateGroup }
  | { readonly kind: 'search'; readonly editor: EditorState; readonly handle: Handle }
  | { readonly kind: 'signal'; readonly handle: Handle; readonly chosen: number }
  | { readonly kind: 'stop' | 'restart'; readonly handle: Handle }
  | { readonly kind: 'remove'; readonly handle: Handle; readonly running: boolean }
  | { readonly kind: 'end input'; readonly handle: Handle }
  | { readonly kind: 'paste'; readonly handle: Handle; readonly text: string; readonly cut: boolean }
  | StartForm

export interface Notice {
  readonly tone: 'good' | 'bad' | 'plain'
  readonly text: string
  /** The newest output of the process that it is about. */
  readonly lines: readonly string[]
  /** When it goes away. */
  readonly until: number
}

export interface UiState {
  readonly size: Size
  readonly now: number
  readonly link: DaemonLink
  /** The run of the daemon that the handles are of. */
  readonly run: string | undefined
  /** Whether the processes have been listed since the daemon was connected to. */
  readonly listed: boolean
  /** In the order of their start. */
  readonly processes: ReadonlyMap<Handle, ProcessSummary>
  readonly usage: ReadonlyMap<Handle, Usage>
  /** How far the output of each process has been seen; what is beyond is unread. */
  readonly seen: ReadonlyMap<Handle, number>
  readonly happenings: readonly Happening[]
  readonly list: ListView
  readonly focus: Focus
  /** Consoles that are kept open, in the order of their opening. The selected process's is shown besides. */
  readonly tabs: readonly Handle[]
  readonly consoles: ReadonlyMap<Handle, ConsoleView>
  /** Undefined: shown where there is room. */
  readonly detailsWanted: boolean | undefined
  readonly detail: ProcessDetail | undefined
  /** As far as somebody has asked for it. */
  readonly declared: ReadonlyMap<Handle, Declared>
  readonly dialog: Dialog | undefined
  readonly notice: Notice | undefined
  readonly mouse: boolean
  /** Where the daemon listens, for people. */
  readonly address: string
  /** Where programs are started, unless the form says otherwise. */
  readonly directory: string
}

/** Consoles that may be kept open; each costs memory, and an attachment at the daemon. */
export const TABS_MAX = 8

export function initialState(
  size: Size,
  now: number,
  place: { readonly address: string; readonly directory: string },
): UiState {
  return {
    size,
    now,
    link: { kind: 'connecting' },
    run: undefined,
    listed: false,
    processes: new Map(),
    usage: new Map(),
    seen: new Map(),
    happenings: [],
    list: { filter: '', group: 'all', sort: 'start', reversed: false, shown: [], top: 0, selected: undefined },
    focus: 'list',
    tabs: [],
    consoles: new Map(),
    detailsWanted: undefined,
    detail: undefined,
    declared: new Map(),
    dialog: undefined,
    notice: undefined,
    mouse: true,
    ...place,
  }
}

/** Whether the list may not show all processes. */
export const isNarrowed = ({ filter, group }: ListView): boolean => filter !== '' || group !== 'all'

/** The pid of its main process, while it has one. */
export const pidOf = (state: ProcessState): number | undefined =>
  isLive(state) && state.pid !== null ? state.pid : undefined

/** The process that is looked at. */
export function selectedProcess(state: UiState): ProcessSummary | undefined {
  return state.list.selected === undefined ? undefined : state.processes.get(state.list.selected)
}

/** Bytes of output that have not been looked at. */
export function unreadOf(state: UiState, process: ProcessSummary): number {
  if (process.handle === state.list.selected) return 0
  return Math.max(0, process.output.end - (state.seen.get(process.handle) ?? 0))
}
