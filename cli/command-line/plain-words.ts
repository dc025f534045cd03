// The words of most command lines: options as declared, their values, operands. Read here because loading yargs takes
// longer than all else that `ndctl list` does. Whatever is spelt otherwise (joined letters, `--name=value`, what is not
// declared) is left to yargs; what is read here, yargs reads the same (test/unit/cli/command-line/plain-words.test.ts).

import type { OptionDeclaration, OptionTable } from './command.ts'

/** Values by the option's long name, and the operands as `_`: as yargs has them. */
export type WordValues = Record<string, unknown> & { readonly _: string[] }

/** The values, or undefined if a word is not plain. */
export function readPlainWords(
  words: readonly string[],
  table: OptionTable,
  operandEndsOptions: boolean,
): WordValues | undefined {
  const bySpelling = new Map<string, readonly [name: string, declared: OptionDeclaration]>()
  for (const [name, declared] of Object.entries(table)) {
    bySpelling.set(`--${name}`, [name, declared])
    if (declared.alias !== undefined) bySpelling.set(`-${declared.alias}`, [name, declared])
  }
  const values: Record<string, unknown> = {}
  const operands: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') return { ...values, _: [...operands, ...words.slice(at + 1)] }
    if (!word.startsWith('-')) {
      if (operandEndsOptions) return { ...values, _: words.slice(at) }
      operands.push(word)
      continue
    }
    const found = bySpelling.get(word)
    if (found === undefined) return undefined
    const [name, { type, array }] = found
    if (type === 'boolean') {
      values[name] = true
      continue
    }
    at += 1
    const value = words[at]
    if (value === undefined || value === '' || value.startsWith('-')) return undefined
    const before = values[name]
    values[name] = array === true ? [...(Array.isArray(before) ? before : []), value] : value
  }
  return { ...values, _: operands }
}
