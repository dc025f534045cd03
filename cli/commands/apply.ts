// ndctl apply: makes processes as files say.

import { command } from '../command-line/command.ts'
import { reachDaemon, reachOrStartDaemon } from '../connection/reach-daemon.ts'
import { done, EXIT, failed } from '../exit-status.ts'
import { manifestOptions, readSpecs } from '../manifest/from-options.ts'
import { outputStyle, printJson, printLines, say } from '../stdio/stdio.ts'
import { waiting } from '../terminal/waiting.ts'
import { errorLines, stepLines } from '../text/plan-text.ts'

const options = {
  ...manifestOptions,
  prune: {
    type: 'boolean',
    describe: 'remove what was applied from the same FILE or DIR, and is in it no more',
  },
  'dry-run': { type: 'boolean', describe: 'only show what would be done' },
  'no-wait': { type: 'boolean', describe: 'return when everything has been asked for, before it is up' },
  'skip-mistaken': { type: 'boolean', describe: 'leave out files with mistakes, instead of applying none' },
  source: { type: 'string', value: 'NAME', describe: 'what --prune goes by, instead of the path' },
  'no-autostart': { type: 'boolean', describe: 'if no daemon is running, fail instead of starting one' },
} as const

export default command({
  name: 'apply',
  synopsis: '-f FILE',
  summary: 'Make processes as files of services say.',
  notes: [
    'A file is YAML with a map "services": each has a name, and "command" at least. Times are written 500ms, 10s or 5m, sizes 64M. All its mistakes are told at once, each with its line and column, and then nothing is done.',
    'What is as it should be is left alone: applying twice does nothing. A change of labels, of the restart policy or of how it is stopped changes a process in place; any other restarts it. ndctl shows which fields changed, waits until all is up, and exits with 1 if something did not come up.',
    'Applied processes are there again when the daemon is started anew. "ndctl export" writes such a file.',
    '--json prints the steps of APPLY.',
  ],
  options,
  operands: { min: 0, max: 0 },
  examples: [
    ['ndctl apply -f services.yaml', ''],
    ['ndctl apply -f services.d --prune', 'a directory, and remove what is in it no more'],
    ['ndctl export web | sed s/8080/8081/ | ndctl apply -f -', ''],
  ],
  async run({ options }) {
    const { specs, source, isComplete } = await readSpecs(options, { skipMistaken: options['skip-mistaken'] ?? false })
    const client = options['no-autostart'] ? await reachDaemon(options) : (await reachOrStartDaemon(options)).client
    const dryRun = options['dry-run'] ?? false
    // What a mistaken file was to say is not known.
    const prune = (options.prune ?? false) && isComplete
    const wait = !(options['no-wait'] ?? false)
    const applying = () => client.apply(specs, { source: options.source ?? source, prune, dryRun, wait })
    const steps = dryRun || options.quiet ? await applying() : await waiting('waiting for them to come up', applying)
    const hasFailed = steps.some(({ error }) => error !== undefined)
    if (options.json) await printJson(steps)
    else if (!options.quiet) await printLines(stepLines(steps, dryRun, outputStyle().colour))
    for (const line of options.json ? [] : errorLines(steps)) await say(line)
    if (!isComplete) return failed
    return hasFailed ? { kind: 'code', code: EXIT.notDone } : done
  },
})
