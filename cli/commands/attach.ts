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
  lines: {
    type: 'string',
    alias: 'n',
    value: 'N',
    describe: `show the last N lines first (default: ${LINES_DEFAULT})`,
  },
  from: {
    type: 'string',
    value: 'PLACE',
    completes: ['start', 'now'],
    describe: 'begin at "start" (the oldest output that is kept), at "now", or at an offset',
  },
  until: {
    type: 'string',
    value: 'WHEN',
    choices: ['run', 'rest', 'removed'],
    describe:
      'stay until this run has ended (run), until the process will not run again by itself (rest, the default), or until it is removed',
  },
  'read-only': {
    type: 'boolean',
    alias: 'r',
    describe: 'only watch: send neither input nor the size of your terminal',
  },
  'no-stdin': { type: 'boolean', describe: 'send no input' },
  'no-resize': { type: 'boolean', describe: 'do not change the size of its terminal' },
  lossless: { type: 'boolean', describe: 'miss nothing: the process waits until you have read its output' },
  eof: { type: 'boolean', describe: 'when your input ends, end its input too' },
  'sig-proxy': { type: 'boolean', describe: 'pass signals on to it instead of detaching' },
  ...attachedOptions,
  ui: { type: 'boolean', describe: 'open it in the terminal UI (same as "ndctl ui ID")' },
} as const

export default command({
  name: 'attach',
  synopsis: 'ID',
  summary: "Show a process's output and type into it.",
  notes: [
    'Ctrl-P Ctrl-Q detaches: the process runs on, and its input stays open. When the process ends, ndctl ends the same way: with its exit code, or by the same signal.',
    'A process with a terminal shows its screen on yours. All keys go to it except those that detach. Its terminal takes the size of the smallest one attached to it. However ndctl ends, it leaves your terminal in order; only after "kill -9" of ndctl you may have to run "reset".',
    'A process without a terminal gets what you type line by line. Ctrl-C detaches too, and Ctrl-Z stops only ndctl. Ctrl-D leaves its input open (unless you give --eof), and a second Ctrl-D detaches.',
    'Viewing never slows a process. If it writes more than can be shown, a line on stderr reports the missing bytes (or its screen is redrawn); with --lossless the process waits instead.',
    'A process with a restart policy may run again: ndctl stays attached, says on a terminal where each run begins and ends, and ends as the last one. What you type while none runs goes nowhere. --until run leaves at the end of this run, --until removed stays even when the process is stopped.',
    'If the connection breaks, ndctl tries to reconnect for as long as --retry says, and continues at exactly the next byte.',
  ],
  options,
  operands: { min: 1, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl attach web', 'its screen or its last lines, then everything new'],
    ['ndctl attach -r web', 'only watch'],
    ['ndctl attach --no-stdin --from start web > log', 'all output that is kept, then everything new'],
    ['echo "say hello" | ndctl attach mc', 'type one line, then stay attached'],
    ['ndctl attach --eof --from now calc < sums', 'send a file, then end the input'],
  ],
  async run(given) {
    if (given.options.ui) {
      const { openUi } = await import('../live/open-ui.ts')
      return await openUi(given.options, given.operands[0])
    }
    const { options } = given
    if (options['read-only'] && options.eof)
      throw new UsageError('--read-only and --eof exclude each other: --eof would end the input')
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
    return await relayStreams(client, attachment, signals, { ...terms, brokenPipe: 'detach', tellEnd, alone: false })
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
    attach: { lossless: options.lossless ?? false, readOnly, ...untilOf(options), ...place },
    stdin: readOnly || options['no-stdin'] ? 'none' : options.eof ? 'bytes and end' : 'bytes',
    signals: options['sig-proxy'] ? 'forward' : 'detach',
    resizes: !readOnly && !options['no-resize'],
    guest: true,
  } as const
}

function untilOf({ until }: Given['options']): Pick<AttachOptionsInput, 'until'> {
  return until === undefined ? {} : { until: until as 'run' | 'rest' | 'removed' }
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
  if (lines !== undefined) throw new UsageError('--lines and --from both say where to begin; give only one')
  if (from === 'start' || from === 'now') return from
  if (!/^\d+$/.test(from)) throw new UsageError(`--from takes "start", "now" or an offset, not "${from}"`)
  return { offset: parseCount('--from', from) }
}
