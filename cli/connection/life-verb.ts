// What `up`, `stop`, `restart` and `reload` have in common: they ask the same of several processes, wait for the effect of each, and
// say what has become of it.

import type { Client, ProcessRef, ProcessSummary } from '../../client-lib/index.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import type { OptionTable, Values } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import type { Outcome } from '../exit-status.ts'
import { say } from '../stdio/stdio.ts'
import { onSelected, type SelectingArguments } from './on-selected.ts'
import type { Selection } from './selection.ts'

/** Of the verbs that wait for their effect. */
export const waitOptions = {
  'no-wait': { type: 'boolean', describe: 'do not wait; print the state at once' },
  timeout: {
    type: 'string',
    value: 'TIME',
    describe: 'exit with 124 if it takes longer than this (such as 10, 1.5s or 5m); the daemon goes on with it',
  },
} as const satisfies OptionTable

/** What those options ask for, as the client library takes it. @throws UsageError */
export function waitTerms({ 'no-wait': noWait = false, timeout }: Values<typeof waitOptions>) {
  if (noWait && timeout !== undefined) throw new UsageError('--no-wait and --timeout exclude each other')
  return {
    wait: !noWait,
    ...(timeout === undefined ? {} : { timeoutMs: parseDurationMs('--timeout', timeout) }),
  }
}

/** What one verb does. */
export interface LifeVerb {
  readonly selection: Selection
  /** What is waited for, as `to stop`. */
  readonly purpose: string
  act(client: Client, process: ProcessRef): Promise<ProcessSummary>
  /** What is said of one that it worked for; absent: its state. */
  sentence?(process: ProcessSummary): string
}

/** Does it to each that is selected, and says of each at once what has become of it. */
export async function carryOut(given: SelectingArguments, verb: LifeVerb): Promise<Outcome> {
  const { quiet, json } = given.options
  const tell = quiet || json ? undefined : await teller(verb)
  return await onSelected(given, {
    selection: verb.selection,
    purpose: verb.purpose,
    act: async (client, { ref }, hide) => {
      const process = await verb.act(client, ref)
      if (tell === undefined) return process
      hide()
      await tell(process)
      return process
    },
  })
}

async function teller({ sentence }: LifeVerb): Promise<(process: ProcessSummary) => Promise<void>> {
  const { stateSentence } = await import('../text/state-sentence.ts')
  const words = sentence ?? (({ state }: ProcessSummary) => stateSentence(state, Date.now()))
  return (process) => say(`"${process.id}" ${words(process)}`)
}
