// A verb's words to its options and operands, by its declaration. The only importer of yargs, which is loaded only for words
// that are not plain. Refusals say what is wrong
// with which word, and where to look.

import type yargs from 'yargs'
import type { Argv, Options } from 'yargs'
import { type Arguments, type Command, globalOptions, type OptionDeclaration, type OptionTable } from './command.ts'
import { UsageError } from './complaint.ts'
import { readPlainWords } from './plain-words.ts'
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
  const values: Record<string, unknown> =
    readPlainWords(spelt, table, command.operandEndsOptions ?? false) ??
    (await parserOf(await loadYargs(), command, table, spelt).parseAsync())
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  refuseUnknown(command, table, values)
  const options: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(table)) {
    options[name] = settle(name, declaration, values[name])
  }
  const operands = (Array.isArray(values._) ? values._ : []).map(String)
  checkOperands(command, operands)
  return { kind: 'run', given: { options: options as Arguments['options'], operands } }
}

/**
 * Loads yargs, and keeps process.stdout from it meanwhile: it asks for its width at once, and that alone makes a piped stdout
 * non-blocking for all who share it.
 */
async function loadYargs(): Promise<typeof yargs> {
  const stdout = Object.getOwnPropertyDescriptor(process, 'stdout')
  Object.defineProperty(process, 'stdout', { value: {}, configurable: true })
  try {
    return (await import('yargs')).default
  } finally {
    if (stdout !== undefined) Object.defineProperty(process, 'stdout', stdout)
  }
}

function parserOf(make: typeof yargs, command: Command, table: OptionTable, words: readonly string[]): Argv {
  return make([...words])
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string) => {
      throw new UsageError(message)
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
})

function refuseUnknown(command: Command, table: OptionTable, values: Record<string, unknown>): void {
  const known = new Set(Object.entries(table).flatMap(([name, { alias }]) => [name, alias ?? name]))
  const unknown = Object.keys(values).find((key) => key !== '_' && key !== '$0' && key !== '--' && !known.has(key))
  if (unknown === undefined) return
  const near = unknown.length > 1 ? nearest(unknown, Object.keys(table)) : undefined
  const spelt = unknown.length > 1 ? `--${unknown}` : `-${unknown}`
  const hint = near === undefined ? '' : `; did you mean --${near}?`
  throw new UsageError(`"ndctl ${command.name}" has no option ${spelt}${hint}`)
}

/** The value of one option: of several the last, unless they are collected. */
function settle(name: string, declaration: OptionDeclaration, value: unknown): unknown {
  const last = Array.isArray(value) && declaration.array !== true ? value.at(-1) : value
  if (last === '') throw new UsageError(`--${name} needs a value`)
  if (declaration.choices !== undefined && typeof last === 'string' && !declaration.choices.includes(last)) {
    throw new UsageError(`--${name} is one of ${declaration.choices.join(', ')}, and not "${last}"`)
  }
  return last
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { min, max } = command.operands
  const synopsis = `ndctl ${command.name} ${command.synopsis}`.trimEnd()
  if (operands.length < min) throw new UsageError(`something is missing: ${synopsis}`)
  const extra = operands[max]
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: ${synopsis}`)
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
      // One that begins with a sign has to be written --name=VALUE, lest an option be taken for it.
      if (value === undefined || /^-./.test(value)) throw new UsageError(`${parts.at(-1)} needs a value`)
      result.push(value)
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
