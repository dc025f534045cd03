// Files of services: reads them all, and answers the specs, or every mistake of every file.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ProcessSpecInput } from '../../client-lib/index.ts'
import { errnoOf } from '../../proto/errno.ts'
import { name as nameShape } from '../../proto/messages/basic-shapes.ts'
import { CliError } from '../complaint.ts'
import { type Mistake, sorted } from './mistakes.ts'
import { readService } from './read-service.ts'
import { ShapeReader } from './read-shape.ts'
import { shapeOf } from './schema.ts'
import { type Yaml, YamlFile } from './yaml-file.ts'

/** A text of services, and what it is called in mistakes. */
export interface ManifestText {
  readonly file: string
  readonly text: string
}

export interface Manifest {
  readonly specs: readonly ProcessSpecInput[]
  /** Empty: there are none. Files with a mistake have no specs. */
  readonly mistakes: readonly Mistake[]
}

/**
 * The texts behind the words after `-f`: files, directories (their *.yaml and *.yml), and `-`.
 *
 * @throws CliError for what can't be read
 */
export async function manifestTexts(words: readonly string[]): Promise<ManifestText[]> {
  const texts: ManifestText[] = []
  for (const word of words) {
    if (word === '-') {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
      texts.push({ file: '-', text: textOf('-', Buffer.concat(chunks)) })
      continue
    }
    for (const path of filesOf(word)) {
      texts.push({
        file: path,
        text: textOf(
          path,
          readable(path, () => readFileSync(path)),
        ),
      })
    }
  }
  return texts
}

/** Node would put other letters in the place of what is no text. @throws CliError */
function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new CliError(`cannot read "${file}": it is not text in UTF-8`)
  }
}

/** What says where specs were applied from: `-`, or the absolute paths. */
export function sourceOf(words: readonly string[]): string {
  return words.map((word) => (word === '-' ? word : resolve(word))).join(' ')
}

/** The specs of all texts. */
export async function readManifest(texts: readonly ManifestText[]): Promise<Manifest> {
  const yaml: Yaml = await import('yaml')
  const specs: ProcessSpecInput[] = []
  const mistakes: Mistake[] = []
  const seen = new Map<string, string>()
  for (const { file, text } of texts) {
    const parsed = new YamlFile(yaml, file, text)
    const reader = new ShapeReader(parsed)
    const found = parsed.mistakes.length > 0 ? [] : servicesOf(parsed, reader, seen)
    const wrong = [...parsed.mistakes, ...reader.mistakes]
    if (wrong.length === 0) specs.push(...found)
    mistakes.push(...sorted(wrong))
  }
  return { specs, mistakes }
}

function servicesOf(file: YamlFile, reader: ShapeReader, seen: Map<string, string>): ProcessSpecInput[] {
  const top = { path: [], fields: [] }
  // Nothing but comments.
  if (file.value === null || file.value === undefined) return []
  if (typeof file.value !== 'object' || Array.isArray(file.value)) {
    reader.wrong(top, 'it must be a map with "services"')
    return []
  }
  for (const key of Object.keys(file.value)) if (key !== 'services') reader.unknownKey(key, ['services'], top)
  const { services } = file.value as { readonly services?: unknown }
  if (services === null || services === undefined) return []
  const place = { path: ['services'], fields: [] }
  if (typeof services !== 'object' || Array.isArray(services)) {
    reader.wrong(place, 'it must be a map of services by their names')
    return []
  }
  return Object.entries(services).flatMap(([name, given]) => {
    const inside = { path: [...place.path, name], fields: [] }
    const elsewhere = seen.get(name)
    if (elsewhere !== undefined) reader.wrong(inside, `there is a service "${name}" in ${elsewhere} too`, { key: true })
    seen.set(name, file.file)
    const isName = reader.key(shapeOf(nameShape), name, inside)
    const spec = readService(file, reader, name, given, isName)
    return spec === undefined ? [] : [spec]
  })
}

function filesOf(word: string): string[] {
  const isDirectory = readable(word, () => statSync(word).isDirectory())
  if (!isDirectory) return [word]
  return readable(word, () => readdirSync(word))
    .filter((entry) => /^[^.].*\.ya?ml$/.test(entry))
    .sort()
    .map((entry) => join(word, entry))
}

/** @throws CliError */
function readable<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    const why =
      errno === 'ENOENT' ? 'it does not exist' : errno === 'EACCES' ? 'permission denied' : 'it cannot be read'
    throw new CliError(`cannot read "${path}": ${why} (${errno})`)
  }
}
