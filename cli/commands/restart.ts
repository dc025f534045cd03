// ndctl restart: stops processes and starts them again.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { command } from '../command-line/command.ts'
import { carryOut, waitOptions, waitTerms } from '../connection/life-verb.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'restart',
  synopsis: 'ID…',
  summary: 'Stop processes and start them again, and wait until they are ready.',
  notes: [
    'Each process is stopped as by "ndctl stop", and started again when it and its descendants have ended. A process that does not run is just started. Attached clients stay attached, and new output follows the old.',
    'If a process does not come up again, ndctl says why, shows the last lines of its output, and exits with 1. An ID must be whole here, unless you give --prefix, or a pattern: "game@*" stands for every id that begins so, "?" for one letter. If one of several fails, the others are restarted all the same.',
    '--json prints a ProcessSummary, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: { ...waitOptions, ...selectionOptions('process that runs or waits for its next run'), ...prefixOption },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl restart web', ''],
    ["ndctl restart 'game@*' --timeout 2m", 'all of them at once'],
  ],
  async run(given) {
    const { options } = given
    const terms = waitTerms(options)
    return await carryOut(given, {
      selection: {
        ids: idsOf(options),
        which: 'running process',
        fits: ({ state }: ProcessSummary) => !isEnded(state),
      },
      purpose: 'to be ready again',
      act: (client, process) => client.restart(process, terms),
    })
  },
})
