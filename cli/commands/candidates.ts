// ndctl __candidates: what completion scripts ask for at every press of Tab: the ids, names or labels of the current processes.
// Prints nothing when it can't tell, starts nothing, and gives up soon: nobody waits for a Tab.

import type { ProcessSummary } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { command } from '../command-line/command.ts'
import { whereOf } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { print } from '../stdio/stdio.ts'
import { stateWords } from '../text/process-text.ts'
import { visible } from '../text/table.ts'

/** A machine that is ten times slower, or as busy, still has its answer by then. */
const GIVE_UP_MS = 3000

export default command({
  name: '__candidates',
  synopsis: 'process|running|name|label [BEGINNING]',
  summary: 'List what a shell can propose, one per line: the word, a tab, and what it is.',
  options: {},
  operands: { min: 1, max: 2 },
  examples: [],
  async run({ options, operands: [kind = '', beginning = ''] }) {
    const giveUp = setTimeout(() => process.exit(0), GIVE_UP_MS)
    try {
      const { connect } = await import('../../client-lib/index.ts')
      const client = await connect({ ...whereOf(options), timeoutMs: GIVE_UP_MS, software: 'ndctl completion' })
      const lines = candidates(kind, await client.list(kind === 'label' ? {} : { id: beginning }))
      await print(
        lines
          .filter(([word]) => word.startsWith(beginning))
          .map(([word, text]) => `${word}\t${text}\n`)
          .join(''),
      )
    } catch {
      // No daemon, no permission, a daemon that ends: then there is nothing to propose.
    }
    clearTimeout(giveUp)
    return done
  },
})

function candidates(kind: string, processes: readonly ProcessSummary[]): (readonly [word: string, text: string])[] {
  switch (kind) {
    case 'label': {
      const counts = new Map<string, number>()
      for (const { labels } of processes) {
        for (const [key, value] of Object.entries(labels)) {
          counts.set(`${key}=${value}`, (counts.get(`${key}=${value}`) ?? 0) + 1)
        }
      }
      return [...counts]
        .filter(([label]) => visible(label) === label)
        .map(([label, count]) => [label, count === 1 ? '1 process' : `${count} processes`])
    }
    case 'running':
      return processes.filter(({ state }) => isLive(state)).map(describe)
    case 'name':
      return processes.filter(({ name }) => name !== undefined).map(describe)
    default:
      return processes.map(describe)
  }
}

const describe = (process: ProcessSummary): readonly [string, string] => [
  process.id,
  `${stateWords(process.state)}, ${visible(process.command.replaceAll('\t', ' '))}`,
]
