// ndctl rm: removes ended processes.

import type { RemovedProcess } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'
import { say } from '../stdio/stdio.ts'
import { memberWords } from '../text/process-text.ts'

export default command({
  name: 'rm',
  synopsis: 'ID…',
  summary: 'Remove ended processes and their output.',
  notes: [
    'An ID must be whole here, unless you give --prefix. If one of several cannot be removed, the others are removed all the same, and the exit status is 125.',
    '--json prints a ProcessSummary, or an array of these with several IDs, --label or --all.',
  ],
  options: {
    force: { type: 'boolean', alias: 'f', describe: 'kill running processes first (SIGKILL)' },
    ...selectionOptions('ended process (with --force: every process)'),
    ...prefixOption,
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl rm build', ''],
    ['ndctl rm -f web db', 'kill both and remove them'],
    ['ndctl rm --all', 'remove every process that has ended'],
  ],
  async run(given) {
    const { options } = given
    const force = options.force ?? false
    return await onSelected(given, {
      selection: {
        ids: idsOf(options),
        which: force ? 'process' : 'ended process',
        fits: ({ state }) => force || isEnded(state),
      },
      act: async (client, { ref }) => {
        const removed = await client.remove(ref, { force })
        if (!options.quiet) await tellLeft(removed)
        return removed
      },
    })
  },
})

async function tellLeft({ id, left }: RemovedProcess): Promise<void> {
  if (left === undefined) return
  await say(
    `"${id}" is removed, and what it has started lives on: ${memberWords(left)}; "ndctl rm --force" would have ended it`,
  )
}
