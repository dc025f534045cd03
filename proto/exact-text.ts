// Where the text that Node made of our words and our environment is not what was given. Node reads both as UTF-8, and puts U+FFFD
// in the place of bytes that are none: a program would be told of another file than the one that was meant. /proc has the bytes.

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { errnoOf } from './errno.ts'

const REPLACED = '\ufffd'

/** A word that cannot be passed on, where it stands, and as a person can read it. */
export interface InexactWord {
  /** Counted from 0. */
  readonly at: number
  readonly spelt: string
}

/** The first of our last words that is not UTF-8. Costs nothing where no word has the sign that Node puts in. */
export function inexactWord(words: readonly string[], read = () => entriesOf('cmdline')): InexactWord | undefined {
  if (!words.some((word) => word.includes(REPLACED))) return undefined
  const given = read().slice(-words.length)
  const at = given.findIndex((bytes) => !isUtf8(bytes))
  return at < 0 ? undefined : { at, spelt: spell(given[at] ?? Buffer.alloc(0)) }
}

/** The names of the variables of our environment that are not UTF-8, or whose values are not, as Node has them. */
export function inexactVariables(env: NodeJS.ProcessEnv, read = () => entriesOf('environ')): string[] {
  const doubtful = Object.entries(env).filter(([name, value]) => name.includes(REPLACED) || value?.includes(REPLACED))
  if (doubtful.length === 0) return []
  const wrong = new Set(
    read()
      .filter((bytes) => !isUtf8(bytes))
      .map((bytes) => bytes.toString()),
  )
  return doubtful.filter(([name, value]) => wrong.has(`${name}=${value}`)).map(([name]) => name)
}

/** The environment without what Node has changed. */
export function exactEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const wrong = inexactVariables(env)
  return wrong.length === 0 ? env : Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.includes(name)))
}

/** ASCII as it is, and the bytes of the rest as `\xHH`. */
export function spell(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('')
}

/** Strings that end in NUL, of a file of proc_pid_cmdline(5), proc_pid_environ(5). None where there is no /proc. */
function entriesOf(file: 'cmdline' | 'environ'): Buffer[] {
  try {
    const bytes = readFileSync(`/proc/self/${file}`)
    const entries: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0, at)
      entries.push(bytes.subarray(at, end < 0 ? bytes.length : end))
      at = end < 0 ? bytes.length : end + 1
    }
    return entries
  } catch (error) {
    if (errnoOf(error) !== undefined) return []
    throw error
  }
}
