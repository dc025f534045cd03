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
    'Does what the --reload of its start says: sends a signal, or types a text. One that was started without it is refused. ndctl returns when the process has been told; what it makes of that is its own matter.',
    'An ID may be a pattern: "game@*" stands for every id that begins so, "?" for one letter. --json prints a ProcessSummary, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: selectionOptions('running process'),
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['running'],
  examples: [['ndctl reload web', 'as "ndctl start --reload HUP …" has said']],
  run: (given) =>
    carryOut(given, {
      selection: { ids: 'any', which: 'running process', fits: ({ state }: ProcessSummary) => isLive(state) },
      purpose: 'to be told',
      act: (client, process) => client.reload(process),
      sentence: () => 'has been told to reload',
    }),
})
