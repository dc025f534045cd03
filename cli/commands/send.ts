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
    "The words of TEXT are joined by spaces, and a newline is added. ndctl returns when the line is in the process's input pipe; the process may read it later. Write -- before a TEXT that begins with a dash.",
  ],
  options: {
    'no-newline': { type: 'boolean', describe: 'do not add the newline' },
    eof: { type: 'boolean', describe: 'end its input, after TEXT if you give one' },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['running', []],
  examples: [
    ['ndctl send mc say the server restarts in 5 minutes', ''],
    ['ndctl send --eof calc', 'end its input'],
  ],
  async run({ options, operands: [id = '', ...words] }) {
    if (words.length === 0 && !options.eof) throw new UsageError('missing TEXT; give a text to send, or --eof')
    const client = await reachDaemon(options)
    // The smallest window: its output is not read.
    const attachment = await client.attach(id, { from: 'now', window: 1 })
    if (!attachment.inputOpen) {
      throw new CliError(
        `"${attachment.process.id}" takes no input: it has ended, has closed its input, or was started with --no-stdin`,
      )
    }
    if (words.length > 0) await attachment.write(words.join(' ') + (options['no-newline'] ? '' : '\n'))
    if (options.eof) await attachment.end()
    return done
  },
})
