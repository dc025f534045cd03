// What every verb does that acts on processes which are already there: it reads which ones, reaches the daemon, does the same to
// each of them, prints what --json asks for, and ends with the first status that is not 0.

import type { Client } from '../../client-lib/index.ts'
import type { Arguments, GlobalValues, Values } from '../command-line/command.ts'
import type { Outcome } from '../exit-status.ts'
import { type Hide, waiting } from '../terminal/waiting.ts'
import { processCount } from '../text/daemon-text.ts'
import { reachDaemon } from './reach-daemon.ts'
import {
  type Missing,
  onEach,
  outcomeOf,
  printEach,
  readSelector,
  type Selection,
  selected,
  type selectionOptions,
  type Target,
  valuesOf,
} from './selection.ts'

/** The command line of such a verb. */
export type SelectingArguments = Pick<Arguments, 'operands'> & {
  options: Values<ReturnType<typeof selectionOptions>> & GlobalValues
}

/** What one verb does. */
export interface Deed<T> {
  readonly selection: Selection
  /** @param hide to be called before anything is written to stderr */
  act(client: Client, target: Target, hide: Hide): Promise<T>
  /** Looks at all of them before anything is done. @throws UsageError */
  check?(targets: readonly (Target | Missing)[]): void
  /** What the daemon is waited for, as `to stop`: a person is told after a while. Absent: it answers at once. */
  readonly purpose?: string
  /** What --json prints of one. Absent: what `act` brought. */
  json?(value: T): object
  /** Prints what came of all, where --json is not given. Absent: nothing. */
  print?(client: Client, values: readonly T[]): Promise<void>
  /** The exit status of one that it worked for. Absent: 0. */
  status?(value: T): number
}

/** Does it to each that is selected. What fails with one is told, and does not keep it from the others. */
export async function onSelected<T extends object>(given: SelectingArguments, deed: Deed<T>): Promise<Outcome> {
  const { options } = given
  const selector = readSelector(given)
  const client = await reachDaemon(options)
  const targets = await selected(client, selector, deed.selection, options)
  deed.check?.(targets)
  const all = (hide: Hide) => onEach(targets, options, (target) => deed.act(client, target, hide), hide)
  const [only] = targets
  const whom = targets.length === 1 && only !== undefined ? only.id : processCount(targets.length)
  const quietly = deed.purpose === undefined || options.quiet
  const results = quietly ? await all(() => {}) : await waiting(`waiting for ${whom} ${deed.purpose}`, all)
  const values = valuesOf(results)
  if (options.json) await printEach(selector, deed.json === undefined ? values : values.map(deed.json))
  else await deed.print?.(client, values)
  return outcomeOf(results, deed.status)
}
