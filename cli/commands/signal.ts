// ndctl signal: what `kill` does, with the signal as the first word, for those who send one that ends nothing.

import { command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { isSignalName } from '../signals/signal-names.ts'
import { killSelection, scopeOption, sendSignal } from './kill.ts'

export default command({
  name: 'signal',
  synopsis: 'SIGNAL ID…',
  summary: 'Send a signal to processes: "ndctl kill", with the signal first.',
  notes: [
    'The same as "ndctl kill -SIGNAL ID…": the signal goes to each process and its whole process group, and what it does there is up to the program. To end a process so that it stays ended, use "ndctl stop": one with a restart policy is started again after a signal has ended it.',
    'An ID must be whole here, unless you give --prefix. --json prints {"id", "signal"}, or an array of these with several IDs, a pattern, --label or --all.',
  ],
  options: { ...scopeOption, ...killSelection },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['signal', 'running'],
  examples: [
    ['ndctl signal USR1 web', 'as "ndctl kill -USR1 web"'],
    ['ndctl signal HUP -l role=game', 'every running process with this label'],
  ],
  async run({ options, operands: [signal = '', ...ids] }) {
    const last = ids.at(-1)
    if (!isSignalName(signal) && last !== undefined && isSignalName(last)) {
      throw new UsageError(`the signal comes first: ndctl signal ${last} ${signal}`)
    }
    return await sendSignal({ options, operands: ids }, signal, options.scope)
  },
})
