// The program ndctl: finds the verb, parses its words, runs it, and ends as it says. Knows no verb by itself (verbs.ts), and
// loads only the one that is asked for.

import { inexactVariables, inexactWord } from '../proto/exact-text.ts'
import { socketPath } from '../proto/transport/default-socket.ts'
import { leaveTerminalsAlone } from '../runtime/terminals.ts'
import { type Command, globalOptions } from './command-line/command.ts'
import { complain, UsageError } from './complaint.ts'
import { brokenPipe, done, failed, leave, type Outcome } from './exit-status.ts'
import { OutputError } from './stdio/output-error.ts'
import { outputStyle, print, say } from './stdio/stdio.ts'
import { findVerb } from './verbs.ts'

/** Options that may stand before the verb, with a value behind them. */
const valued = ['--socket', `-${globalOptions.socket.alias}`, '--daemon-uid']

async function main(argv: readonly string[]): Promise<Outcome> {
  const at = firstOperand(argv)
  const first = argv[at]
  if (first === undefined) return await withoutVerb(argv)
  const before = argv.slice(0, at)
  if (first === 'help') return await main([...before, ...argv.slice(at + 1), '--help'])
  const found = findVerb(first, argv[at + 1])
  switch (found.kind) {
    case 'verb': {
      const { default: command } = await found.verb.load()
      return await runCommand(command, [...before, ...argv.slice(at + found.words)])
    }
    case 'group': {
      const { name, members } = found
      if (!wantsHelp(argv)) throw new UsageError(`"ndctl ${name}" needs one more word: ${listed(members)}`)
      await printHelp(({ groupOverview }, width) => groupOverview(name, members, width))
      return done
    }
    case 'elsewhere':
      throw new UsageError(`there is no command "${found.word}"; ${found.instead}`)
    case 'unknown': {
      const { nearest } = await import('../proto/nearest-word.ts')
      const near = nearest(found.word, found.known)
      throw new UsageError(
        `there is no command "${found.word}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      )
    }
  }
}

async function runCommand(command: Command, words: readonly string[]): Promise<Outcome> {
  let socket: string | undefined
  try {
    const { parse } = await import('./command-line/parse.ts')
    const parsed = await parse(command, words)
    if (parsed.kind === 'run') {
      socket = parsed.given.options.socket
      return await command.run(parsed.given)
    }
    if (parsed.kind === 'version') await printVersion()
    else await printHelp(({ commandHelp }, width) => commandHelp(command, width))
    return done
  } catch (error) {
    if (error instanceof UsageError) error.command ??= command.name
    return await tell(error, socket)
  }
}

/** `start, stop or status`, of the members of a group. */
function listed(members: readonly string[]): string {
  const words = members.map((member) => member.split(' ').at(-1) ?? member)
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}

/** Where the first word is that is neither an option nor the value of one. */
function firstOperand(argv: readonly string[]): number {
  let at = 0
  while (at < argv.length && argv[at]?.startsWith('-')) at += valued.includes(argv[at] ?? '') ? 2 : 1
  return at
}

async function withoutVerb(argv: readonly string[]): Promise<Outcome> {
  if (argv.includes('--version')) {
    await printVersion()
    return done
  }
  if (wantsHelp(argv)) {
    await printHelp(({ overview }, width) => overview(width))
    return done
  }
  throw new UsageError('missing COMMAND')
}

const wantsHelp = (argv: readonly string[]) => argv.includes('--help') || argv.includes('-h')

type HelpModule = typeof import('./help.ts')

async function printHelp(make: (help: HelpModule, width: number) => string): Promise<void> {
  const { width } = outputStyle()
  await print(make(await import('./help.ts'), Math.min(100, Number.isFinite(width) ? width : 80)))
}

async function printVersion(): Promise<void> {
  const { packageVersion } = await import('./version.ts')
  await print(`ndctl ${packageVersion()}\n`)
}

/** Says what went wrong, and how to end then. @param socket as --socket has it */
async function tell(error: unknown, socket?: string): Promise<Outcome> {
  if (error instanceof OutputError && error.errno === 'EPIPE') return brokenPipe
  const { sentence, status, stack } = complain(error, socketPath(socket))
  await say(sentence)
  if (stack !== undefined) process.stderr.write(`${stack}\n`)
  return { kind: 'code', code: status }
}

/** What names a place of ours, which would be another place. */
const OWN_VARIABLES: readonly string[] = ['NETDAEMON_SOCKET', 'XDG_RUNTIME_DIR']

/** @throws UsageError for what Node has read as something else than was written. A shell that completes asks with what there is. */
function refuseInexact(argv: readonly string[]): void {
  if (argv[0] === '__candidates') return
  const word = inexactWord(argv)
  if (word !== undefined) {
    throw new UsageError(
      `cannot pass "${word.spelt}": argument ${word.at + 1} is not UTF-8, and only that can be passed unchanged; rename what it names, or let a shell find it, as in "sh -c 'exec program a*.txt'"`,
    )
  }
  const variable = inexactVariables(process.env).find((name) => OWN_VARIABLES.includes(name))
  if (variable !== undefined)
    throw new UsageError(`the value of ${variable} is not UTF-8, so it cannot be used; set another`)
}

async function run(argv: readonly string[]): Promise<Outcome> {
  refuseInexact(argv)
  return await main(argv)
}

leaveTerminalsAlone()
process.on('uncaughtException', (error) => {
  tell(error).then(leave, () => leave(failed))
})
run(process.argv.slice(2))
  .catch((error: unknown) => tell(error))
  .then(leave, () => leave(failed))
