// The help: of ndctl, of a group, and of one command, all made from the declarations. Pure: text out, nothing written.

import { type CommandDeclaration, globalOptions, type OptionTable } from './command-line/command.ts'
import { STATUS_TABLE } from './exit-status.ts'
import { verbs } from './verbs.ts'

type Rows = readonly (readonly [term: string, text: string])[]

export const introduction =
  'Start programs under netdaemon and reach them from any shell. A process runs on when the client that started it goes away, and its latest output is kept. Name a process by its id, or by the beginning of its id if only one process fits (kill and rm take only whole ids).'

const examples: Rows = [
  ['ndctl start make', 'run make as if netdaemon were not there'],
  ['ndctl start -d --name web ./server -p 80', 'start a server and leave it running'],
  ['ndctl attach web', 'show its output and type into it; Ctrl-P Ctrl-Q detaches'],
  ['ndctl start -t vim notes', 'start a program that needs a terminal'],
  ['ndctl kill web', 'end it'],
]

/** Terms longer than this have their text below them. */
const TERM_MAX = 34

/** `ndctl --help`. @param width cells of the terminal */
export function overview(width: number): string {
  const commands: Rows = [...verbs]
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { alias, summary }]) => [alias === undefined ? name : `${name}, ${alias}`, summary])
  return page([
    'Usage: ndctl [options] COMMAND …',
    '',
    ...wrap(introduction, width),
    '',
    section('Commands', commands, width),
    section('Global options', optionRows(globalOptions), width),
    section('Examples', examples, width),
    section('Exit status', STATUS_TABLE, width),
    'Run "ndctl COMMAND --help" for more about a command.',
  ])
}

/** `ndctl GROUP --help`. */
export function groupOverview(group: string, members: readonly string[], width: number): string {
  const rows: Rows = members.map((name) => [name, verbs.get(name)?.summary ?? ''])
  return page([
    `Usage: ndctl ${group} COMMAND`,
    '',
    section('Commands', rows, width),
    `Run "ndctl ${group} COMMAND --help" for more about a command.`,
  ])
}

/** `ndctl COMMAND --help`. */
export function commandHelp(command: CommandDeclaration, width: number): string {
  const { name, synopsis, summary, notes = [], options } = command
  return page([
    `Usage: ndctl ${name} [options] ${synopsis}`.trimEnd(),
    '',
    ...wrap(summary, width),
    '',
    ...notes.flatMap((note) => [...wrap(note, width), '']),
    ...(Object.keys(options).length === 0 ? [] : [section('Options', optionRows(options), width)]),
    section('Global options', optionRows(globalOptions), width),
    section('Examples', command.examples, width),
  ])
}

const page = (lines: readonly string[]): string => `${lines.join('\n').trimEnd()}\n`

function optionRows(options: OptionTable): Rows {
  return Object.entries(options).map(([name, { alias, value, describe }]) => [
    `${alias === undefined ? '    ' : `-${alias}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    describe,
  ])
}

/** A titled list of terms and what they mean, with an empty line after it. */
function section(title: string, rows: Rows, width: number): string {
  const terms = rows.map(([term]) => term.length).filter((length) => length <= TERM_MAX)
  const indent = 2 + Math.max(0, ...terms) + 2
  const lines = rows.flatMap(([term, text]) => {
    const [first = '', ...more] = wrap(text, Math.max(20, width - indent))
    const under = more.map((line) => ' '.repeat(indent) + line)
    if (term.length <= TERM_MAX) return [`  ${term.padEnd(indent - 2)}${first}`.trimEnd(), ...under]
    return first === '' ? [`  ${term}`] : [`  ${term}`, ' '.repeat(indent) + first, ...under]
  })
  return [`${title}:`, ...lines, ''].join('\n')
}

/** Lines of at most so many letters, broken at blanks. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
