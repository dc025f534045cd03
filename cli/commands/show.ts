// ndctl show: everything the daemon knows about one process.

import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

export default command({
  name: 'show',
  synopsis: 'ID',
  summary: 'Show everything about a process.',
  notes: ['--json prints a ProcessDetail.'],
  options: { env: { type: 'boolean', describe: 'show its environment too, which may hold secrets' } },
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl show web', 'its state, its input and output, who is attached'],
    ['ndctl show web --json | jq .output.end', 'how many bytes it has written'],
  ],
  async run({ options, operands }) {
    const client = await reachDaemon(options)
    const detail = await client.show(operands[0] ?? '', { env: options.env ?? false })
    if (options.json) await printJson(detail)
    else {
      const [{ processFacts }, { facts }] = await Promise.all([
        import('../text/process-facts.ts'),
        import('../text/table.ts'),
      ])
      const { limits } = await client.info()
      await printLines(facts(processFacts(detail, limits.retainMs, Date.now()), outputStyle().colour))
    }
    return done
  },
})
