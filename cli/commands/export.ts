// ndctl export: the file of services that `ndctl apply` would take.

import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { idsOf, prefixOption, selectionOptions } from '../connection/selection.ts'
import { print } from '../stdio/stdio.ts'

export default command({
  name: 'export',
  synopsis: 'ID…',
  summary: 'Print processes as a file of services.',
  notes: [
    'The file holds what the processes were started from, environment variables included; what is so by default is left out. "ndctl apply" takes it.',
    '--json prints the specs, as START takes them.',
  ],
  options: { ...selectionOptions('process'), ...prefixOption },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [['ndctl export --all > services.yaml', '']],
  run: (given) =>
    onSelected(given, {
      selection: { ids: idsOf(given.options), which: 'process' },
      act: async (client, { id, ref }) => ({ ...(await client.export(ref)).spec, name: id }),
      print: async (_client, specs) => {
        if (specs.length === 0) return
        const { writeManifest } = await import('../manifest/write-manifest.ts')
        await print(await writeManifest(specs))
      },
    }),
})
