// Which processes a command acts on: those with the given ids, those whose id fits a pattern, those with some labels, or all. When
// it acts on several, a failure with one of them gets its own line on stderr and does not stop the others.

import type { Client, ProcessRef, ProcessSummary } from '../../client-lib/index.ts'
import { parsePairs } from '../command-line/argument-values.ts'
import type { Arguments, GlobalValues, OptionTable, Values } from '../command-line/command.ts'
import { CliError, complain, isCoded, UsageError } from '../complaint.ts'
import { done, EXIT, type Outcome } from '../exit-status.ts'
import { printJson, say, sayLines } from '../stdio/stdio.ts'
import { socketOf } from './reach-daemon.ts'

/**
 * The options that select processes, beside ids and patterns of ids.
 *
 * @param labelled which of those with a label, as `ended process`
 * @param all which of all of them
 */
export const selectionOptions = (labelled: string, all = labelled) =>
  ({
    label: {
      type: 'string',
      alias: 'l',
      array: true,
      value: 'K=V',
      completes: 'label',
      describe: `instead of IDs: every ${labelled} with this label (repeatable: with all of them)`,
    },
    all: { type: 'boolean', describe: `instead of IDs: every ${all}` },
  }) as const satisfies OptionTable

/** For commands that are too dangerous for the beginning of an id. */
export const prefixOption = {
  prefix: { type: 'boolean', describe: 'accept the beginning of an id if only one process fits' },
} as const satisfies OptionTable

/** What the words of a command line select: ids and patterns of ids, or all with some labels. */
export type Selector =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'filter'; readonly labels: Record<string, string> }

type Selecting = Values<ReturnType<typeof selectionOptions>> & GlobalValues

/** @throws UsageError if nothing is selected, or in two ways */
export function readSelector({ options, operands }: Pick<Arguments, 'operands'> & { options: Selecting }): Selector {
  const { label, all = false } = options
  const ways = [operands.length > 0, label !== undefined, all].filter((given) => given)
  if (ways.length === 0) throw new UsageError('missing ID; give IDs, --label K=V, or --all')
  if (ways.length > 1) throw new UsageError('give only one of IDs, --label and --all')
  if (operands.length > 0) return { kind: 'ids', ids: [...new Set(operands)] }
  return { kind: 'filter', labels: parsePairs('--label', label ?? []) }
}

/** What is acted on: what people call it, and what the daemon does. */
export interface Target {
  readonly id: string
  readonly ref: ProcessRef
}
/** An id that was given, and that no process has. */
export interface Missing {
  readonly id: string
  readonly missing: CliError
}

/** How a verb selects. */
export interface Selection {
  /**
   * What an id may be: `whole`, because the verb ends processes; also the beginning of one (`prefix`); or whatever the daemon
   * takes for one (`any`).
   */
  readonly ids: 'whole' | 'prefix' | 'any'
  /** Which processes a pattern, --label and --all mean, as `running process`. */
  readonly which: string
  readonly fits?: (process: ProcessSummary) => boolean
}

/** For verbs with `prefixOption`. */
export const idsOf = ({ prefix }: Values<typeof prefixOption>): 'whole' | 'prefix' => (prefix ? 'prefix' : 'whole')

/**
 * The processes that are selected: ids in the order in which they were given, the others in the order of their start. That nothing
 * fits a filter or a pattern is said, and is no failure: what was asked for is so already.
 */
export async function selected(
  client: Client,
  selector: Selector,
  selection: Selection,
  { quiet }: GlobalValues,
): Promise<(Target | Missing)[]> {
  const { which, fits = () => true } = selection
  const tell = async (found: readonly unknown[], pattern = '') => {
    if (found.length === 0 && !quiet) await say(`no ${which} matches${pattern}`)
  }
  if (selector.kind === 'filter') {
    const found = (await client.list({ labels: selector.labels })).filter(fits).map(targetOf)
    await tell(found)
    return found
  }
  const { ids } = selector
  const known = await candidates(client, ids, selection)
  const targets = new Map<string, Target | Missing>()
  for (const id of ids) {
    if (!isPattern(id)) {
      const target = selection.ids === 'any' ? { id, ref: id } : withId(id, known, selection.ids)
      targets.set(target.id, target)
      continue
    }
    const found = known.filter((process) => fits(process) && matches(id, process.id))
    await tell(found, ` "${id}"`)
    for (const process of found) targets.set(process.id, targetOf(process))
  }
  return [...targets.values()]
}

const targetOf = ({ id, handle }: ProcessSummary): Target => ({ id, ref: handle })

/** The processes among which the ids are looked for; none if the daemon is to look. */
async function candidates(client: Client, ids: readonly string[], selection: Selection): Promise<ProcessSummary[]> {
  if (selection.ids === 'any' && !ids.some(isPattern)) return []
  const [only] = ids
  return await client.list(ids.length === 1 && only !== undefined && !isPattern(only) ? { id: only } : {})
}

/** The process with this id. */
function withId(id: string, known: readonly ProcessSummary[], ids: 'whole' | 'prefix'): Target | Missing {
  const whole = known.find((process) => process.id === id)
  if (whole !== undefined) return targetOf(whole)
  const begun = known.filter((process) => process.id.startsWith(id))
  const [only] = begun
  if (ids === 'prefix' && begun.length === 1 && only !== undefined) return targetOf(only)
  return { id, missing: missing(id, begun, ids === 'prefix') }
}

/** Whether a word is a pattern: no id has such a letter. */
export const isPattern = (word: string): boolean => /[*?]/.test(word)

/** `*` stands for any letters, `?` for one. */
export function matches(pattern: string, id: string): boolean {
  const literal = (text: string) => text.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const source = pattern.split(/([*?])/).map((part) => (part === '*' ? '.*' : part === '?' ? '.' : literal(part)))
  return new RegExp(`^${source.join('')}$`).test(id)
}

/** How many ids an error names. */
const NAMED_MAX = 5

function missing(id: string, begun: readonly ProcessSummary[], prefix: boolean): CliError {
  if (begun.length === 0) return new CliError(`there is no process "${id}"; "ndctl list" shows all processes`)
  const named = begun.slice(0, NAMED_MAX).map((process) => process.id)
  const ids = [...named, ...(begun.length > NAMED_MAX ? ['…'] : [])].join(', ')
  if (prefix) return new CliError(`"${id}" matches ${ids}; type more of it`)
  const what = begun.length === 1 ? `an id (${ids}); give the whole id, or --prefix` : `ids (${ids}); give a whole id`
  return new CliError(`"${id}" is only the beginning of ${what}`)
}

/** What came of one target: what was asked for, or the status of its failure, which has been told. */
export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: number }

/** Requests that wait for their answers at once; daemon and client let a limited number wait. */
const AT_ONCE = 256

/**
 * Does the same to each. What fails is told at once, and the others go on.
 *
 * @param hide is called before anything is written to stderr
 * @returns in the order of the targets
 * @throws NetdaemonError DISCONNECTED, which ends them all
 */
export async function onEach<T>(
  targets: readonly (Target | Missing)[],
  options: GlobalValues,
  act: (target: Target) => Promise<T>,
  hide: () => void,
): Promise<Done<T>[]> {
  const socket = socketOf(options)
  const told = new Set<string>()
  const one = async (target: Target | Missing): Promise<Done<T>> => {
    try {
      if ('missing' in target) throw target.missing
      return { ok: true, value: await act(target) }
    } catch (error) {
      if (isCoded(error) && error.code === 'DISCONNECTED') throw error
      const { sentence, status, stack, output } = complain(error, socket)
      if (stack !== undefined) throw error
      // What is wrong with all of them, as an unknown signal, is told once.
      if (!told.has(sentence)) {
        told.add(sentence)
        const lines = [`ndctl: ${sentence}`, ...(output === undefined ? [] : await outputLines(output))]
        hide()
        await sayLines(lines)
      }
      return { ok: false, status }
    }
  }
  const results: Done<T>[] = []
  for (let at = 0; at < targets.length; at += AT_ONCE) {
    results.push(...(await Promise.all(targets.slice(at, at + AT_ONCE).map(one))))
  }
  return results
}

/** The last lines of what a process has written, to stand below the sentence that says that it did not come up. */
async function outputLines(output: string): Promise<string[]> {
  const { lastLines } = await import('../text/last-lines.ts')
  return lastLines(output).map((line) => `  | ${line}`)
}

/** The values of those that worked. */
export const valuesOf = <T>(results: readonly Done<T>[]): T[] =>
  results.flatMap((result) => (result.ok ? [result.value] : []))

/** The first failure decides. @param statusOf of a target that worked */
export function outcomeOf<T>(results: readonly Done<T>[], statusOf: (value: T) => number = () => EXIT.ok): Outcome {
  const statuses = results.map((result) => (result.ok ? statusOf(result.value) : result.status))
  const code = statuses.find((status) => status !== EXIT.ok)
  return code === undefined ? done : { kind: 'code', code }
}

/** Prints what --json asks for: of one ID an object, else an array. */
export async function printEach(selector: Selector, values: readonly object[]): Promise<void> {
  const [only] = values
  if (selector.kind === 'filter' || selector.ids.length > 1 || selector.ids.some(isPattern)) await printJson(values)
  else if (only !== undefined) await printJson(only)
}
