// ndctl logs: what processes have written, and with --follow what they write from then on. It types nothing and slows nobody.

import { isatty } from 'node:tty'
import { parseCount } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { onEach, outcomeOf, readSelector, type Selector, selected, selectionOptions } from '../connection/selection.ts'
import { whileRead } from '../stdio/reader-watch.ts'
import { outputStyle } from '../stdio/stdio.ts'

const LINES_MAX = 1_000_000
/** Shown before what follows, if nothing is asked for. */
const LINES_BEFORE = 10

export default command({
  name: 'logs',
  synopsis: '[ID…]',
  summary: 'Print what processes have written.',
  notes: [
    'Prints the output that the daemon keeps, stdout and stderr together, and ends; of several processes one after the other, each line behind its id. Without ID, that is all processes. With --follow, it goes on with what they write from then on, as it comes, and ends when none of them will run again by itself.',
    'The daemon keeps the newest 256 KiB of each process, or what --output-limit of its start says, and does not know when a line was written. On a terminal, dim lines show where runs begin and end. --json prints one object per line: {"id", "channel", "offset", "text"}.',
  ],
  options: {
    follow: { type: 'boolean', alias: 'f', describe: 'go on with what is written from then on' },
    lines: {
      type: 'string',
      alias: 'n',
      value: 'N',
      describe: `only the last N lines that fit (default: all; with --follow: ${LINES_BEFORE})`,
    },
    stderr: { type: 'boolean', describe: 'only what was written to stderr' },
    run: { type: 'string', value: 'N', describe: 'only what this run has written; the first is 1' },
    grep: { type: 'string', value: 'REGEX', describe: 'only lines that this regular expression of JavaScript fits' },
    ...selectionOptions('process'),
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl logs web', 'all that is kept of it'],
    ['ndctl logs -f web db', 'the last lines of both, then everything new'],
    ['ndctl logs web --run 3 -n 20', 'the last lines of its third run'],
    ["ndctl logs --grep 'error|fail'", 'such lines of all processes'],
  ],
  async run(given) {
    const { options, operands } = given
    const { follow = false, lines } = options
    const isAll = operands.length === 0 && options.label === undefined
    const selector: Selector = isAll ? { kind: 'filter', labels: {} } : readSelector(given)
    const last = lines === undefined ? (follow ? LINES_BEFORE : undefined) : parseCount('--lines', lines, LINES_MAX)
    const terms = {
      follow,
      last,
      stderr: options.stderr ?? false,
      run: options.run === undefined ? undefined : parseCount('--run', options.run),
      grep: options.grep === undefined ? undefined : expression(options.grep),
    }
    const client = await reachDaemon(options)
    const targets = await selected(client, selector, { ids: 'prefix', which: 'process' }, options)
    const [{ showLog }, { LogPrinter }] = await Promise.all([
      import('../live/show-log.ts'),
      import('../live/log-printer.ts'),
    ])
    const printer = new LogPrinter(
      targets.map(({ id }) => id),
      { ...outputStyle(), json: options.json ?? false, borders: isatty(1) && !options.quiet },
    )
    const show = onEach(
      targets,
      options,
      ({ id, ref }) => showLog(client, id, ref, terms, printer),
      () => {},
    )
    return outcomeOf(await whileRead(show))
  },
})

function expression(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error)
    throw new UsageError(`--grep takes a regular expression: ${why}`)
  }
}
