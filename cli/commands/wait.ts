// ndctl wait: until a process has ended. Like a shell's `wait`, its status is the process's.

import { isEnded } from '../../proto/live-state.ts'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { CliError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { mirror, statusOf } from '../exit-status.ts'
import { printJson } from '../stdio/stdio.ts'
import { waiting } from '../stdio/waiting.ts'

export default command({
  name: 'wait',
  synopsis: 'ID',
  summary: 'Wait until a process has ended and its output is complete.',
  notes: [
    "The exit status is the process's exit code, or 128+n if signal n killed it. --json prints a ProcessSummary; otherwise nothing is printed.",
  ],
  options: {
    timeout: {
      type: 'string',
      value: 'TIME',
      describe: 'give up after this time (such as 10, 1.5s or 5m) and exit with 124',
    },
  },
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl wait build && echo fine', ''],
    ['ndctl wait web --timeout 10s', 'exit status 124 if it has not ended by then'],
  ],
  async run({ options, operands }) {
    const timeoutMs = options.timeout === undefined ? undefined : parseDurationMs('--timeout', options.timeout)
    const client = await reachDaemon(options)
    const [id = ''] = operands
    const end = client.wait(id, timeoutMs === undefined ? {} : { timeoutMs })
    const ended = options.quiet ? await end : await waiting(`waiting for ${id} to end`, end)
    if (options.json) await printJson(ended)
    const { state } = ended
    if (state.kind === 'unknown') {
      const { endSentence } = await import('../text/process-text.ts')
      throw new CliError(endSentence(ended.id, state))
    }
    if (!isEnded(state)) {
      throw new CliError(
        `the daemon says that "${ended.id}" has ended, and that it is ${state.kind}; report this as a bug`,
      )
    }
    return { kind: 'code', code: statusOf(mirror(state)) }
  },
})
