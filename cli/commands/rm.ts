// ndctl rm: forgets ended processes.

import { command } from '../command.ts'
import { complain } from '../complaint.ts'
import { done, failed } from '../exit-status.ts'
import { openClient, socketOf } from '../session.ts'
import { printJson, say } from '../stdio.ts'

export default command({
  name: 'rm',
  synopsis: 'ID…',
  summary: 'Forget ended processes and their output.',
  notes: [
    'One that cannot be removed does not keep the others; the exit status is then 125. --json prints an array of ProcessSummary.',
  ],
  options: { force: { type: 'boolean', alias: 'f', describe: 'kill those that run first (SIGKILL)' } },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ['ndctl rm build', ''],
    ['ndctl rm -f web db', 'end them at once, and forget them'],
  ],
  async run({ options, operands }) {
    const client = await openClient(options)
    const removals = await Promise.allSettled(
      operands.map((id) => client.remove(id, { force: options.force ?? false })),
    )
    let outcome = done
    for (const removal of removals) {
      if (removal.status === 'fulfilled') continue
      await say(complain(removal.reason, socketOf(options)).sentence)
      outcome = failed
    }
    if (options.json) await printJson(removals.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
    return outcome
  },
})
