// Every key of the UI: where it works, what it does, and what the help says of it. Both the handling and the help are made
// from this table, so that neither knows a key that the other does not.

/** Where the keys go. */
export type Context =
  | 'everywhere'
  | 'panes'
  | 'list'
  | 'console'
  | 'input'
  | 'terminal'
  | 'prompt'
  | 'confirmation'
  | 'choice'
  | 'form'
  | 'page'

interface BindingShape {
  readonly context: Context
  /** Names as in KeyEvent; the first is the one that hints show. */
  readonly keys: readonly string[]
  readonly command: string
  /** What it does, in a few words, for the help. */
  readonly help: string
}

const tabKeys = ['1', '2', '3', '4', '5', '6', '7', '8'] as const

/** In the order of the help. */
export const bindings = [
  { context: 'list', keys: ['up', 'k'], command: 'select previous', help: 'the process above' },
  { context: 'list', keys: ['down', 'j'], command: 'select next', help: 'the process below' },
  { context: 'list', keys: ['pageup'], command: 'select page up', help: 'a page up' },
  { context: 'list', keys: ['pagedown'], command: 'select page down', help: 'a page down' },
  { context: 'list', keys: ['home', 'g'], command: 'select first', help: 'the first' },
  { context: 'list', keys: ['end', 'G'], command: 'select last', help: 'the last' },
  { context: 'list', keys: ['enter'], command: 'open', help: 'open its console in a tab, and type into it' },
  {
    context: 'list',
    keys: ['/'],
    command: 'filter',
    help: 'show only processes with these words in id, state, labels or command',
  },
  { context: 'list', keys: ['e'], command: 'filter by state', help: 'show only processes in certain states' },
  { context: 'list', keys: ['escape'], command: 'clear filter', help: 'show all processes again' },
  { context: 'list', keys: ['o'], command: 'sort by next', help: 'sort by the next column' },
  { context: 'list', keys: ['O'], command: 'reverse order', help: 'reverse the order' },

  { context: 'console', keys: ['up', 'k'], command: 'scroll up', help: 'up a row' },
  { context: 'console', keys: ['down', 'j'], command: 'scroll down', help: 'down a row' },
  { context: 'console', keys: ['pageup', 'b'], command: 'scroll page up', help: 'up a page' },
  { context: 'console', keys: ['pagedown', 'space'], command: 'scroll page down', help: 'down a page' },
  { context: 'console', keys: ['home', 'g'], command: 'scroll to start', help: 'the oldest line kept' },
  { context: 'console', keys: ['end', 'G'], command: 'scroll to end', help: 'the newest line, and follow new output' },
  { context: 'console', keys: ['/'], command: 'search', help: 'search upwards from the newest line' },
  { context: 'console', keys: ['n'], command: 'find older', help: 'the match above' },
  { context: 'console', keys: ['N'], command: 'find newer', help: 'the match below' },
  { context: 'console', keys: ['enter'], command: 'type', help: 'type into it' },
  { context: 'console', keys: ['escape', 'ctrl+]'], command: 'back', help: 'clear the search, or go back to the list' },

  { context: 'panes', keys: ['tab'], command: 'next pane', help: 'next pane: list, console, input line' },
  { context: 'panes', keys: ['shift+tab'], command: 'previous pane', help: 'previous pane' },
  { context: 'panes', keys: tabKeys, command: 'go to tab', help: 'go to this tab' },
  { context: 'panes', keys: ['['], command: 'previous tab', help: 'previous tab' },
  { context: 'panes', keys: [']'], command: 'next tab', help: 'next tab' },
  { context: 'panes', keys: ['c'], command: 'close tab', help: 'close the tab; the process keeps running' },
  { context: 'panes', keys: ['i'], command: 'type', help: 'type into the process' },
  { context: 'panes', keys: ['t'], command: 'enter terminal', help: 'send every key to the terminal of the process' },
  { context: 'panes', keys: ['u'], command: 'up', help: 'let the process run, and say when it is ready' },
  { context: 'panes', keys: ['S'], command: 'stop', help: 'stop the process, as its spec says' },
  { context: 'panes', keys: ['R'], command: 'restart', help: 'stop the process, and start it again' },
  { context: 'panes', keys: ['L'], command: 'reload', help: 'let the process read its configuration again' },
  { context: 'panes', keys: ['s'], command: 'signal', help: 'send a signal to the process' },
  { context: 'panes', keys: ['r'], command: 'run', help: 'start a program, or an ended one again' },
  {
    context: 'panes',
    keys: ['x', 'delete'],
    command: 'remove',
    help: 'remove the process and its output; kill it if it runs',
  },
  { context: 'panes', keys: ['d'], command: 'toggle details', help: 'show or hide the details' },
  { context: 'panes', keys: ['h'], command: 'history', help: 'the last runs of the process, and how they ended' },
  { context: 'panes', keys: ['D'], command: 'dependencies', help: 'what the process needs, and what needs it' },
  { context: 'panes', keys: ['f'], command: 'toggle follow', help: 'pause the console, or follow new output again' },
  { context: 'panes', keys: ['w'], command: 'toggle wrap', help: 'wrap long lines, or cut them' },
  {
    context: 'panes',
    keys: ['m'],
    command: 'toggle mouse',
    help: 'let your terminal have the mouse (to select text), or take it back',
  },
  { context: 'panes', keys: ['?', 'f1'], command: 'help', help: 'show this help' },
  { context: 'panes', keys: ['q'], command: 'quit', help: 'quit; all processes keep running' },

  { context: 'input', keys: ['enter'], command: 'send line', help: 'send the line' },
  { context: 'input', keys: ['up', 'ctrl+p'], command: 'older line', help: 'the line sent before' },
  { context: 'input', keys: ['down', 'ctrl+n'], command: 'newer line', help: 'the line sent after it' },
  {
    context: 'input',
    keys: ['ctrl+d'],
    command: 'end input',
    help: 'close the input if the line is empty; else erase a letter',
  },
  { context: 'input', keys: ['ctrl+]'], command: 'stop typing', help: 'stop typing: to the console' },
  { context: 'input', keys: ['pageup'], command: 'scroll page up', help: 'scroll the console up' },
  { context: 'input', keys: ['pagedown'], command: 'scroll page down', help: 'scroll the console down' },
  { context: 'input', keys: ['tab'], command: 'next pane', help: 'next pane' },
  { context: 'input', keys: ['shift+tab'], command: 'previous pane', help: 'previous pane' },
  { context: 'input', keys: tabKeys.map((key) => `alt+${key}`), command: 'go to tab', help: 'go to this tab' },
  { context: 'input', keys: ['escape'], command: 'back', help: 'back to the list' },
  { context: 'input', keys: ['f1'], command: 'help', help: 'show this help' },

  { context: 'terminal', keys: ['ctrl+]'], command: 'stop typing', help: 'stop typing: the keys are the UI’s again' },

  { context: 'prompt', keys: ['enter'], command: 'accept', help: 'accept' },
  { context: 'prompt', keys: ['escape', 'ctrl+]'], command: 'cancel', help: 'cancel' },

  { context: 'confirmation', keys: ['y'], command: 'accept', help: 'yes' },
  { context: 'confirmation', keys: ['n', 'escape', 'q', 'ctrl+]'], command: 'cancel', help: 'no' },

  { context: 'choice', keys: ['up', 'k'], command: 'choose previous', help: 'the choice above' },
  { context: 'choice', keys: ['down', 'j'], command: 'choose next', help: 'the choice below' },
  { context: 'choice', keys: ['enter'], command: 'accept', help: 'take it' },
  { context: 'choice', keys: ['escape', 'q', 'ctrl+]'], command: 'cancel', help: 'cancel' },

  { context: 'form', keys: ['tab', 'down'], command: 'next field', help: 'the next field' },
  { context: 'form', keys: ['shift+tab', 'up'], command: 'previous field', help: 'the field before' },
  { context: 'form', keys: ['enter'], command: 'accept', help: 'start the program' },
  { context: 'form', keys: ['escape', 'ctrl+]'], command: 'cancel', help: 'cancel' },

  { context: 'page', keys: ['up', 'k'], command: 'scroll up', help: 'up a row' },
  { context: 'page', keys: ['down', 'j'], command: 'scroll down', help: 'down a row' },
  { context: 'page', keys: ['pageup'], command: 'scroll page up', help: 'up a page' },
  { context: 'page', keys: ['pagedown', 'space'], command: 'scroll page down', help: 'down a page' },
  { context: 'page', keys: ['home', 'g'], command: 'scroll to start', help: 'to the top' },
  { context: 'page', keys: ['end', 'G'], command: 'scroll to end', help: 'to the bottom' },
  { context: 'page', keys: ['escape', 'q', '?', 'f1', 'enter', 'ctrl+]'], command: 'cancel', help: 'close the page' },

  {
    context: 'everywhere',
    keys: ['ctrl+c'],
    command: 'interrupt',
    help: 'clear the line, close the question, or quit',
  },
  { context: 'everywhere', keys: ['ctrl+l'], command: 'redraw', help: 'redraw the screen' },
  {
    context: 'everywhere',
    keys: ['ctrl+z'],
    command: 'suspend',
    help: 'stop the UI; "fg" in the shell brings it back',
  },
] as const satisfies readonly BindingShape[]

export type Command = (typeof bindings)[number]['command']

/** Keys of a line of text, wherever one is typed: in the input, a prompt or a field. */
export const editKeys = {
  left: 'left',
  'ctrl+b': 'left',
  right: 'right',
  'ctrl+f': 'right',
  home: 'start',
  'ctrl+a': 'start',
  end: 'end',
  'ctrl+e': 'end',
  'ctrl+left': 'word left',
  'alt+left': 'word left',
  'alt+b': 'word left',
  'ctrl+right': 'word right',
  'alt+right': 'word right',
  'alt+f': 'word right',
  backspace: 'erase left',
  delete: 'erase right',
  'ctrl+w': 'erase word',
  'alt+backspace': 'erase word',
  'ctrl+u': 'erase to start',
  'ctrl+k': 'erase to end',
} as const

/** What the help says of them. */
export const editHelp: readonly (readonly [keys: string, help: string])[] = [
  ['← → Home End', 'move; Ctrl-A and Ctrl-E too'],
  ['Ctrl-← Ctrl-→', 'by words; Alt-B and Alt-F too'],
  ['Ctrl-W Ctrl-U Ctrl-K', 'erase a word, to the beginning, to the end'],
]

const commandsByContext = new Map<Context, ReadonlyMap<string, Command>>()
for (const { context, keys, command } of bindings) {
  commandsByContext.set(
    context,
    new Map([...(commandsByContext.get(context) ?? []), ...keys.map((key) => [key, command] as const)]),
  )
}

/** What a key does where the keys go to these contexts, the first that knows it deciding. */
export function commandOf(key: string, contexts: readonly Context[]): Command | undefined {
  for (const context of contexts) {
    const command = commandsByContext.get(context)?.get(key)
    if (command !== undefined) return command
  }
  return undefined
}

const names: Readonly<Record<string, string>> = {
  ...{ up: '↑', down: '↓', left: '←', right: '→', pageup: 'PgUp', pagedown: 'PgDn', home: 'Home', end: 'End' },
  ...{ enter: 'Enter', escape: 'Esc', tab: 'Tab', space: 'Space', delete: 'Del', backspace: 'Backspace' },
}

/** A key as people read it: `Ctrl-D`, `↑`, `Shift-Tab`. */
export function keyLabel(key: string): string {
  const parts = key.split('+')
  const last = parts.at(-1) ?? key
  const modifiers = parts.slice(0, -1).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const named = names[last] ?? (/^f\d+$/.test(last) || modifiers.includes('Ctrl') ? last.toUpperCase() : last)
  return [...modifiers, named].join('-')
}

/** The keys of a binding as the help shows them. */
export function keysLabel(keys: readonly string[]): string {
  const [first = '', ...more] = keys
  const last = more.at(-1)
  if (more.length > 5 && last !== undefined) return `${keyLabel(first)}…${keyLabel(last.slice(-1))}`
  return keys.map(keyLabel).join(' ')
}
