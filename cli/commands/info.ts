// ndctl info: the daemon itself, in figures.

import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'
import { daemonFacts } from '../text/daemon-text.ts'
import { facts } from '../text/table.ts'

export default command({
  name: 'info',
  synopsis: '',
  summary: 'Show the daemon: its version, limits and memory.',
  notes: ['--json prints the result of INFO.'],
  options: {},
  operands: { min: 0, max: 0 },
  examples: [['ndctl info --json | jq .memory.rss', '']],
  async run({ options }) {
    const client = await reachDaemon(options)
    const info = await client.info()
    if (options.json) await printJson(info)
    else await printLines(facts(daemonFacts(info, Date.now()), outputStyle().colour))
    return done
  },
})
