// ndctl graph: which processes need which, as a tree, for Graphviz, or as JSON.

import type { Client, ProcessDetail } from '../../client-lib/index.ts'
import { command } from '../command-line/command.ts'
import { isCoded, UsageError } from '../complaint.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import {
  onEach,
  outcomeOf,
  readSelector,
  type Selector,
  selected,
  selectionOptions,
  valuesOf,
} from '../connection/selection.ts'
import { outputStyle, printJson, printLines } from '../stdio/stdio.ts'

export default command({
  name: 'graph',
  synopsis: '[ID…]',
  summary: 'Show which processes need which.',
  notes: [
    'Below each process stand those that it needs, with how they must be before it is started, and whether they are so now. Without ID, the tree begins with the processes that no other needs; those that neither need one nor are needed are left out. What has been shown above is not shown again, and ends in "…".',
    '--dot prints the graph for Graphviz. --json prints an array of {"id", "state", "dependsOn", "dependents"}.',
  ],
  options: {
    dot: { type: 'boolean', describe: 'print it in the language of Graphviz' },
    ...selectionOptions('process'),
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  completes: ['process'],
  examples: [
    ['ndctl graph', 'all that need one, or are needed'],
    ['ndctl graph web', 'what one needs'],
    ['ndctl graph --dot | dot -Tsvg > graph.svg', 'a picture'],
  ],
  async run(given) {
    const { options, operands } = given
    if (options.dot && options.json) throw new UsageError('--dot and --json exclude each other')
    const isAll = operands.length === 0 && options.label === undefined
    const selector: Selector = isAll ? { kind: 'filter', labels: {} } : readSelector(given)
    const client = await reachDaemon(options)
    const targets = await selected(client, selector, { ids: 'prefix', which: 'process' }, options)
    const results = await onEach(
      targets,
      options,
      ({ ref }) => client.show(ref),
      () => {},
    )
    const { dotLines, graphLines } = await import('../text/graph-text.ts')
    const roots = valuesOf(results)
    const known = await withNeeded(client, roots)
    const related = isAll ? known.filter(({ dependsOn, dependents }) => dependsOn ?? dependents) : known
    if (options.json) {
      await printJson(
        related.map(({ id, state, dependsOn = [], dependents = [] }) => ({ id, state, dependsOn, dependents })),
      )
    } else if (options.dot) await printLines(dotLines(related))
    else {
      const first = isAll ? related.filter(({ dependents }) => dependents === undefined) : roots
      await printLines(graphLines(first, related, outputStyle()))
    }
    return outcomeOf(results)
  },
})

/** Requests that wait for their answers at once. */
const AT_ONCE = 100

/** These, and all that they need, directly or not. One that is not there is left out. @throws NetdaemonError */
async function withNeeded(client: Client, first: readonly ProcessDetail[]): Promise<ProcessDetail[]> {
  const known = new Map<string, ProcessDetail | undefined>(first.map((detail) => [detail.id, detail]))
  const asked = [...first]
  for (let names = unknown(asked, known); names.length > 0; names = unknown(asked, known)) {
    const batch = names.slice(0, AT_ONCE)
    const found = await Promise.all(batch.map((name) => unlessMissing(client.show(name))))
    for (const [at, name] of batch.entries()) known.set(name, found[at])
    asked.push(...found.filter((detail) => detail !== undefined))
  }
  return [...known.values()].filter((detail) => detail !== undefined)
}

function unknown(details: readonly ProcessDetail[], known: ReadonlyMap<string, unknown>): string[] {
  const names = details.flatMap(({ dependsOn = [] }) => dependsOn.map(({ name }) => name))
  return [...new Set(names)].filter((name) => !known.has(name))
}

async function unlessMissing(asked: Promise<ProcessDetail>): Promise<ProcessDetail | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isCoded(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
