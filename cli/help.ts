// The help: of ndctl, of a group, and of one command, all made from the declarations. Pure: text out, nothing written.

import { type CommandDeclaration, globalOptions, type OptionTable } from './command-line/command.ts'
import { STATUS_TABLE } from './exit-status.ts'
import { verbs } from './verbs.ts'

type Rows = readonly (readonly [term: string, text: string])[]

export const introduction =
  'Start programs under netdaemon, and reach them from anywhere. A process outlives the client that started it, and its output keeps its place. A process is named by its id, or by any prefix of it that fits only one.'

const examples: Rows = [
  ['ndctl start make', 'run it here, as if netdaemon were not there'],
  ['ndctl start -d --name web ./server -p 80', 'start it, and leave it running'],
  ['ndctl attach web', 'see its output and type into it; Ctrl-P Ctrl-Q leaves'],
  ['ndctl start -t vim notes', 'run it on a terminal of its own'],
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
    'ndctl [options] COMMAND …',
    ...wrap(introduction, width),
    '',
    section('Commands', commands, width),
    section('Everywhere', optionRows(globalOptions), width),
    section('Examples', examples, width),
    section('Exit status', STATUS_TABLE, width),
    '"ndctl COMMAND --help" tells more.',
  ])
}

/** `ndctl GROUP --help`. */
export function groupOverview(group: string, members: readonly string[], width: number): string {
  const rows: Rows = members.map((name) => [name, verbs.get(name)?.summary ?? ''])
  return page([
    `ndctl ${group} COMMAND`,
    '',
    section('Commands', rows, width),
    `"ndctl ${group} COMMAND --help" tells more.`,
  ])
}

/** `ndctl COMMAND --help`. */
export function commandHelp(command: CommandDeclaration, width: number): string {
  const { name, synopsis, summary, notes = [], options } = command
  return page([
    `ndctl ${name} [options] ${synopsis}`.trimEnd(),
    ...wrap(summary, width),
    '',
    ...notes.flatMap((note) => [...wrap(note, width), '']),
    ...(Object.keys(options).length === 0 ? [] : [section('Options', optionRows(options), width)]),
    section('Everywhere', optionRows(globalOptions), width),
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
