// ndctl attach: joins a running process's console. Leaving it, however that happens, changes nothing for the process.

import type { Attachment, AttachOptionsInput, Client } from '../../client-lib/index.ts'
import { attachedOptions, attachedSettings } from '../attached/attach-options.ts'
import { parseCount } from '../command-line/argument-values.ts'
import { type Arguments, command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { keptPlace } from '../connection/hold.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'

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
  'read-only': { type: 'boolean', alias: 'r', describe: 'only look: nothing of ours reaches it, nor its size' },
  'no-stdin': { type: 'boolean', describe: 'our input does not go to it' },
  'no-resize': { type: 'boolean', describe: 'its terminal keeps its size, whatever that of ours is' },
  lossless: { type: 'boolean', describe: 'miss nothing: the process waits for us, as for a pipe' },
  eof: { type: 'boolean', describe: 'the end of our input is the end of its input, too' },
  'sig-proxy': { type: 'boolean', describe: 'pass INT, TERM, HUP and QUIT on to it, instead of leaving' },
  ...attachedOptions,
  ui: { type: 'boolean', describe: 'in the terminal UI, with its console open (as "ndctl ui ID")' },
} as const

export default command({
  name: 'attach',
  synopsis: 'ID',
  summary: "See a process's output, and type into it.",
  notes: [
    'Ctrl-P Ctrl-Q leaves; the process, and its input, stay as they are. When the process ends, ndctl ends as it did: with its exit code, or of its signal.',
    'A process with a terminal shows its screen on ours; all keys but those that leave go to it, and it follows the size of the smallest terminal that shows it. However that ends, our terminal is put in order; after a "kill -9" of ndctl, which nothing can follow, do that by "stty sane" or "reset".',
    'A process without a terminal gets lines, as our terminal makes them; Ctrl-C leaves, too, and Ctrl-Z stops only ndctl.',
    'One who looks never holds the process back. If more comes than can be shown, a line on stderr tells what is missing (or its screen is drawn anew); --lossless makes the process wait instead.',
    'If the connection breaks, it is tried for as long as --retry says, and what comes out here goes on at exactly the next byte.',
  ],
  options,
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl attach web', 'its screen, or its last lines, then what comes'],
    ['ndctl attach -r web', 'only look'],
    ['ndctl attach --no-stdin --from start web > log', 'all that is kept, then what comes'],
    ['echo "say hello" | ndctl attach mc', 'type a line, and stay'],
    ['ndctl attach --eof --from now calc < sums', 'its input ends where the file does'],
  ],
  async run(given) {
    if (given.options.ui) {
      const { openUi } = await import('../live/open-ui.ts')
      return await openUi(given.options, given.operands[0])
    }
    const { options } = given
    if (options['read-only'] && options.eof) throw new UsageError('--read-only sends nothing, not even --eof')
    const terms = termsOf(options)
    const [client, { isatty }, { SignalRelay }] = await Promise.all([
      reachDaemon(options),
      import('node:tty'),
      import('../signals/signal-relay.ts'),
    ])
    using signals = new SignalRelay()
    const attachment = await join(client, given, terms, isatty(1))
    if (attachment.process.terminal !== undefined && isatty(1)) {
      const { showOnTerminal } = await import('../attached/on-terminal.ts')
      return await showOnTerminal(client, attachment, signals, terms)
    }
    const { relayStreams } = await import('../attached/on-streams.ts')
    const tellEnd = isatty(2) && !options.quiet
    return await relayStreams(client, attachment, signals, { ...terms, brokenPipe: 'detach', tellEnd })
  },
})

type Given = Arguments<typeof options>

function termsOf(options: Given['options']) {
  const settings = attachedSettings(options)
  const readOnly = options['read-only'] ?? false
  const place = options.lossless ? keptPlace(settings.retryMs) : {}
  return {
    ...settings,
    options,
    attach: { lossless: options.lossless ?? false, readOnly, ...place },
    stdin: readOnly || options['no-stdin'] ? 'none' : options.eof ? 'bytes and end' : 'bytes',
    signals: options['sig-proxy'] ? 'forward' : 'detach',
    resizes: !readOnly && !options['no-resize'],
  } as const
}

/** Attaches; on a terminal to the screen, if it has one and nothing else was asked for. */
async function join(
  client: Client,
  { options, operands: [id = ''] }: Given,
  { attach, resizes }: ReturnType<typeof termsOf>,
  shown: boolean,
): Promise<Attachment> {
  const from = beginning(options.lines, options.from)
  const { handle = id, terminal } = shown ? await client.show(id) : {}
  if (terminal === undefined) return await client.attach(handle, { ...attach, from: from ?? { lines: LINES_DEFAULT } })
  const { ownSize } = await import('../attached/on-terminal.ts')
  return await client.attach(handle, { ...attach, from: from ?? 'screen', ...(resizes ? { size: ownSize() } : {}) })
}

function beginning(lines: string | undefined, from: string | undefined): AttachOptionsInput['from'] {
  if (from === undefined) return lines === undefined ? undefined : { lines: parseCount('--lines', lines, LINES_MAX) }
  if (lines !== undefined) throw new UsageError('--lines and --from both say where to begin; give one')
  if (from === 'start' || from === 'now') return from
  if (!/^\d+$/.test(from)) throw new UsageError(`--from is "start", "now" or an offset, and not "${from}"`)
  return { offset: parseCount('--from', from) }
}
