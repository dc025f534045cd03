// ndctl enable: lets processes be started with the daemon.

import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'enable',
  synopsis: 'ID…',
  summary: 'Let processes be started with the daemon.',
  notes: [
    'A process that is supervised or was applied is started with the daemon, if it was to run: this is so unless "ndctl disable" has said otherwise.',
    '--json prints a ProcessSummary, or an array of these with several IDs, --label or --all.',
  ],
  options: { ...selectionOptions('process'), ...prefixOption },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [['ndctl enable web', '']],
  run: (given) =>
    onSelected(given, {
      selection: { ids: idsOf(given.options), which: 'process' },
      act: (client, { ref }) => client.enable(ref),
    }),
})
