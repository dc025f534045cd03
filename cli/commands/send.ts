// ndctl send: one line to a process's input, as if typed.

import { command } from '../command-line/command.ts'
import { CliError, UsageError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'

export default command({
  name: 'send',
  synopsis: 'ID [TEXT…]',
  summary: "Write a line to a process's input.",
  notes: [
    "The words are joined by blanks, and a newline ends them. It returns when the process's pipe has taken the line; whether the process has read it, its output tells. Put -- before a TEXT that begins with a sign.",
  ],
  options: {
    'no-newline': { type: 'boolean', describe: 'without the newline' },
    eof: { type: 'boolean', describe: 'end its input, after TEXT if there is one' },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['running', []],
  examples: [
    ['ndctl send mc say the server restarts in 5 minutes', ''],
    ['ndctl send --eof calc', 'no more input'],
  ],
  async run({ options, operands: [id = '', ...words] }) {
    if (words.length === 0 && !options.eof) throw new UsageError('give a TEXT to send, or --eof')
    const client = await reachDaemon(options)
    // The smallest window: its output is nothing to us.
    const attachment = await client.attach(id, { from: 'now', window: 1 })
    if (!attachment.inputOpen) {
      throw new CliError(
        `"${attachment.process.id}" takes no input: it has ended, has closed it, or was started with --no-stdin`,
      )
    }
    if (words.length > 0) await attachment.write(words.join(' ') + (options['no-newline'] ? '' : '\n'))
    if (options.eof) await attachment.end()
    return done
  },
})
