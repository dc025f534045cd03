// ndctl up: wants processes to run, and waits until they are ready.

import { command } from '../command-line/command.ts'
import { carryOut, waitOptions, waitTerms } from '../connection/life-verb.ts'
import { selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'up',
  synopsis: 'ID…',
  summary: 'Start processes that do not run, and wait until they are ready.',
  notes: [
    'A process that has ended or was stopped is started again, with the same id, program and settings; its earlier output is kept. A process that runs already is left alone. ndctl returns when each is ready, as "ndctl start --ready" set it; without --ready, as soon as it runs.',
    'If a process does not come up, ndctl says why, shows the last lines of its output, and exits with 1; the others are started all the same.',
    'An ID may be a pattern: "game@*" stands for every id that begins so, "?" for one letter. --json prints a ProcessSummary, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: { ...waitOptions, ...selectionOptions('process', 'process with a restart policy') },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl up web', 'start it again, and wait until it is ready'],
    ['ndctl up db web --timeout 30s', 'exit status 124 if they are not ready by then'],
    ["ndctl up 'game@*' --no-wait", 'start all of them, and do not wait'],
  ],
  async run(given) {
    const { options } = given
    const terms = waitTerms(options)
    const isService = options.all ? ({ restart }: { restart?: string | undefined }) => restart !== undefined : undefined
    return await carryOut(given, {
      selection: { ids: 'any', which: 'process', ...(isService === undefined ? {} : { fits: isService }) },
      purpose: 'to be ready',
      act: (client, process) => client.up(process, terms),
    })
  },
})
