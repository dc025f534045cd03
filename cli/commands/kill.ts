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

/** The signal that a word names in that way; `-hup` too, and not `-usock`, which is an option. */
function oldSignal(word: string): string | undefined {
  if (/^-[a-z][a-z0-9]+$/.test(word))
    return `SIG${word.slice(1).toUpperCase()}` in constants.signals ? word.slice(1) : undefined
  return oldSpelling.exec(word)?.[1]
}

export default command({
  name: 'kill',
  synopsis: 'ID [SIGNAL]',
  summary: 'Send a signal: TERM, or the one given.',
  notes: [
    'It goes to the process and all in its process group. A signal is a name or a number: TERM, SIGTERM, term, 15, or -9 before the ID. That the process ends of it is another matter: see "ndctl wait".',
    '--json prints {"id", "signal"}.',
  ],
  options: {
    main: { type: 'boolean', describe: 'to the process alone, not to its group' },
    signal: { type: 'string', alias: 's', value: 'SIGNAL', completes: 'signal', describe: 'another way to name it' },
  },
  operands: { min: 1, max: 2 },
  completes: ['running', 'signal'],
  respell: (words) =>
    words.flatMap((word) => {
      const signal = oldSignal(word)
      return signal === undefined ? [word] : ['--signal', signal]
    }),
  examples: [
    ['ndctl kill web', 'ask it to end'],
    ['ndctl kill web HUP', 'as "ndctl kill -HUP web"'],
    ['ndctl kill web KILL && ndctl wait web', 'end it, and see its status'],
  ],
  async run({ options, operands }) {
    const [id = '', named] = operands
    if (named !== undefined && options.signal !== undefined) {
      throw new UsageError(`two signals, "${options.signal}" and "${named}"; give one`)
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
