// ndctl daemon status: whether a daemon runs, by the statuses of LSB (0, 3, 4).

import { command } from '../command-line/command.ts'
import { complain, isNoDaemon } from '../complaint.ts'
import { reachDaemon, socketOf } from '../connection/reach-daemon.ts'
import { done, EXIT, type Outcome } from '../exit-status.ts'
import { print, printJson, say } from '../stdio/stdio.ts'
import { processCount } from '../text/daemon-text.ts'
import { formatAge } from '../text/format.ts'

export default command({
  name: 'daemon status',
  synopsis: '',
  summary: 'Check whether the daemon is running.',
  notes: [
    'Exit status: 0 it is running, 3 it is not, 4 ndctl could not find out, or a daemon is running whose socket has been removed. --quiet prints nothing; --json prints {"running", "socket"}, and "info" if it is running.',
  ],
  options: {},
  operands: { min: 0, max: 0 },
  examples: [['ndctl daemon status -q || ndctl daemon start', '']],
  async run({ options }): Promise<Outcome> {
    const socket = socketOf(options)
    try {
      const info = await (await reachDaemon(options)).info()
      const { pid, processes, startedAt } = info
      if (options.json) await printJson({ running: true, socket, info })
      else if (!options.quiet) {
        await print(
          `running as pid ${pid} on ${socket} for ${formatAge(Date.now() - startedAt)}, with ${processCount(processes.running)}\n`,
        )
      }
      return done
    } catch (error) {
      if (isNoDaemon(error)) {
        if (options.json) await printJson({ running: false, socket })
        else if (!options.quiet) await print(`not running: nothing listens on ${socket}\n`)
        return { kind: 'code', code: EXIT.daemonNotRunning }
      }
      await say(complain(error, socket).sentence)
      return { kind: 'code', code: EXIT.daemonUnknown }
    }
  },
})
