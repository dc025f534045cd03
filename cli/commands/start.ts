// ndctl start: runs a program under the daemon. While attached, it behaves as if the program had been run here.

import { isUtf8 } from 'node:buffer'
import { readlinkSync, statSync } from 'node:fs'
import type { AttachOptionsInput, ProcessSpecInput, TerminalSize } from '../../client-lib/index.ts'
import { errnoOf } from '../../proto/errno.ts'
import { exactEnvironment, inexactVariables } from '../../proto/exact-text.ts'
import { attachedOptions, attachedSettings } from '../attached/attach-options.ts'
import { terminalVariables } from '../attached/terminal-variables.ts'
import { parsePairs, parseSize, parseTerminalSize, parseVariables } from '../command-line/argument-values.ts'
import { type Arguments, command } from '../command-line/command.ts'
import { supervisionOf, supervisionOptions } from '../command-line/supervision-options.ts'
import { CliError, UsageError } from '../complaint.ts'
import { reachDaemon, reachOrStartDaemon } from '../connection/reach-daemon.ts'
import { done, type Outcome } from '../exit-status.ts'
import { outputIsOne, print, printJson } from '../stdio/stdio.ts'

/** Bounds of outputLimit in the protocol's table; asked here, so that the refusal is about --output-limit. */
const OUTPUT_LIMIT = { min: 64 * 1024, max: 1024 ** 3 }

const options = {
  detach: { type: 'boolean', alias: 'd', describe: 'print its id and return; the process runs on' },
  tty: { type: 'boolean', alias: 't', describe: 'give it a terminal and show that here' },
  size: {
    type: 'string',
    value: 'COLSxROWS',
    describe: 'with --tty: size of its terminal (default: the size of yours)',
  },
  name: { type: 'string', value: 'NAME', describe: 'its id (default: made from the name of the program)' },
  label: {
    type: 'string',
    alias: 'l',
    array: true,
    value: 'K=V',
    completes: 'label',
    describe: 'give it a label, for "list -l" (repeatable)',
  },
  env: {
    type: 'string',
    alias: 'e',
    array: true,
    value: 'K[=V]',
    completes: 'variable',
    describe: 'set a variable; K alone passes on yours (repeatable)',
  },
  'clean-env': { type: 'boolean', describe: "begin with an empty environment instead of the daemon's" },
  cwd: {
    type: 'string',
    alias: 'C',
    value: 'DIR',
    completes: 'directory',
    describe: 'working directory (default: current)',
  },
  rm: { type: 'boolean', describe: 'remove it as soon as it has ended' },
  replace: { type: 'boolean', describe: 'first remove an ended process of the same name' },
  'no-stdin': { type: 'boolean', describe: 'give it /dev/null as its input' },
  'output-limit': {
    type: 'string',
    value: 'SIZE',
    describe: 'how much of its output is kept for later readers, such as 4M (default: 256k)',
  },
  ...supervisionOptions,
  ...attachedOptions,
  'no-autostart': { type: 'boolean', describe: 'if no daemon is running, fail instead of starting one' },
} as const

export default command({
  name: 'start',
  synopsis: '[--] COMMAND [ARG…]',
  summary: 'Start a program and stay attached to it.',
  notes: [
    'The program runs under the daemon, and behaves as if you had run it here. Its output appears here; it waits while nobody reads that, as with a pipe. Your input goes to it, and so does the end of your input. Signals to ndctl are passed on to it, all that can be caught: Ctrl-C to its whole process group, as a terminal does, others to it alone. Ctrl-Z stops it together with ndctl. When it ends, ndctl ends the same way: with its exit code, or by the same signal. Ctrl-P Ctrl-Q detaches: the program runs on.',
    'With --tty the program gets a terminal of its own, as large as yours, and your $TERM, $COLORTERM, $LANG and the like. All keys go to it. Ctrl-P Ctrl-Q detaches, as do INT, TERM, HUP and QUIT to ndctl; other signals are passed on. "ndctl attach" comes back. If stdin is not a terminal, its bytes are typed into the program, and its end becomes Ctrl-D. If stdout is not a terminal, what the program draws is written there, and your terminal stays as it is. When the daemon ends or is killed, the program gets SIGHUP; without --tty it can outlive the daemon. Without --tty a shell or an interpreter shows no prompt, since its input is a pipe.',
    'If stdout and stderr of ndctl are the same terminal or pipe, the program writes both to one pipe, which keeps their order; "ndctl attach" then shows all of it on stdout.',
    'When the reader of the output goes away ("ndctl start yes | head -1"), the program gets SIGPIPE when it writes more, as it would without ndctl. A lost connection or a killed ndctl does not end the program: its output waits for as long as --retry says, and then it runs on by itself. Under nohup use --detach: ndctl passes HUP on to the program there too.',
    "The program gets the daemon's environment, not that of your shell; -e adds to it. It also gets the daemon's resource limits and CPU affinity. Its umask, and its nice value if that is above 0, are yours. Everything after COMMAND belongs to the program.",
    'With --restart, the process is started again when it ends. The pause before that is 0.1 s at first and doubles with each failure, up to a minute; after a run of a minute it is 0.1 s again. Settings follow a colon, with commas between: delay, max, factor, jitter (a share of the pause), reset (how long a run makes up for earlier failures), limit=5/10m (give up after 5 starts within 10 minutes), success=3,TERM (ends that are no failures). ndctl stays attached across the runs, and ends as the last run ends. "ndctl stop" stops it for good, "ndctl up" starts it again.',
    String.raw`--stop takes several steps: --stop 'send:stop\n,60s' --stop INT,10s types "stop", and sends INT if the process is still there a minute later. In texts, \n, \r, \t, \e, \\ and \xHH are read as in C. Time is 10 s unless given.`,
    'In a loop that reads from stdin ("while read"), use --no-stdin, or the first program reads all of it.',
  ],
  options,
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['command'],
  operandEndsOptions: true,
  examples: [
    ['ndctl start ls -l /', 'run it here'],
    ['ndctl start -d --name web ./server --port 80', 'leave it running, with the id web'],
    ['ndctl start -d --name web --restart always ./server', 'and start it again whenever it ends'],
    ['ndctl start -t --name edit vim notes', 'give it a terminal, shown here'],
    ['sort < names | ndctl start --rm wc -l', 'in a pipe, and leave no trace in "ndctl list"'],
    ['ndctl start -e DEBUG=1 -e LANG -C /srv make', 'with variables, in another directory'],
  ],
  async run(given) {
    if (given.options.json && !given.options.detach) {
      throw new UsageError('--json needs --detach: without it, stdout belongs to the program')
    }
    if (given.options.size !== undefined && !given.options.tty) throw new UsageError('--size needs --tty')
    const spec = await specOf(given)
    return given.options.detach ? await startDetached(given, spec) : await startAttached(given, spec)
  },
})

type Given = Arguments<typeof options>

async function specOf({ options, operands: [program = '', ...args] }: Given): Promise<ProcessSpecInput> {
  if (program === '') throw new UsageError('COMMAND is empty; name the program to start')
  return {
    command: program,
    args,
    cwd: await directoryOf(options.cwd ?? '.'),
    env: { inherit: !options['clean-env'], set: variablesOf(options) },
    labels: parsePairs('--label', options.label ?? []),
    stdin: options['no-stdin'] ? 'null' : 'pipe',
    // Two pipes cannot keep the order of what is written to both.
    stderr: !options.detach && outputIsOne() ? 'stdout' : 'pipe',
    autoRemove: options.rm ?? false,
    ...supervisionOf(options),
    ...(await inheritedRules()),
    ...(options.tty ? { terminal: await sizeOf(options) } : {}),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options['output-limit'] === undefined
      ? {}
      : { outputLimit: parseSize('--output-limit', options['output-limit'], OUTPUT_LIMIT) }),
  }
}

/** What a program that is started here inherits from us, and one that a daemon starts would not. */
async function inheritedRules(): Promise<Pick<ProcessSpecInput, 'umask' | 'nice'>> {
  const { getPriority } = await import('node:os')
  const nice = getPriority()
  return { umask: process.umask(), ...(nice > 0 ? { nice } : {}) }
}

function variablesOf(options: Given['options']): Record<string, string> {
  const asked = parseVariables('--env', options.env ?? [], process.env)
  const passed = options.tty ? { ...terminalVariables(exactEnvironment(process.env)), ...asked } : asked
  const wrong = inexactVariables(process.env).find((name) => passed[name] === process.env[name])
  if (wrong === undefined) return passed
  throw new UsageError(
    `--env ${wrong}: its value is not UTF-8, so it cannot be passed on unchanged; write ${wrong}=VALUE`,
  )
}

async function sizeOf({ size }: Given['options']): Promise<TerminalSize> {
  if (size !== undefined) return parseTerminalSize('--size', size)
  const { ownSize } = await import('../attached/on-terminal.ts')
  return ownSize()
}

/** @throws CliError when the directory that it is relative to has been removed */
async function directoryOf(word: string): Promise<string> {
  const { resolve } = await import('node:path')
  try {
    return word.startsWith('/') ? resolve(word) : resolve(logicalDirectory(), word)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw new CliError('the current directory has been removed; change to another one, or give one with --cwd DIR')
  }
}

/** @throws CliError if its name is not UTF-8: another directory would be meant */
function here(): string {
  const path = process.cwd()
  if (!path.includes('\ufffd') || isUtf8(readlinkSync('/proc/self/cwd', 'buffer'))) return path
  throw new CliError(
    'the path of the current directory is not UTF-8, so it cannot be passed on; give another with --cwd DIR',
  )
}

/** This directory by the name that the shell gave it, which may lead through symbolic links. */
function logicalDirectory(): string {
  const path = here()
  const { PWD } = process.env
  if (PWD === undefined || PWD === path || !PWD.startsWith('/')) return path
  const [named, real] = [PWD, path].map((path) => statSync(path, { throwIfNoEntry: false }))
  return named !== undefined && named.ino === real?.ino && named.dev === real.dev ? PWD : path
}

async function reach(options: Given['options']) {
  return options['no-autostart'] ? await reachDaemon(options) : (await reachOrStartDaemon(options)).client
}

async function startDetached({ options }: Given, spec: ProcessSpecInput) {
  const client = await reach(options)
  const started = await client.start(spec, { replace: options.replace ?? false })
  await (options.json ? printJson(started) : print(`${started.id}\n`))
  return done
}

async function startAttached({ options }: Given, spec: ProcessSpecInput): Promise<Outcome> {
  const settings = attachedSettings(options)
  const [client, { isatty }, { SignalRelay }] = await Promise.all([
    reach(options),
    import('node:tty'),
    import('../signals/signal-relay.ts'),
  ])
  using signals = new SignalRelay()
  const start = (attach: AttachOptionsInput) =>
    client.startAttached(spec, { ...attach, from: 'start' }, { replace: options.replace ?? false })
  const stdin = options['no-stdin'] ? 'none' : 'bytes and end'
  const terms = { ...settings, options, stdin, guest: false } as const
  if (options.tty && isatty(1)) {
    const { showOnTerminal } = await import('../attached/on-terminal.ts')
    const resizes = options.size === undefined
    const attachment = await start({ lossless: true, ...(resizes ? { size: spec.terminal } : {}) })
    // Our keyboard cannot have made them, so those that ask to end are about ndctl; the process has a terminal to run on with.
    const meant = isatty(0) ? 'detach if asked to end' : 'forward'
    const attach = { lossless: true }
    return await showOnTerminal(client, attachment, signals, { ...terms, attach, signals: meant, resizes })
  }
  const [{ relayStreams }, { keptPlace }] = await Promise.all([
    import('../attached/on-streams.ts'),
    import('../connection/hold.ts'),
  ])
  const attach = { lossless: true, ...keptPlace(settings.retryMs) }
  const attachment = await start(attach)
  const forward = { signals: 'forward', brokenPipe: 'forward' } as const
  return await relayStreams(client, attachment, signals, {
    ...terms,
    ...forward,
    attach,
    tellEnd: false,
    alone: spec.args?.length === 0,
  })
}
