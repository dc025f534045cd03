// ndctl(1): what the help of all its verbs says, in one page.

import { type CommandDeclaration, globalOptions, type OptionTable } from '../../cli/command-line/command.ts'
import { STATUS_TABLE } from '../../cli/exit-status.ts'
import { introduction } from '../../cli/help.ts'
import { verbs } from '../../cli/verbs.ts'
import { fromMarkdown } from './from-markdown.ts'
import { bold, italic, literal, page, paragraph, section, subsection, tagged } from './roff.ts'

export async function ndctlPage(version: string): Promise<string> {
  const shown = [...verbs].filter(([, { hidden }]) => hidden !== true)
  const commands = await Promise.all(
    shown.map(async ([, { alias, load }]) => ({ alias, command: (await load()).default as CommandDeclaration })),
  )
  return page({ name: 'ndctl', section: 1, summary: 'start programs under netdaemon, and reach them', version }, [
    section('Synopsis'),
    `${bold('ndctl')} [${italic('options')}] ${italic('command')} [${italic('argument')} ...]`,
    section('Description'),
    ...introduction.split('\n').map(paragraph),
    ...fromMarkdown(DESCRIPTION),
    section('Commands'),
    ...commands.flatMap(({ command, alias }) => commandParts(command, alias)),
    section('Options'),
    paragraph('Every command takes these.'),
    ...optionParts(globalOptions),
    section('Exit status'),
    ...STATUS_TABLE.map(([status, meaning]) => tagged(bold(status), meaning)),
    ...fromMarkdown(AFTERWORD),
  ])
}

const DESCRIPTION = `
A process is started by \`ndctl start\`, which stays attached to it: its output comes out, input goes in, and ndctl ends as it
does, so that it can stand in a pipe or in a script in place of the program itself. With \`--detach\` it is left running.
Whoever leaves, or is killed, changes nothing for the process; \`ndctl attach\` comes back to it.

A word that begins with a sign and is not an option has to come after a \`--\`. Options may stand before or after the
operands, but for \`start\`, where everything after the program is the program's own.
`

const AFTERWORD = `
## Environment

| name | meaning |
| --- | --- |
| \`NETDAEMON_SOCKET\` | the daemon's socket, unless \`--socket\` names one; set in every process that the daemon starts |
| \`NETDAEMON_ID\` | set in every process that the daemon starts: its id |
| \`XDG_RUNTIME_DIR\` | where the socket of a user other than root is, in \`netdaemon/netdaemon.sock\` |
| \`NETDAEMON_DETACH_KEYS\` | the keys that leave a process, unless \`--detach-keys\` says it |
| \`NO_COLOR\` | if set, tables and the terminal UI have no colours |
| \`FORCE_COLOR\` | if set, they have colours even in a pipe; \`0\`: none. Overrides \`NO_COLOR\` |

## Files

| path | meaning |
| --- | --- |
| \`/run/netdaemon/netdaemon.sock\` | the socket of root's daemon |
| \`$XDG_RUNTIME_DIR/netdaemon/netdaemon.sock\` | that of another user's |
| \`/tmp/netdaemon-UID/netdaemon.sock\` | that of another user's without \`XDG_RUNTIME_DIR\` |

## Notes

\`ndctl\` is a script whose first line starts Node with \`--\`, so that options of Node among its words reach the program: \`ndctl start node
--env-file=.env app.js\`. If you start it with a Node of your own, write \`node -- .../ndctl.cjs\`, because Node looks for some of its options
behind the script, too.

The shells dash and busybox drop environment variables with names like \`a.b\` or \`a-b\`. \`ndctl start -e NAME\` then does not find them, and
a daemon that ndctl starts does not have them. Start it with \`netdaemon --background\` where such variables matter.

## See also

\`netdaemon\`(8), \`netdaemon-protocol\`(7)
`

function commandParts(command: CommandDeclaration, alias: string | undefined): string[] {
  const { name, synopsis, summary, notes = [], options, examples } = command
  const shown = examples.map(([line, effect]) => tagged(bold(line), effect))
  return [
    subsection(
      `ndctl ${literal(name)}${Object.keys(options).length === 0 ? '' : ' [options]'} ${marked(synopsis)}`.trimEnd(),
    ),
    paragraph(alias === undefined ? summary : `${summary} Also \`ndctl ${alias}\`.`),
    ...notes.map(paragraph),
    ...optionParts(options),
    ...(shown.length === 0 ? [] : [paragraph(shown.length === 1 ? 'Example:' : 'Examples:'), '.RS', ...shown, '.RE']),
  ]
}

/** What stands for a word of the user's is in italics: \`ID\`, \`[PREFIX]\`. */
const marked = (synopsis: string): string =>
  synopsis
    .split(/([A-Z]+)/)
    .map((part, at) => (at % 2 === 1 ? italic(part) : literal(part)))
    .join('')

function optionParts(options: OptionTable): string[] {
  return Object.entries(options).map(([name, { alias, value, describe }]) => {
    const spelled = [...(alias === undefined ? [] : [bold(`-${alias}`)]), bold(`--${name}`)].join(', ')
    return tagged(value === undefined ? spelled : `${spelled} ${italic(value)}`, describe)
  })
}
