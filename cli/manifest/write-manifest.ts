// Specs as a file of services, in the short forms where there are some, and without what is so by default. Read again, it is the same
// spec.

import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import type { ProcessSpecInput } from '../../client-lib/index.ts'
import { processSpec } from '../../proto/messages/spec-shapes.ts'
import { fileKey, innermost, isSize, isTime, kindOf, mainField, mapsOf, type Shape, shapeOf } from './schema.ts'
import { sizeText, timeText } from './units.ts'

type Value = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Value => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The text of a file with these services. */
export async function writeManifest(specs: readonly (ProcessSpecInput & { readonly name: string })[]): Promise<string> {
  const { Document, visit } = await import('yaml')
  const document = new Document({ services: Object.fromEntries(specs.map((spec) => [spec.name, service(spec)])) })
  // A command reads best in one line.
  visit(document, {
    Seq(_, node) {
      node.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function service(spec: ProcessSpecInput): Value {
  const { name: _, command, args = [], env, umask, ...rest } = spec
  const { inherit = true, set = {} } = env ?? {}
  const {
    name: __,
    command: ___,
    args: ____,
    env: _____,
    umask: ______,
    ...entries
  } = shapeOf(processSpec).entries ?? {}
  return {
    command: [command, ...args],
    ...(Object.keys(set).length === 0 ? {} : { env: set }),
    ...(inherit ? {} : { cleanEnv: true }),
    ...(umask === undefined ? {} : { umask: umask.toString(8).padStart(3, '0') }),
    ...fields(entries, rest, []),
  }
}

function fields(entries: Readonly<Record<string, Shape>>, given: Value, path: readonly string[]): Value {
  const written: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(entries)) {
    const value = given[key]
    if (value === undefined || isDefault(entry, value)) continue
    written[fileKey(key)] = write(entry, value, [...path, key])
  }
  return written
}

function isDefault(entry: Shape, value: unknown): boolean {
  const fallback = v.safeParse(entry as unknown as v.GenericSchema, undefined)
  return fallback.success && isDeepStrictEqual(fallback.output, value)
}

function write(schema: Shape, value: unknown, path: readonly string[]): unknown {
  const shape = innermost(schema)
  const key = path.at(-1) ?? ''
  switch (shape.type) {
    case 'object':
      return short(path, isMap(value) ? fields(shape.entries ?? {}, value, path) : value)
    case 'record':
      return isMap(value) && shape.value !== undefined ? record(shape.value, value, path) : value
    case 'array':
      return Array.isArray(value) && shape.item !== undefined ? list(shape.item, value, path) : value
    case 'variant':
      return isMap(value) ? variant(mapsOf(shape), value, path) : value
    case 'union': {
      const option = isMap(value) ? optionOf(mapsOf(shape), value) : undefined
      return option === undefined || !isMap(value) ? value : typed(fields(option.entries ?? {}, value, path))
    }
    case 'number':
      if (typeof value !== 'number') return value
      return isTime(key) ? timeText(value) : isSize(key) ? sizeText(value) : value
    default:
      return key === 'match' ? `/${String(value)}/` : value
  }
}

const record = (shape: Shape, value: Value, path: readonly string[]): Value =>
  Object.fromEntries(Object.entries(value).map(([key, each]) => [key, write(shape, each, [...path, '*'])]))

const list = (shape: Shape, value: readonly unknown[], path: readonly string[]): unknown[] =>
  value.map((each) => write(shape, each, [...path, '*']))

function variant(options: readonly Shape[], value: Value, path: readonly string[]): unknown {
  const option = options.find((each) => kindOf(each) === value.kind)
  if (option === undefined) return value
  const { kind: _, ...entries } = option.entries ?? {}
  const kind = String(value.kind)
  const written = fields(entries, value, path)
  const main = mainField(option)
  if (main === undefined)
    return path.join('.') === 'start.ready' && Object.keys(written).length === 0 ? kind : { [kind]: written }
  const { [fileKey(main)]: first, ...others } = written
  return isMap(first) ? { kind, ...written } : { [kind]: first, ...others }
}

function optionOf(options: readonly Shape[], value: Value): Shape | undefined {
  return options.find(({ entries = {} }) => Object.keys(value).every((key) => key in entries))
}

/** A line is typed with its end, unless the file says otherwise. */
function typed(value: Value): Value {
  const { send, ...rest } = value
  if (typeof send !== 'string') return value
  return send.endsWith('\n') ? { send: send.slice(0, -1), ...rest } : { sendExactly: send, ...rest }
}

/** The short forms of whole maps. */
function short(path: readonly string[], value: unknown): unknown {
  if (!isMap(value)) return value
  const [only, ...others] = Object.keys(value)
  if (others.length > 0) return value
  if (path.length === 1 && path[0] === 'restart' && only === 'policy') return value.policy
  if (path.length === 1 && path[0] === 'stop' && only === 'steps') return value.steps
  return value
}
