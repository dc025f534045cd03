// ndctl list: the processes, as a table, as ids or as JSON.

import type { KnownState, ListFilter } from '../../client-lib/index.ts'
import { parsePairs } from '../command-line/argument-values.ts'
import { type Arguments, command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

const options = {
  name: { type: 'string', value: 'NAME', completes: 'name', describe: 'only the one of this name' },
  label: {
    type: 'string',
    alias: 'l',
    array: true,
    value: 'K=V',
    completes: 'label',
    describe: 'only those with this label (repeat: with all)',
  },
  state: {
    type: 'string',
    array: true,
    value: 'STATE',
    choices: ['running', 'stopping', 'exited', 'killed', 'ended'],
    describe: 'only those running, stopping, exited, killed or ended (repeat: in any)',
  },
  watch: { type: 'boolean', alias: 'w', describe: 'go on, and show what changes' },
} as const

export default command({
  name: 'list',
  synopsis: '[PREFIX]',
  summary: 'List processes, in the order of their start.',
  notes: [
    'AGE is how long a process runs, or has been over; OUTPUT how much it has written. With PREFIX only ids that begin so. --quiet prints ids alone; --json an array of ProcessSummary.',
    'With --watch, on a terminal, the table stays up to date until q. Elsewhere another table is printed, after an empty line, when something has changed, at most once a second; with --json one array a line.',
  ],
  options,
  operands: { min: 0, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl list', 'all there are'],
    ['ndctl list --state running -l role=game', 'the running ones with a label'],
    ['ndctl list -w', 'until q'],
    ['ndctl rm $(ndctl list -q --state ended)', 'forget all that have ended'],
  ],
  async run(given) {
    const filter = filterOf(given)
    const client = await reachDaemon(given.options)
    if (given.options.watch) {
      const { watchList } = await import('../live/watch-list.ts')
      return await watchList(client, filter, given.options)
    }
    const processes = await client.list(filter)
    if (given.options.json) await printJson(processes)
    else if (given.options.quiet) await printLines(processes.map(({ id }) => id))
    else {
      const [{ listColumns, listRow }, { table }] = await Promise.all([
        import('../text/process-text.ts'),
        import('../text/table.ts'),
      ])
      const now = Date.now()
      const rows = processes.map((process) => listRow(process, now))
      await printLines(table(listColumns, rows, outputStyle()))
    }
    return done
  },
})

type StateKind = KnownState['kind']

type Given = Arguments<typeof options>

function filterOf({ options, operands }: Given): ListFilter {
  const states = options.state
    ?.flatMap((words) => words.split(','))
    .flatMap((word) => (word === 'ended' ? (['exited', 'killed'] as const) : [word as StateKind]))
  const [id] = operands
  return {
    labels: parsePairs('--label', options.label ?? []),
    ...(id === undefined ? {} : { id }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(states === undefined ? {} : { states }),
  }
}
