// ndctl kill: one signal to processes, or rather to their process groups.

import { constants } from 'node:os'
import type { ProcessSummary } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { command, type OptionTable, type Values } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { onSelected, type SelectingArguments } from '../connection/on-selected.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'
import type { Outcome } from '../exit-status.ts'
import { isSignalName, readSignal } from '../signals/signal-names.ts'

/** `-9`, `-KILL`, `-SIGHUP`, `-RTMIN+1`: signals as kill(1) takes them. */
const oldSpelling = /^-(\d+|[A-Z][A-Z0-9]+(?:[+-]\d+)?)$/

/** The signal that a word names in that way; `-hup` too, and not `-main`. */
function oldSignal(word: string): string | undefined {
  if (/^-[a-z][a-z0-9]+$/.test(word))
    return `SIG${word.slice(1).toUpperCase()}` in constants.signals ? word.slice(1) : undefined
  return oldSpelling.exec(word)?.[1]
}

const isRunning = ({ state }: ProcessSummary) => isLive(state)

/** Whom a signal reaches. */
export const scopeOption = {
  scope: {
    type: 'string',
    value: 'SCOPE',
    choices: ['group', 'process', 'tree'],
    describe:
      'whom it reaches: the process group (group, the default), the process alone, or it and all its descendants (tree)',
  },
} as const satisfies OptionTable

export const killSelection = { ...selectionOptions('running process'), ...prefixOption }

/** Sends a signal to each that is selected. @param scope the process group if absent */
export async function sendSignal(
  given: SelectingArguments & { options: Values<typeof prefixOption> },
  signal: string,
  scope: string | undefined,
): Promise<Outcome> {
  const asked = readSignal(signal)
  const whom = { scope: scope as 'tree' | 'group' | 'process' | undefined }
  return await onSelected(given, {
    selection: { ids: idsOf(given.options), which: 'running process', fits: isRunning },
    check: (targets) => {
      const word = targets.find((target) => 'missing' in target && isSignalName(target.id))?.id
      // The others would get the wrong signal.
      if (word === undefined) return
      throw new UsageError(`there is no process "${word}"; a signal comes before the IDs: ndctl kill -${word} ID`)
    },
    act: async (client, { id, ref }) => ({ id, signal: await client.kill(ref, asked, whom) }),
  })
}

export default command({
  name: 'kill',
  synopsis: '[-SIGNAL] ID…',
  summary: 'Send a signal to processes: TERM, or the one you give.',
  notes: [
    'The signal goes to each process and its whole process group. Write it as a name or a number, before the IDs: -HUP, -SIGHUP, -hup or -1. ndctl returns when the signal has been sent; "ndctl wait" waits until a process has ended.',
    'An ID must be whole here, unless you give --prefix. If one of several fails, the others get the signal all the same, and the exit status is 125.',
    '--json prints {"id", "signal"}, or an array of these with several IDs, --label or --all.',
  ],
  options: {
    signal: {
      type: 'string',
      alias: 's',
      value: 'SIGNAL',
      completes: 'signal',
      describe: 'another way to give the signal',
    },
    main: { type: 'boolean', describe: 'signal only the process itself, not its process group' },
    ...scopeOption,
    ...killSelection,
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['running'],
  respell: (words) =>
    words.flatMap((word) => {
      const signal = oldSignal(word)
      return signal === undefined ? [word] : ['--signal', signal]
    }),
  examples: [
    ['ndctl kill web', 'send TERM: ask it to end'],
    ['ndctl kill -HUP web db', 'send HUP to two processes'],
    ['ndctl kill -KILL web && ndctl wait web', 'end it, then get its exit status'],
    ['ndctl kill -l role=game', 'every running process with this label'],
  ],
  async run(given) {
    const { options } = given
    if (options.main && options.scope !== undefined) throw new UsageError('--main and --scope exclude each other')
    return await sendSignal(given, options.signal ?? 'TERM', options.main ? 'process' : options.scope)
  },
})
