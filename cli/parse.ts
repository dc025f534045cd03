// A verb's words to its options and operands, by its declaration. The only importer of yargs. Refusals say what is wrong
// with which word, and where to look.

import yargs, { type Argv, type Options } from 'yargs'
import { type Arguments, type Command, globalOptions, type OptionDeclaration, type OptionTable } from './command.ts'
import { UsageError } from './complaint.ts'
import { nearest } from './suggest.ts'

/** What the words ask for. */
export type Parsed =
  | { readonly kind: 'run'; readonly given: Arguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

/** Parses the words after the verb (and options that came before it). @throws UsageError */
export async function parse(command: Command, words: readonly string[]): Promise<Parsed> {
  const table: OptionTable = { ...command.options, ...globalOptions }
  const spelt = unglue(command, table, command.respell?.(words) ?? words)
  const parser = parserOf(command, table, spelt)
  const values: Record<string, unknown> = await parser.parseAsync()
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  refuseUnknown(command, table, values)
  const options: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(table)) {
    options[name] = settle(command, name, declaration, values[name])
  }
  const operands = (Array.isArray(values._) ? values._ : []).map(String)
  checkOperands(command, operands)
  return { kind: 'run', given: { options: options as Arguments['options'], operands } }
}

function parserOf(command: Command, table: OptionTable, words: readonly string[]): Argv {
  return yargs([...words])
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .updateStrings({ 'Not enough arguments following: %s': '--%s needs a value' })
    .fail((message: string, error: Error | undefined) => {
      throw error ?? new UsageError(message, command.name)
    })
    .parserConfiguration({
      'halt-at-non-option': command.operandEndsOptions ?? false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .options(Object.fromEntries(Object.entries(table).map(([name, declared]) => [name, toYargs(declared)])))
}

const toYargs = ({ type, alias, array }: OptionDeclaration): Options => ({
  type,
  ...(alias === undefined ? {} : { alias }),
  ...(array === undefined ? {} : { array }),
  ...(type === 'string' ? { requiresArg: true } : {}),
})

function refuseUnknown(command: Command, table: OptionTable, values: Record<string, unknown>): void {
  const known = new Set(Object.entries(table).flatMap(([name, { alias }]) => [name, alias ?? name]))
  const unknown = Object.keys(values).find((key) => key !== '_' && key !== '$0' && key !== '--' && !known.has(key))
  if (unknown === undefined) return
  const near = unknown.length > 1 ? nearest(unknown, Object.keys(table)) : undefined
  const spelt = unknown.length > 1 ? `--${unknown}` : `-${unknown}`
  const hint = near === undefined ? '' : `; did you mean --${near}?`
  throw new UsageError(`"ndctl ${command.name}" has no option ${spelt}${hint}`, command.name)
}

/** The value of one option: of several the last, unless they are collected. */
function settle(command: Command, name: string, declaration: OptionDeclaration, value: unknown): unknown {
  const last = Array.isArray(value) && declaration.array !== true ? value.at(-1) : value
  if (last === '') throw new UsageError(`--${name} needs a value`, command.name)
  if (declaration.choices !== undefined && typeof last === 'string' && !declaration.choices.includes(last)) {
    throw new UsageError(`--${name} is one of ${declaration.choices.join(', ')}, and not "${last}"`, command.name)
  }
  return last
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { min, max } = command.operands
  const synopsis = `ndctl ${command.name} ${command.synopsis}`.trimEnd()
  if (operands.length < min) throw new UsageError(`something is missing: ${synopsis}`, command.name)
  const extra = operands[max]
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: ${synopsis}`, command.name)
}

/**
 * Parts a short option from a value written right after it (`-eK=V`, `-n5`), which yargs takes for more short options.
 * Leaves alone what belongs to another command.
 */
function unglue(command: Command, table: OptionTable, words: readonly string[]): string[] {
  const byLetter = new Map(Object.entries(table).map(([name, option]) => [option.alias ?? name, option]))
  const result: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') return [...result, ...words.slice(at)]
    if (!word.startsWith('-') || word === '-') {
      if (command.operandEndsOptions) return [...result, ...words.slice(at)]
      result.push(word)
      continue
    }
    const parts = word.startsWith('--') ? [word] : splitShort(word, byLetter)
    result.push(...parts)
    if (takesNext(parts.at(-1) ?? '', table, byLetter)) {
      at += 1
      const value = words[at]
      if (value !== undefined) result.push(value)
    }
  }
  return result
}

/** `-dnweb` as `-d`, `-n`, `web`, when `-n` takes a value. */
function splitShort(word: string, byLetter: ReadonlyMap<string, OptionDeclaration>): string[] {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ''
    const rest = word.slice(at + 1)
    if (byLetter.get(letter)?.type !== 'string') continue
    const flags = at > 1 ? [word.slice(0, at)] : []
    return rest === '' ? [...flags, `-${letter}`] : [...flags, `-${letter}`, rest.replace(/^=/, '')]
  }
  return [word]
}

function takesNext(word: string, table: OptionTable, byLetter: ReadonlyMap<string, OptionDeclaration>): boolean {
  if (word.startsWith('--')) return table[word.slice(2)]?.type === 'string'
  return /^-.$/.test(word) && byLetter.get(word.slice(1))?.type === 'string'
}
