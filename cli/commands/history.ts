// ndctl history: the last runs of a process.

import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

export default command({
  name: 'history',
  synopsis: 'ID',
  summary: 'Show the last runs of a process: when each began and ended, and how.',
  notes: ['The daemon keeps the last 20 ends of each process. --json prints an array of these, the newest last.'],
  options: {},
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [['ndctl history web', '']],
  async run({ options, operands: [id = ''] }) {
    const client = await reachDaemon(options)
    const detail = await client.show(id)
    if (options.json) await printJson(detail.runsKept ?? [])
    else {
      const { historyTable } = await import('../text/status-text.ts')
      await printLines(historyTable(detail, Date.now(), outputStyle()))
    }
    return done
  },
})
