// ndctl attach: joins a running process's console. Leaving it, however that happens, changes nothing for the process.

import type { AttachOptionsInput } from '../../client-lib/index.ts'
import { parseCount } from '../argument-values.ts'
import { type Arguments, command } from '../command.ts'
import { UsageError } from '../complaint.ts'
import { openClient } from '../session.ts'

/** Lines of history shown when nothing is asked for: enough to see where one is, and no flood. */
const LINES_DEFAULT = 10
const LINES_MAX = 1_000_000

const options = {
  lines: { type: 'string', alias: 'n', value: 'N', describe: `begin with the last N lines (${LINES_DEFAULT})` },
  from: {
    type: 'string',
    value: 'PLACE',
    completes: ['start', 'now'],
    describe: 'begin at "start" (the oldest output kept), "now", or an offset',
  },
  lossless: { type: 'boolean', describe: 'miss nothing: the process waits for us, as for a pipe' },
  'no-stdin': { type: 'boolean', describe: 'only look: our input does not go to it' },
  eof: { type: 'boolean', describe: 'the end of our input is the end of its input, too' },
  'sig-proxy': { type: 'boolean', describe: 'pass INT, TERM, HUP and QUIT on to it, instead of leaving' },
} as const

export default command({
  name: 'attach',
  synopsis: 'ID',
  summary: "See a process's output, and type into it.",
  notes: [
    'Ctrl-C leaves; the process, and its input, stay as they are. When the process ends, ndctl ends as it did: with its exit code, or of its signal.',
    'One who looks never holds the process back. If more comes than can be shown, a line on stderr tells what is missing; --lossless makes the process wait instead.',
  ],
  options,
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl attach web', 'its last lines, then what comes'],
    ['ndctl attach --no-stdin --from start web > log', 'all that is kept, then what comes'],
    ['echo "say hello" | ndctl attach mc', 'type a line, and stay'],
    ['ndctl attach --eof --from now calc < sums', 'its input ends where the file does'],
  ],
  async run(given) {
    const { options, operands } = given
    const [client, { stayAttached }, { SignalRelay }] = await Promise.all([
      openClient(options),
      import('../attached.ts'),
      import('../signal-relay.ts'),
    ])
    using signals = new SignalRelay()
    const attachment = await client.attach(operands[0] ?? '', attachOptions(given))
    return await stayAttached(attachment, signals, {
      stdin: options['no-stdin'] ? 'none' : options.eof ? 'bytes and end' : 'bytes',
      signals: options['sig-proxy'] ? 'forward' : 'detach',
      brokenPipe: 'detach',
      quiet: options.quiet ?? false,
    })
  },
})

type Given = Arguments<typeof options>

function attachOptions({ options }: Given): AttachOptionsInput {
  return { from: beginning(options.lines, options.from), lossless: options.lossless ?? false }
}

function beginning(lines: string | undefined, from: string | undefined): AttachOptionsInput['from'] {
  if (from === undefined) {
    return { lines: lines === undefined ? LINES_DEFAULT : parseCount('--lines', lines, LINES_MAX) }
  }
  if (lines !== undefined) throw new UsageError('--lines and --from both say where to begin; give one')
  if (from === 'start' || from === 'now') return from
  if (!/^\d+$/.test(from)) throw new UsageError(`--from is "start", "now" or an offset, and not "${from}"`)
  return { offset: parseCount('--from', from) }
}
