// ndctl kill: one signal to one process, or rather to its process group.

import { constants } from 'node:os'
import { command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { readSignal } from '../signals/signal-names.ts'
import { printJson } from '../stdio/stdio.ts'

/** `-9`, `-KILL`, `-SIGHUP`, `-RTMIN+1`: signals as kill(1) takes them. */
const oldSpelling = /^-(\d+|[A-Z][A-Z0-9]+(?:[+-]\d+)?)$/

/** The signal that a word names in that way; `-hup` too, and not `-main`. */
function oldSignal(word: string): string | undefined {
  if (/^-[a-z][a-z0-9]+$/.test(word))
    return `SIG${word.slice(1).toUpperCase()}` in constants.signals ? word.slice(1) : undefined
  return oldSpelling.exec(word)?.[1]
}

export default command({
  name: 'kill',
  synopsis: 'ID [SIGNAL]',
  summary: 'Send a signal to a process: TERM, or the one you give.',
  notes: [
    'The signal goes to the process and its whole process group. Write it as a name or a number: TERM, SIGTERM, term, 15, or -9 before the ID. ndctl returns when the signal has been sent; "ndctl wait" waits until the process has ended.',
    '--json prints {"id", "signal"}.',
  ],
  options: {
    main: { type: 'boolean', describe: 'signal only the process itself, not its process group' },
    signal: {
      type: 'string',
      alias: 's',
      value: 'SIGNAL',
      completes: 'signal',
      describe: 'another way to give the signal',
    },
  },
  operands: { min: 1, max: 2 },
  completes: ['running', 'signal'],
  respell: (words) =>
    words.flatMap((word) => {
      const signal = oldSignal(word)
      return signal === undefined ? [word] : ['--signal', signal]
    }),
  examples: [
    ['ndctl kill web', 'send TERM: ask it to end'],
    ['ndctl kill web HUP', 'same as "ndctl kill -HUP web"'],
    ['ndctl kill web KILL && ndctl wait web', 'end it, then get its exit status'],
  ],
  async run({ options, operands }) {
    const [id = '', named] = operands
    if (named !== undefined && options.signal !== undefined) {
      throw new UsageError(`two signals, "${options.signal}" and "${named}"; give only one`)
    }
    const asked = readSignal(named ?? options.signal ?? 'TERM')
    const client = await reachDaemon(options)
    const { id: full } = options.json ? await client.show(id) : { id }
    const signal = await client.kill(full, asked, {
      scope: options.main ? 'process' : 'group',
    })
    if (options.json) await printJson({ id: full, signal })
    return done
  },
})
