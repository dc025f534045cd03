// One service of a file: the spec of its process. What files have of their own is here: a command as one line, a shell's line,
// variables as a plain map, a directory that is counted from the file.

import { dirname, resolve } from 'node:path'
import type { ProcessSpecInput } from '../../client-lib/index.ts'
import { check } from '../../proto/codec/check.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { processSpec } from '../../proto/messages/spec-shapes.ts'
import { nearest } from '../../proto/nearest-word.ts'
import type { Place, ShapeReader } from './read-shape.ts'
import { fileKey, innermost, type Shape, shapeOf } from './schema.ts'
import { shellWords } from './shell-words.ts'
import type { YamlFile } from './yaml-file.ts'

const { name: _, command, args, env, umask, ...others } = shapeOf(processSpec).entries ?? {}

/** The other fields of a spec, as a file has them. */
const OTHER_KEYS = Object.keys(others).map(fileKey)
/** Keys of a service beside the fields of a spec. */
const OWN_KEYS = ['command', 'args', 'shell', 'env', 'cleanEnv', 'umask']

/** The keys of a service. */
export const serviceKeys: readonly string[] = [...OWN_KEYS, ...OTHER_KEYS]

type Given = Readonly<Record<string, unknown>>

/** The spec; undefined after mistakes, which the reader has. */
export function readService(
  file: YamlFile,
  reader: ShapeReader,
  name: string,
  given: unknown,
  isName: boolean,
): ProcessSpecInput | undefined {
  const before = reader.mistakes.length
  const place: Place = { path: ['services', name], fields: [] }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return reader.wrong(place, 'a service must be a map, with "command" at least')
  }
  const own: Record<string, unknown> = {}
  const isMisspelt = Object.keys(given).some(
    (key) => !serviceKeys.includes(key) && nearest(key, ['command']) !== undefined,
  )
  const rest: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (OWN_KEYS.includes(key)) own[key] = value
    else if (OTHER_KEYS.includes(key))
      rest[key] = key === 'cwd' && typeof value === 'string' ? inDirectory(file, value) : value
    else reader.unknownKey(key, serviceKeys, place)
  }
  const fields = reader.fields(others, rest, place)
  const spec = {
    // A name that can't be has been told of.
    ...(isName ? { name } : {}),
    ...program(reader, own, place, isMisspelt),
    ...environment(reader, own, place),
    ...mode(reader, own, place),
    ...fields,
  }
  if (reader.mistakes.length > before) return undefined
  return whole(reader, spec, place)
}

/** A directory, counted from that of the file. */
const inDirectory = (file: YamlFile, word: string) =>
  word === '' || word.startsWith('/') ? word : resolve(dirname(file.file), word)

function program(
  reader: ShapeReader,
  { command: line, args: more, shell }: Given,
  place: Place,
  isMisspelt: boolean,
): Given {
  const at = (key: string): Place => ({ path: [...place.path, key], fields: [key] })
  const rest = more === undefined || args === undefined ? [] : reader.read(args, more, at('args'))
  if (shell !== undefined) {
    if (line !== undefined || more !== undefined) {
      reader.wrong(at('shell'), 'there is "command" or "args" too; a service has either', { key: true })
      return {}
    }
    return { command: '/bin/sh', args: ['-c', reader.read(STRING, shell, at('shell'))] }
  }
  if (line === undefined) {
    if (!isMisspelt) reader.wrong(place, '"command" is missing (or "shell")', { key: true })
    return {}
  }
  const words = wordsOf(reader, line, at('command'))
  if (words === undefined || !Array.isArray(rest)) return {}
  const [first, ...following] = words
  if (command !== undefined) reader.read(command, first, at('command'))
  return { command: first, args: [...following, ...rest] }
}

const STRING: Shape = { ...innermost(command ?? { type: 'string' }) }

function wordsOf(reader: ShapeReader, given: unknown, place: Place): readonly unknown[] | undefined {
  if (Array.isArray(given)) {
    if (given.length === 0) return reader.wrong(place, 'it is empty; it must name a program')
    const words = args === undefined ? undefined : reader.read(args, given, place)
    return Array.isArray(words) ? words : undefined
  }
  const line = reader.text(given, place)
  if (typeof line !== 'string') return reader.wrong(place, 'it must be a list of words, or one line')
  const words = shellWords(line)
  if (typeof words === 'string') return reader.wrong(place, words)
  return words.length === 0 ? reader.wrong(place, 'it is empty; it must name a program') : words
}

function environment(reader: ShapeReader, { env: given, cleanEnv }: Given, place: Place): Given {
  if (given === undefined && cleanEnv === undefined) return {}
  const set = innermost(env ?? { type: 'object' }).entries?.set
  const at = (key: string): Place => ({ path: [...place.path, key], fields: [key] })
  if (cleanEnv !== undefined && typeof cleanEnv !== 'boolean') reader.wrong(at('cleanEnv'), 'it must be true or false')
  const variables = given === undefined || set === undefined ? {} : reader.read(set, given, at('env'))
  return { env: { inherit: cleanEnv !== true, set: variables } }
}

/** In octal, as everywhere; YAML would read 022 as twenty-two. */
function mode(reader: ShapeReader, { umask: given }: Given, { path }: Place): Given {
  if (given === undefined || umask === undefined) return {}
  const place = { path: [...path, 'umask'], fields: ['umask'] }
  const written = reader.text(given, place)
  if (typeof written === 'string' && /^(0o?)?[0-7]{1,3}$/.test(written)) {
    return { umask: Number.parseInt(written.replace('o', ''), 8) }
  }
  reader.wrong(place, 'it must be an octal mode such as 022')
  return {}
}

/** What only all fields together can tell. */
function whole(reader: ShapeReader, spec: object, place: Place): ProcessSpecInput | undefined {
  try {
    return check(processSpec, spec, 'it')
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    const { field, problem } = error.detail ?? {}
    const path = typeof field === 'string' ? [...place.path, ...field.split('.')] : place.path
    return reader.wrong({ path, fields: [] }, typeof problem === 'string' ? `it ${problem}` : error.message)
  }
}
