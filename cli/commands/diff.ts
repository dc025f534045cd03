// ndctl diff: what `ndctl apply` would change, field by field.

import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done, EXIT } from '../exit-status.ts'
import { manifestOptions, readSpecs } from '../manifest/from-options.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'
import { diffLines } from '../text/plan-text.ts'

export default command({
  name: 'diff',
  synopsis: '-f FILE',
  summary: 'Show what "apply" would change, field by field.',
  notes: [
    'Nothing is printed if nothing would be done. The exit status is 0 if nothing would be done, and 1 if something would.',
    '--json prints the steps of APPLY.',
  ],
  options: {
    ...manifestOptions,
    prune: { type: 'boolean', describe: 'also what was applied from the same FILE or DIR, and is in it no more' },
  },
  operands: { min: 0, max: 0 },
  examples: [['ndctl diff -f services.yaml', '']],
  async run({ options }) {
    const { specs, source } = await readSpecs(options)
    const client = await reachDaemon(options)
    const steps = await client.apply(specs, { source, prune: options.prune ?? false, dryRun: true })
    if (options.json) await printJson(steps)
    else await printLines(diffLines(steps, outputStyle().colour))
    return steps.every(({ action }) => action === 'none') ? done : { kind: 'code', code: EXIT.notDone }
  },
})
