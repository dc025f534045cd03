// ndctl wait: until processes have ended. Like a shell's `wait`, its status is the process's.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { CliError } from '../complaint.ts'
import { onSelected, type SelectingArguments } from '../connection/on-selected.ts'
import { selectionOptions } from '../connection/selection.ts'
import { mirror, type Outcome, statusOf } from '../exit-status.ts'
import type { Condition } from '../live/until-so.ts'

export default command({
  name: 'wait',
  synopsis: 'ID…',
  summary: 'Wait until processes have ended, or are ready, healthy or gone.',
  notes: [
    'Without --for, until each has ended, will not run again by itself, and its output is complete. --for running: until a run of it is under way; ready: until it is ready; healthy: until its health check says so; gone: until nothing of it is left, or it has been removed. What it waits for in vain, because the process has come to rest, is a failure: 1.',
    "The exit status is the process's exit code, or 128+n if signal n killed it. Of several processes, it is the first status that is not 0, in the order of the IDs (with --label or --all: of their start).",
    '--json prints a ProcessSummary, or an array of these with several IDs, --label or --all; otherwise nothing is printed.',
  ],
  options: {
    for: {
      type: 'string',
      value: 'WHAT',
      choices: ['exit', 'running', 'ready', 'healthy', 'gone'],
      describe: 'what to wait for (default: exit)',
    },
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
    ['ndctl wait web --for ready --timeout 30s', ''],
    ['ndctl wait -l role=job', 'until every process with this label has ended'],
  ],
  async run(given) {
    const { timeout, for: condition = 'exit' } = given.options
    const timeoutMs = timeout === undefined ? undefined : parseDurationMs('--timeout', timeout)
    if (condition !== 'exit') return await waitFor(given, condition as Condition, timeoutMs)
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

/** Until each is so. */
async function waitFor(
  given: SelectingArguments,
  condition: Condition,
  timeoutMs: number | undefined,
): Promise<Outcome> {
  const { followBell, untilSo } = await import('../live/until-so.ts')
  let bell: ReturnType<typeof followBell> | undefined
  let deadline: number | undefined
  try {
    return await onSelected(given, {
      selection: { ids: 'any', which: 'process' },
      purpose: `to be ${condition}`,
      act: async (client, target) => {
        bell ??= followBell(client)
        if (timeoutMs !== undefined) deadline ??= performance.now() + timeoutMs
        return { process: await untilSo(client, target, condition, deadline, bell) }
      },
      json: ({ process }) => process ?? {},
    })
  } finally {
    bell?.[Symbol.dispose]()
  }
}

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
