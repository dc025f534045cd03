// ndctl daemon start: makes sure that a daemon runs.

import { command } from '../command-line/command.ts'
import { reachOrStartDaemon, socketOf } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { printJson, say } from '../stdio/stdio.ts'

export default command({
  name: 'daemon start',
  synopsis: '',
  summary: 'Start the daemon in the background, unless it is already running.',
  notes: [
    'ndctl returns when the daemon accepts connections. --json prints the result of INFO. To start one with other settings, run "netdaemon" yourself.',
  ],
  options: {},
  operands: { min: 0, max: 0 },
  examples: [['ndctl daemon start', '']],
  async run({ options }) {
    const { client, started } = await reachOrStartDaemon({ ...options, quiet: true })
    const info = await client.info()
    if (options.json) await printJson(info)
    else if (!options.quiet) {
      await say(`the daemon is ${started ? 'now' : 'already'} running as pid ${info.pid} on ${socketOf(options)}`)
    }
    return done
  },
})
