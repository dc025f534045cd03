// ndctl disable: lets processes not be started with the daemon.

import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'disable',
  synopsis: 'ID…',
  summary: 'Let processes not be started with the daemon.',
  notes: [
    'What they do now goes on. When the daemon is started the next time they are there, and down, until "ndctl enable" or a request to start them.',
    '--json prints a ProcessSummary, or an array of these with several IDs, --label or --all.',
  ],
  options: { ...selectionOptions('process'), ...prefixOption },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [['ndctl disable web', '']],
  run: (given) =>
    onSelected(given, {
      selection: { ids: idsOf(given.options), which: 'process' },
      act: (client, { ref }) => client.disable(ref),
    }),
})
