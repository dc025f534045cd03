// Every verb of ndctl: what the overview says of it, and where its module is. Knows no options, and loads nothing until
// asked.

import type { Command } from './command-line/command.ts'

export interface Verb {
  readonly summary: string
  readonly alias?: string
  /** Not for people: in no help and no completion. */
  readonly hidden?: true
  load(): Promise<{ readonly default: Command }>
}

/** In the order of the overview. A name of two words belongs to a group. */
export const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['start', { summary: 'Start a program and stay attached to it', load: () => import('./commands/start.ts') }],
  ['attach', { summary: "Show a process's output and type into it", load: () => import('./commands/attach.ts') }],
  ['up', { summary: 'Start processes that do not run', load: () => import('./commands/up.ts') }],
  ['stop', { summary: 'Stop processes, with all their descendants', load: () => import('./commands/stop.ts') }],
  ['restart', { summary: 'Stop processes and start them again', load: () => import('./commands/restart.ts') }],
  ['reload', { summary: 'Let processes read their configuration again', load: () => import('./commands/reload.ts') }],
  ['status', { summary: 'Show whether processes are up, and why not', load: () => import('./commands/status.ts') }],
  ['graph', { summary: 'Show which processes need which', load: () => import('./commands/graph.ts') }],
  ['history', { summary: 'Show the last runs of a process', load: () => import('./commands/history.ts') }],
  ['logs', { summary: 'Print what processes have written', load: () => import('./commands/logs.ts') }],
  ['list', { alias: 'ls', summary: 'List processes', load: () => import('./commands/list.ts') }],
  ['ui', { summary: 'Watch and control all processes, full screen', load: () => import('./commands/ui.ts') }],
  ['top', { summary: 'Show CPU and memory of running processes', load: () => import('./commands/top.ts') }],
  ['show', { summary: 'Show everything about processes', load: () => import('./commands/show.ts') }],
  ['send', { summary: "Write a line to a process's input", load: () => import('./commands/send.ts') }],
  ['kill', { summary: 'Send a signal to processes', load: () => import('./commands/kill.ts') }],
  ['signal', { summary: 'Send a signal: "kill" with the signal first', load: () => import('./commands/signal.ts') }],
  ['wait', { summary: 'Wait until processes have ended, or are ready', load: () => import('./commands/wait.ts') }],
  ['rm', { summary: 'Remove ended processes and their output', load: () => import('./commands/rm.ts') }],
  ['apply', { summary: 'Make processes as files of services say', load: () => import('./commands/apply.ts') }],
  ['diff', { summary: 'Show what "apply" would change', load: () => import('./commands/diff.ts') }],
  ['export', { summary: 'Print processes as a file of services', load: () => import('./commands/export.ts') }],
  ['enable', { summary: 'Let processes start with the daemon', load: () => import('./commands/enable.ts') }],
  ['disable', { summary: 'Let processes not start with the daemon', load: () => import('./commands/disable.ts') }],
  ['events', { summary: 'Follow the starts and ends of all processes', load: () => import('./commands/events.ts') }],
  ['info', { summary: 'Show the daemon: its version, limits and memory', load: () => import('./commands/info.ts') }],
  ['daemon start', { summary: 'Start the daemon', load: () => import('./commands/daemon-start.ts') }],
  ['daemon stop', { summary: 'Stop the daemon and its processes', load: () => import('./commands/daemon-stop.ts') }],
  [
    'daemon status',
    { summary: 'Check whether the daemon is running', load: () => import('./commands/daemon-status.ts') },
  ],
  [
    'completion',
    { summary: 'Print the completion script for your shell', load: () => import('./commands/completion.ts') },
  ],
  [
    '__candidates',
    { hidden: true, summary: 'For the completion scripts', load: () => import('./commands/candidates.ts') },
  ],
])

/** Words that people know from similar programs, and what does the same here. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['run', 'to start a program, use "ndctl start COMMAND"'],
  ['exec', 'to start another program, use "ndctl start COMMAND"; to type into a process, "ndctl attach ID"'],
  ['log', 'to read the output of a process, use "ndctl logs ID"'],
  ['tail', 'to follow the output of a process, use "ndctl logs -f ID"'],
  ['ps', 'to list processes, use "ndctl list"'],
  ['inspect', 'to see everything about a process, use "ndctl show ID"'],
  ['stats', 'to see what processes use, use "ndctl top"'],
  ['delete', 'to remove an ended process, use "ndctl rm ID"'],
  ['remove', 'to remove an ended process, use "ndctl rm ID"'],
  ['shutdown', 'to stop the daemon, use "ndctl daemon stop"'],
])

/** Which verb a command line means. */
export type VerbFound =
  | { readonly kind: 'verb'; readonly name: string; readonly verb: Verb; readonly words: number }
  | { readonly kind: 'group'; readonly name: string; readonly members: readonly string[] }
  /** There is no such verb; `instead` says what to use. */
  | { readonly kind: 'elsewhere'; readonly word: string; readonly instead: string }
  | { readonly kind: 'unknown'; readonly word: string; readonly known: readonly string[] }

/** The verb of the first words; `words` of them name it. */
export function findVerb(first: string, second: string | undefined): VerbFound {
  const members = [...verbs.keys()].filter((name) => name.startsWith(`${first} `))
  if (members.length > 0) {
    if (second === undefined || second.startsWith('-')) return { kind: 'group', name: first, members }
    const verb = verbs.get(`${first} ${second}`)
    if (verb !== undefined) return { kind: 'verb', name: `${first} ${second}`, verb, words: 2 }
    return { kind: 'unknown', word: `${first} ${second}`, known: members }
  }
  for (const [name, verb] of verbs) {
    if (name === first || verb.alias === first) return { kind: 'verb', name, verb, words: 1 }
  }
  const instead = elsewhere.get(first)
  if (instead !== undefined) return { kind: 'elsewhere', word: first, instead }
  const known = [...verbs].flatMap(([name, { alias, hidden }]) => {
    if (hidden) return []
    return alias === undefined ? [name] : [name, alias]
  })
  return {
    kind: 'unknown',
    word: first,
    known: [...new Set([...known, ...known.map((name) => name.split(' ')[0] ?? name)])],
  }
}
