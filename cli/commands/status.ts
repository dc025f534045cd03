// ndctl status: whether processes are up, and why not. Its exit status is systemctl's: 0 all up, 3 something is not.

import type { Client, ProcessDetail, ProcessSummary } from '../../client-lib/index.ts'
import { command } from '../command-line/command.ts'
import { onSelected } from '../connection/on-selected.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { isPattern, selectionOptions } from '../connection/selection.ts'
import { EXIT, type Outcome } from '../exit-status.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'
import { isUp } from '../text/state-sentence.ts'

export default command({
  name: 'status',
  synopsis: '[ID…]',
  summary: 'Show whether processes are up, and why not.',
  notes: [
    'Without ID, a table of all processes. With one, everything about each: its state in words, what is wanted of it, how its last runs ended, what it uses together with its descendants.',
    'A process is up if it runs and is healthy, or if it was to run once and has exited with 0. The exit status is 0 if all are up, and 3 if something is not; without ID, a process that was stopped on request does not count.',
    'For the daemon itself, see "ndctl daemon status". --quiet prints nothing; --json prints an array of ProcessSummary, or, with IDs, what "ndctl show --json" prints.',
  ],
  options: selectionOptions('process'),
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl status', 'all processes'],
    ['ndctl status web', 'one in detail'],
    ['ndctl status -q web || ndctl up web', ''],
  ],
  async run(given): Promise<Outcome> {
    const { options, operands } = given
    if (operands.length === 0 && options.label === undefined) {
      return await printTable(await (await reachDaemon(options)).list(), options)
    }
    const isTable = operands.length === 0 || operands.some(isPattern)
    return await onSelected(given, {
      selection: { ids: 'any', which: 'process' },
      act: (client, { ref }) => client.show(ref),
      async print(client, details) {
        if (options.quiet) return
        if (isTable) await printLines(await tableOf(details))
        else await printFacts(client, details)
      },
      status: (process) => (isUp(process) ? EXIT.ok : EXIT.notUp),
    })
  },
})

async function printTable(
  processes: readonly ProcessSummary[],
  { json, quiet }: { json?: boolean | undefined; quiet?: boolean | undefined },
): Promise<Outcome> {
  if (json) await printJson(processes)
  else if (!quiet) await printLines(await tableOf(processes))
  const counts = processes.filter(({ state, wanted }) => state.kind !== 'stopped' || wanted !== 'down')
  return { kind: 'code', code: counts.every(isUp) ? EXIT.ok : EXIT.notUp }
}

async function tableOf(processes: readonly ProcessSummary[]): Promise<string[]> {
  const { statusTable } = await import('../text/status-text.ts')
  return statusTable(processes, Date.now(), outputStyle())
}

/** One block of facts each, with an empty line between. */
async function printFacts(client: Client, details: readonly ProcessDetail[]): Promise<void> {
  if (details.length === 0) return
  const [{ statusFacts }, { facts }, { processes }] = await Promise.all([
    import('../text/status-text.ts'),
    import('../text/table.ts'),
    client.usage({ processes: details.map(({ handle }) => handle) }),
  ])
  const used = new Map(processes.map((usage) => [usage.handle, usage]))
  const { colour } = outputStyle()
  const blocks = details.map((detail) => facts(statusFacts(detail, used.get(detail.handle), Date.now()), colour))
  await printLines(blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block])))
}
