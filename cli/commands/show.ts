// ndctl show: everything the daemon knows about processes.

import type { Client, ProcessDetail } from '../../client-lib/index.ts'
import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { selectionOptions } from '../connection/selection.ts'
import { outputStyle, printLines } from '../stdio/stdio.ts'

export default command({
  name: 'show',
  synopsis: 'ID…',
  summary: 'Show everything about processes.',
  notes: ['--json prints a ProcessDetail, or an array of these with several IDs, --label or --all.'],
  options: {
    env: { type: 'boolean', describe: 'show the environment too, which may hold secrets' },
    ...selectionOptions('process'),
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl show web', 'its state, its input and output, who is attached'],
    ['ndctl show web --json | jq .output.end', 'how many bytes it has written'],
  ],
  async run(given) {
    const env = given.options.env ?? false
    return await onSelected(given, {
      selection: { ids: 'any', which: 'process' },
      act: (client, { ref }) => client.show(ref, { env }),
      print: printFacts,
    })
  },
})

/** One block of facts each, with an empty line between. */
async function printFacts(client: Client, details: readonly ProcessDetail[]): Promise<void> {
  if (details.length === 0) return
  const [{ processFacts }, { facts }, { limits }] = await Promise.all([
    import('../text/process-facts.ts'),
    import('../text/table.ts'),
    client.info(),
  ])
  const now = Date.now()
  const { colour } = outputStyle()
  const blocks = details.map((detail) => facts(processFacts(detail, limits.retainMs, now), colour))
  await printLines(blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block])))
}
