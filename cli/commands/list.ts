// ndctl list: the processes, as a table, as ids or as JSON.

import type { KnownState, ListFilter } from '../../client-lib/index.ts'
import { parsePairs } from '../command-line/argument-values.ts'
import { type Arguments, command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

const options = {
  name: { type: 'string', value: 'NAME', completes: 'name', describe: 'only the process with this name' },
  label: {
    type: 'string',
    alias: 'l',
    array: true,
    value: 'K=V',
    completes: 'label',
    describe: 'only processes with this label (repeatable: with all of them)',
  },
  state: {
    type: 'string',
    array: true,
    value: 'STATE',
    choices: [
      ...['waiting', 'starting', 'running', 'stopping', 'backoff'],
      ...['exited', 'killed', 'failed', 'stopped', 'ended'],
    ],
    describe: 'only processes in this state; ended: exited, killed, failed or stopped (repeatable)',
  },
  watch: { type: 'boolean', alias: 'w', describe: 'stay, and show changes' },
} as const

export default command({
  name: 'list',
  synopsis: '[PREFIX]',
  summary: 'List processes, oldest first.',
  notes: [
    'AGE is how long a process has been running, or how long ago it ended; RESTARTS, shown where there are any, how often it was started again; OUTPUT is how much it has written. With PREFIX, only ids that begin with it are listed. --quiet prints only ids; --json prints an array of ProcessSummary.',
    'With --watch on a terminal, the table stays up to date until you press q. Elsewhere, ndctl prints an empty line and a new table when something has changed, at most once a second; with --json, one array per line.',
  ],
  options,
  operands: { min: 0, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl list', 'all processes'],
    ['ndctl list --state running -l role=game', 'running processes with a label'],
    ['ndctl list -w', 'until you press q'],
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
      const { listTable } = await import('../text/list-table.ts')
      await printLines(listTable(processes, Date.now(), outputStyle()))
    }
    return done
  },
})

type StateKind = KnownState['kind']

type Given = Arguments<typeof options>

function filterOf({ options, operands }: Given): ListFilter {
  const states = options.state
    ?.flatMap((words) => words.split(','))
    .flatMap((word) => (word === 'ended' ? (['exited', 'killed', 'failed', 'stopped'] as const) : [word as StateKind]))
  const [id] = operands
  return {
    labels: parsePairs('--label', options.label ?? []),
    ...(id === undefined ? {} : { id }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(states === undefined ? {} : { states }),
  }
}
