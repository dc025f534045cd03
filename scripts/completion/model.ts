// What can be written on a command line of ndctl, as the scripts for the shells need it: every verb with its options and
// operands, out of the declarations. Pure data.

import { type Command, type Completes, globalOptions, type OptionDeclaration } from '../../cli/command-line/command.ts'
import { signalNames } from '../../cli/signals/signal-names.ts'
import { type Verb, verbs } from '../../cli/verbs.ts'

/** An option, in both spellings. */
export interface OptionModel {
  readonly name: string
  readonly letter: string | undefined
  readonly describe: string
  /** What its value is called; undefined: it takes none. */
  readonly value: string | undefined
  readonly repeats: boolean
  readonly completes: Completes
}

export interface VerbModel {
  /** One word or two. */
  readonly name: string
  readonly alias: string | undefined
  readonly summary: string
  /** Its own, and those of every verb. */
  readonly options: readonly OptionModel[]
  readonly ownOptions: readonly OptionModel[]
  readonly operands: readonly Completes[]
  /** The last of `operands` is also what follows. */
  readonly repeats: boolean
  readonly operandEndsOptions: boolean
}

export interface CompletionModel {
  readonly verbs: readonly VerbModel[]
  /** First words of verbs of two, with the second ones. */
  readonly groups: ReadonlyMap<string, readonly VerbModel[]>
  readonly globalOptions: readonly OptionModel[]
  readonly signals: readonly string[]
}

/** Nothing to propose. */
const nothing: Completes = []

export async function completionModel(): Promise<CompletionModel> {
  const shown = [...verbs].filter(([, { hidden }]) => hidden !== true)
  const models = await Promise.all(shown.map(([, verb]) => verbModel(verb)))
  const groups = new Map<string, VerbModel[]>()
  for (const model of models) {
    const [group = '', member] = model.name.split(' ')
    if (member !== undefined) groups.set(group, [...(groups.get(group) ?? []), model])
  }
  return { verbs: models, groups, globalOptions: optionModels(globalOptions), signals: signalNames }
}

async function verbModel(verb: Verb): Promise<VerbModel> {
  const command: Command = (await verb.load()).default
  const { name, options, operands, completes = [], operandEndsOptions = false } = command
  return {
    name,
    alias: verb.alias,
    summary: verb.summary,
    options: optionModels({ ...options, ...globalOptions }),
    ownOptions: optionModels(options),
    operands: completes,
    repeats: operands.max > completes.length,
    operandEndsOptions,
  }
}

function optionModels(table: Readonly<Record<string, OptionDeclaration>>): OptionModel[] {
  return Object.entries(table).map(([name, { type, alias, describe, value, array, choices, completes }]) => ({
    name,
    letter: alias,
    describe,
    value: type === 'boolean' ? undefined : (value ?? 'VALUE'),
    repeats: array ?? false,
    completes: choices ?? completes ?? nothing,
  }))
}

/** How an option is written: `-l`, `--label`. */
export const spellings = ({ name, letter }: OptionModel): string[] => [
  ...(letter === undefined ? [] : [`-${letter}`]),
  `--${name}`,
]

/** The words that a verb begins with, at the place of the first: verbs of one word, aliases, groups, and `help`. */
export function firstWords({
  verbs: models,
  groups,
}: CompletionModel): readonly (readonly [word: string, text: string])[] {
  const plain = models
    .filter(({ name }) => !name.includes(' '))
    .flatMap(({ name, alias, summary }): [string, string][] => [
      [name, summary],
      ...(alias === undefined ? [] : [[alias, summary] as [string, string]]),
    ])
  const grouped = [...groups].map(([group, members]): [string, string] => [
    group,
    members.map(({ name }) => name.slice(group.length + 1)).join(', '),
  ])
  return [...plain, ...grouped, ['help', 'Show the help of a command']]
}
