// ndctl wait: until processes have ended. Like a shell's `wait`, its status is the process's.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { CliError } from '../complaint.ts'
import { onSelected } from '../connection/on-selected.ts'
import { selectionOptions } from '../connection/selection.ts'
import { mirror, statusOf } from '../exit-status.ts'

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
    const { timeout } = given.options
    const timeoutMs = timeout === undefined ? undefined : parseDurationMs('--timeout', timeout)
    // From when there is something to wait for.
    let deadline: number | undefined
    return await onSelected(given, {
      selection: { ids: 'any', which: 'process' },
      purpose: 'to end',
      act: async (client, { ref }) => {
        if (timeoutMs === undefined) return withEnd(await client.wait(ref, {}))
        deadline ??= performance.now() + timeoutMs
        const leftMs = Math.max(0, Math.round(deadline - performance.now()))
        return withEnd(await client.wait(ref, { timeoutMs: leftMs }))
      },
      json: ({ process }) => process,
      status: ({ status }) => status,
    })
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
