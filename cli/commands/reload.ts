// ndctl reload: lets processes read their configuration again.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { command } from '../command-line/command.ts'
import { carryOut } from '../connection/life-verb.ts'
import { selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'reload',
  synopsis: 'ID…',
  summary: 'Let processes read their configuration again.',
  notes: [
    'Sends the signal, or types the text, that "ndctl start --reload" set. Fails for a process that was started without --reload. ndctl returns when it has done so, and does not check what the process does then.',
    'An ID may be a pattern: "game@*" stands for every id that begins so, "?" for one letter. --json prints a ProcessSummary, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: selectionOptions('running process'),
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['running'],
  examples: [['ndctl reload web', 'after "ndctl start --reload HUP …": send HUP']],
  run: (given) =>
    carryOut(given, {
      selection: { ids: 'any', which: 'running process', fits: ({ state }: ProcessSummary) => isLive(state) },
      purpose: 'to be told',
      act: (client, process) => client.reload(process),
      sentence: () => 'has been told to reload',
    }),
})
