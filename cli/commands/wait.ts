// ndctl wait: until processes have ended. Like a shell's `wait`, its status is the process's.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { CliError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import {
  onEach,
  outcomeOf,
  printEach,
  readSelector,
  selected,
  selectionOptions,
  valuesOf,
} from '../connection/selection.ts'
import { mirror, statusOf } from '../exit-status.ts'
import { waiting } from '../terminal/waiting.ts'
import { processCount } from '../text/daemon-text.ts'

export default command({
  name: 'wait',
  synopsis: 'ID…',
  summary: 'Wait until processes have ended and their output is complete.',
  notes: [
    "The exit status is the process's exit code, or 128+n if signal n killed it. Of several processes, it is the first status that is not 0, in the order of the IDs (with --label or --all: of their start).",
    '--json prints a ProcessSummary, or an array of these with several IDs, --label or --all; otherwise nothing is printed.',
  ],
  options: {
    timeout: {
      type: 'string',
      value: 'TIME',
      describe: 'give up after this time (such as 10, 1.5s or 5m) and exit with 124',
    },
    ...selectionOptions('process'),
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl wait build && echo fine', ''],
    ['ndctl wait web --timeout 10s', 'exit status 124 if it has not ended by then'],
    ['ndctl wait -l role=job', 'until every process with this label has ended'],
  ],
  async run(given) {
    const { options } = given
    const selector = readSelector(given)
    const timeoutMs = options.timeout === undefined ? undefined : parseDurationMs('--timeout', options.timeout)
    const client = await reachDaemon(options)
    const targets = await selected(client, selector, { ids: 'any', which: 'process' }, options)
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
    const all = onEach(targets, options, async ({ ref }) => {
      const leftMs = deadline === undefined ? {} : { timeoutMs: Math.max(0, Math.round(deadline - performance.now())) }
      return withEnd(await client.wait(ref, leftMs))
    })
    const [only] = targets
    const whom = targets.length === 1 && only !== undefined ? only.id : processCount(targets.length)
    const results = options.quiet ? await all : await waiting(`waiting for ${whom} to end`, all)
    if (options.json)
      await printEach(
        selector,
        valuesOf(results).map(({ process }) => process),
      )
    return outcomeOf(results, ({ status }) => status)
  },
})

/** @throws CliError if how it ended is unknown */
async function withEnd(process: ProcessSummary): Promise<{ process: ProcessSummary; status: number }> {
  const { id, state } = process
  if (isEnded(state)) return { process, status: statusOf(mirror(state)) }
  if (state.kind !== 'unknown') {
    throw new CliError(`the daemon says that "${id}" has ended, and that it is ${state.kind}; report this as a bug`)
  }
  const { endSentence } = await import('../text/process-text.ts')
  throw new CliError(endSentence(id, state))
}
