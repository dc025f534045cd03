// ndctl daemon stop: ends the daemon, and unless asked otherwise its processes.

import type { Client, Result } from '../../client-lib/index.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { isNoDaemon } from '../complaint.ts'
import { reachDaemon, socketOf } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { printJson, say } from '../stdio/stdio.ts'
import { waiting } from '../terminal/waiting.ts'
import { processCount } from '../text/daemon-text.ts'
import { memberWords } from '../text/process-text.ts'

export default command({
  name: 'daemon stop',
  synopsis: '',
  summary: 'Stop the daemon and its processes.',
  notes: [
    'Every process gets SIGTERM (those on a terminal also SIGHUP), and SIGKILL if it is still there after the timeout. ndctl returns when all are gone. With --leave, only processes on a terminal are ended; the others run on. If no daemon is running, that is not an error. If one is running whose socket has been removed, ndctl names its pid and fails. --json prints the result of SHUTDOWN, or null.',
  ],
  options: {
    leave: { type: 'boolean', describe: 'leave the processes running, except those on a terminal' },
    timeout: {
      type: 'string',
      value: 'TIME',
      describe: 'time from SIGTERM to SIGKILL, such as 10s (default: set by the daemon)',
    },
  },
  operands: { min: 0, max: 0 },
  examples: [
    ['ndctl daemon stop --timeout 30s', ''],
    ['ndctl daemon stop --leave', 'the processes run on'],
  ],
  async run({ options }) {
    const timeoutMs = options.timeout === undefined ? undefined : parseDurationMs('--timeout', options.timeout)
    let client: Client
    try {
      client = await reachDaemon(options)
    } catch (error) {
      if (!isNoDaemon(error)) throw error
      if (options.json) await printJson(null)
      else if (!options.quiet) await say(`no daemon is running on ${socketOf(options)}`)
      return done
    }
    const ending = client.shutdown({
      leave: options.leave ?? false,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
    const result = options.quiet ? await ending : await waiting('stopping the daemon and its processes', () => ending)
    await client.closed
    if (options.json) await printJson(result)
    else if (!options.quiet) await say(summary(result))
    return done
  },
})

function summary({ ended, killed, left, survivors = [] }: Result<'SHUTDOWN'>): string {
  const parts = [
    ended > 0 ? `${processCount(ended)} ended` : '',
    killed > 0 ? `${processCount(killed)} had to be killed` : '',
    left > 0 ? `${processCount(left)} left running` : '',
    survivors.length > 0 ? `could not end ${memberWords(survivors)}` : '',
  ].filter((part) => part !== '')
  return `the daemon has ended${parts.length === 0 ? '' : `; ${parts.join(', ')}`}`
}
