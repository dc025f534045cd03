// ndctl stop: stops processes, and waits until they and their descendants have ended.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isEnded } from '../../proto/live-state.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { carryOut, waitOptions, waitTerms } from '../connection/life-verb.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'

export default command({
  name: 'stop',
  synopsis: 'ID…',
  summary: 'Stop processes, and wait until they and their descendants have ended.',
  notes: [
    'Each process is stopped in the way that "ndctl start --stop" set: by default, it and all its descendants get TERM, and KILL after 10 s. A process with a restart policy stays stopped until "ndctl up". Its output is kept.',
    'If a descendant cannot be ended, ndctl names it and exits with 1. An ID must be whole here, unless you give --prefix, or a pattern: "game@*" stands for every id that begins so, "?" for one letter. If one of several fails, the others are stopped all the same.',
    '--json prints a ProcessSummary, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: {
    'kill-after': { type: 'string', value: 'TIME', describe: 'send KILL no later than after this time; 0: at once' },
    ...waitOptions,
    ...selectionOptions('process that runs or waits for its next run'),
    ...prefixOption,
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['running'],
  examples: [
    ['ndctl stop web', 'as its settings say'],
    ['ndctl stop web --kill-after 2s', 'with KILL if it takes longer'],
    ['ndctl stop -l role=game', 'every one with this label'],
  ],
  async run(given) {
    const { options } = given
    const killAfter = options['kill-after']
    const terms = {
      ...waitTerms(options),
      ...(killAfter === undefined ? {} : { killAfterMs: parseDurationMs('--kill-after', killAfter) }),
    }
    return await carryOut(given, {
      selection: {
        ids: idsOf(options),
        which: 'running process',
        fits: ({ state }: ProcessSummary) => !isEnded(state),
      },
      purpose: 'to stop',
      act: (client, process) => client.stop(process, terms),
    })
  },
})
