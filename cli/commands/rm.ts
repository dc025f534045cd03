// ndctl rm: removes ended processes.

import type { RemovedProcess } from '../../client-lib/index.ts'
import { command } from '../command-line/command.ts'
import { complain } from '../complaint.ts'
import { reachDaemon, socketOf } from '../connection/reach-daemon.ts'
import { done, failed } from '../exit-status.ts'
import { printJson, say } from '../stdio/stdio.ts'
import { memberWords } from '../text/process-text.ts'

/** Removals asked for at once; daemon and client let a limited number wait. */
const AT_ONCE = 256

export default command({
  name: 'rm',
  synopsis: 'ID…',
  summary: 'Remove ended processes and their output.',
  notes: [
    'If one of several cannot be removed, the others are removed all the same, and the exit status is 125. --json prints an array of ProcessSummary.',
  ],
  options: { force: { type: 'boolean', alias: 'f', describe: 'kill running processes first (SIGKILL)' } },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl rm build', ''],
    ['ndctl rm -f web db', 'kill both and remove them'],
  ],
  async run({ options, operands }) {
    const client = await reachDaemon(options)
    const removals: PromiseSettledResult<RemovedProcess>[] = []
    for (let at = 0; at < operands.length; at += AT_ONCE) {
      const ids = operands.slice(at, at + AT_ONCE)
      const removing = ids.map((id) => client.remove(id, { force: options.force ?? false }))
      removals.push(...(await Promise.allSettled(removing)))
    }
    let outcome = done
    for (const removal of removals) {
      if (removal.status === 'fulfilled') {
        const { id, left } = removal.value
        if (left !== undefined && !options.quiet) {
          await say(
            `"${id}" is removed, and what it has started lives on: ${memberWords(left)}; "ndctl rm --force" would have ended it`,
          )
        }
        continue
      }
      await say(complain(removal.reason, socketOf(options)).sentence)
      outcome = failed
    }
    if (options.json) await printJson(removals.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
    return outcome
  },
})
