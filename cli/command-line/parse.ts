// Turns a verb's words into its options and operands, by its declaration. The only importer of yargs, which is loaded only for
// words that are not plain. A refusal names the word, what is wrong with it, and where to look.

import type yargs from 'yargs'
import type { Argv, Options } from 'yargs'
import { nearest } from '../../proto/nearest-word.ts'
import { UsageError } from '../complaint.ts'
import { type Arguments, type Command, globalOptions, type OptionDeclaration, type OptionTable } from './command.ts'
import { readPlainWords } from './plain-words.ts'

/** What the words ask for. */
export type Parsed =
  | { readonly kind: 'run'; readonly given: Arguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

/** Parses the words after the verb (and options that came before it). @throws UsageError */
export async function parse(command: Command, words: readonly string[]): Promise<Parsed> {
  const table: OptionTable = { ...command.options, ...globalOptions }
  const said = command.respell?.(words) ?? words
  const values: Record<string, unknown> =
    readPlainWords(said, table, command.operandEndsOptions ?? false) ??
    (await readByYargs(table, respell(command, table, said)))
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
 * Loads yargs, and keeps two things from it meanwhile. It asks process.stdout for its width at once, and that alone makes a piped
 * stdout non-blocking for all who share it. And, bundled, it asks where it is, and would fail in a directory that has been removed.
 */
async function loadYargs(): Promise<typeof yargs> {
  const stdout = Object.getOwnPropertyDescriptor(process, 'stdout')
  const { cwd } = process
  Object.defineProperty(process, 'stdout', { value: {}, configurable: true })
  process.cwd = () => '/'
  try {
    return (await import('yargs')).default
  } finally {
    process.cwd = cwd
    if (stdout !== undefined) Object.defineProperty(process, 'stdout', stdout)
  }
}

/** All that yargs reads out of words that were respelt. @throws UsageError */
export async function readByYargs(table: OptionTable, words: readonly string[]): Promise<Record<string, unknown>> {
  const make = await loadYargs()
  return await parserOf(make, table, words).parseAsync()
}

function parserOf(make: typeof yargs, table: OptionTable, words: readonly string[]): Argv {
  // Told where it is, or it would ask, and fail in a directory that has been removed.
  return make([...words], '/')
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string) => {
      throw new UsageError(message)
    })
    .parserConfiguration({
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
  if (last === '' && declaration.mayBeEmpty !== true) throw new UsageError(`--${name} needs a value`)
  const { choices } = declaration
  if (choices !== undefined) {
    const words = Array.isArray(last) ? last.flatMap((word: string) => word.split(',')) : [last]
    const wrong = words.find((word) => typeof word === 'string' && !choices.includes(word))
    if (wrong !== undefined) throw notAChoice(`--${name}`, wrong, choices)
  }
  return last
}

function notAChoice(option: string, word: string, choices: readonly string[]): UsageError {
  const near = nearest(word, choices)
  if (near !== undefined) return new UsageError(`${option} has no value "${word}"; did you mean ${near}?`)
  return new UsageError(`${option} must be one of ${choices.join(', ')}, not "${word}"`)
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { min, max } = command.operands
  const usage = `usage: ndctl ${command.name} ${command.synopsis}`.trimEnd()
  if (operands.length < min) {
    throw new UsageError(`missing ${requiredOperands(command.synopsis)[operands.length]}; ${usage}`)
  }
  const extra = operands[max]
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"; ${usage}`)
}

/** The words of a synopsis that stand for operands and are not optional: of `[--] COMMAND [ARG…]`, `COMMAND`. */
const requiredOperands = (synopsis: string): string[] =>
  synopsis
    .split(' ')
    .filter((word) => /^[A-Z]/.test(word))
    .map((word) => word.replace('…', ''))

/**
 * Spells words so that yargs cannot misread them: a value written right after its letter (`-eK=V`) is parted from it, a
 * flag is given its value (or `--rm true` would swallow the program `true`), and what belongs to another command follows
 * a `--`.
 */
export function respell(command: Command, table: OptionTable, words: readonly string[]): string[] {
  const names = new Map(Object.entries(table).map(([name, { alias }]) => [alias ?? name, name]))
  const result: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') return [...result, ...words.slice(at)]
    if (!word.startsWith('-') || word === '-') {
      if (command.operandEndsOptions) return [...result, '--', ...words.slice(at)]
      result.push(word)
      continue
    }
    for (const part of word.startsWith('--') ? [word] : splitLetters(word, names, table)) {
      const type = table[part.slice(2)]?.type
      refuseValueOfSwitch(part, table)
      if (type !== 'string') {
        result.push(type === 'boolean' ? `${part}=true` : keepQuotes(part))
        continue
      }
      at += 1
      const value = words[at]
      // A value that begins with a dash has to be written --name=VALUE, or an option could be taken for it.
      if (value === undefined || /^-./.test(value)) throw new UsageError(`${part} needs a value`)
      result.push(keepQuotes(`${part}=${value}`))
    }
  }
  return result
}

/** A switch with a value, as in `--json=1`, would count as not given. */
function refuseValueOfSwitch(word: string, table: OptionTable): void {
  const [, name = '', value = ''] = /^--([^=]+)=(.*)$/s.exec(word) ?? []
  if (table[name]?.type !== 'boolean' || value === 'true' || value === 'false') return
  throw new UsageError(`--${name} takes no value, and got "${value}"; write just --${name}`)
}

/** yargs takes one pair of quotes off a value: another pair keeps those that belong to the word. */
const keepQuotes = (word: string): string => word.replace(/^(--[^=]+=)((["']).*\3)$/s, '$1"$2"')

/** Letters in a row as long options: `-dlK=V` as `--detach`, `--label=K=V`. What is unknown stays as it is. */
function splitLetters(word: string, names: ReadonlyMap<string, string>, table: OptionTable): string[] {
  const parts: string[] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ''
    const name = names.get(letter)
    if (name === undefined) return [...parts, `-${letter}`]
    const rest = word.slice(at + 1).replace(/^=/, '')
    if (table[name]?.type === 'string' && rest !== '') return [...parts, `--${name}=${rest}`]
    parts.push(`--${name}`)
  }
  return parts
}
