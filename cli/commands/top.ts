// ndctl top: what processes use, those that use most first; kept up to date on a terminal, printed once elsewhere.

import { isatty } from 'node:tty'
import { parseDurationMs } from '../command-line/argument-values.ts'
import { type Arguments, command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done, type Outcome } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

/** The daemon measures twice a second at most: two looks that far apart see two measurements. */
const SOON_MS = 600
const INTERVAL_LEAST_MS = 1000
const INTERVAL_MOST_MS = 3_600_000

const options = {
  sort: {
    type: 'string',
    value: 'COLUMN',
    choices: ['cpu', 'memory', 'age', 'id'],
    describe: 'what comes first: most cpu (default), most memory, oldest (age), or by id',
  },
  interval: { type: 'string', value: 'TIME', describe: 'time between two measurements (default: 1s)' },
  once: { type: 'boolean', describe: 'print one table and end, even on a terminal' },
} as const

type Given = Arguments<typeof options>

export default command({
  name: 'top',
  synopsis: '',
  summary: 'Show CPU and memory of running processes.',
  notes: [
    'CPU% is the processor time used since the last measurement, in percent of one processor; MEM is resident memory; TASKS is the number of processes. Each counts a process together with all its descendants.',
    'On a terminal, c, m, a and i sort by cpu, memory, age and id, and q quits. Elsewhere, or with --once or --json, ndctl measures twice and prints one table.',
  ],
  options,
  operands: { min: 0, max: 0 },
  examples: [
    ['ndctl top', 'on a terminal, until you press q'],
    ['ndctl top --once --sort memory', 'one table'],
    ['ndctl top --json --interval 10s', 'measured over ten seconds, for programs'],
  ],
  async run(given) {
    const intervalMs = intervalOf(given)
    const [client, { Usages }] = await Promise.all([reachDaemon(given.options), import('../live/usages.ts')])
    const usages = new Usages(client, given.options.sort ?? 'cpu')
    if (isatty(1) && isatty(0) && !given.options.once && !given.options.json) return await watch(usages, intervalMs)
    await usages.look()
    await pause(intervalMs)
    await usages.look()
    if (given.options.json) await printJson(usages.json())
    else await printLines(usages.table(outputStyle()))
    return done
  },
})

async function watch(usages: import('../live/usages.ts').Usages, intervalMs: number): Promise<Outcome> {
  const { LiveScreen } = await import('../live/live-screen.ts')
  const { colour } = outputStyle()
  const screen = new LiveScreen({
    lines: (width) => [...usages.headline({ width, colour }), '', ...usages.table({ width, colour })],
    key: (key) => usages.sortByKey(key),
  })
  return await screen.show(async (signal) => {
    while (!signal.aborted) {
      await usages.look()
      screen.redraw()
      // The first look tells nothing of cpu: the second comes as soon as it can.
      await pause(usages.looks < 2 ? SOON_MS : intervalMs, signal)
    }
  })
}

function intervalOf({ options }: Given): number {
  if (options.interval === undefined) return 1000
  const ms = parseDurationMs('--interval', options.interval)
  if (ms >= INTERVAL_LEAST_MS && ms <= INTERVAL_MOST_MS) return ms
  throw new UsageError('--interval must be from 1s to 1h')
}

/** Resolves after that time, or at once when it is over. */
async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises')
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
    // Aborted.
  })
}
