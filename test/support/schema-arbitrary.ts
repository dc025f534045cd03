// Random values of a valibot schema, made by walking it, so that a new message of the protocol's table is tested without
// anybody writing a generator for it. A kind of schema that is unknown here throws.

import fc from 'fast-check'
import * as v from 'valibot'

/** The parts of valibot's schemas and actions that are looked at. */
interface Node {
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly entries?: Readonly<Record<string, Node>>
  readonly wrapped?: Node
  readonly options?: readonly unknown[]
  readonly literal?: unknown
  readonly item?: Node
  readonly key?: Node
  readonly value?: Node
  readonly requirement?: unknown
}

/** Keys that valibot drops, or that no MessagePack decoder of JavaScript takes. */
const SPECIAL_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Values that the schema accepts, as a peer would send them: what has a default is sometimes left out. */
export function arbitraryOf(schema: v.GenericSchema): fc.Arbitrary<unknown> {
  return build(schema as unknown as Node)
}

function build(node: Node): fc.Arbitrary<unknown> {
  const values = plain(node)
  if (node.pipe === undefined) return values
  return values.filter((value) => v.safeParse(node as unknown as v.GenericSchema, value).success)
}

function plain(node: Node): fc.Arbitrary<unknown> {
  const actions = actionsOf(node)
  const limit = (type: string) => actions.find((action) => action.type === type)?.requirement
  switch (node.type) {
    case 'boolean':
      return fc.boolean()
    case 'unknown':
      return fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.integer()))
    case 'string':
      return text(limit('regex'), limit('starts_with'), limit('min_length'), limit('max_length'))
    case 'number':
      return number(
        actions.some(({ type }) => type === 'integer' || type === 'safe_integer'),
        limit('min_value'),
        limit('max_value'),
      )
    case 'literal':
      return fc.constant(node.literal)
    case 'picklist':
      return fc.constantFrom(...(node.options ?? []))
    case 'nullable':
      return fc.option(build(required(node.wrapped)), { nil: null })
    case 'optional':
      return build(required(node.wrapped))
    case 'union':
    case 'variant':
      return fc.oneof(...(node.options ?? []).map((option) => build(option as Node)))
    case 'array':
      return fc.array(build(required(node.item)), { maxLength: 6 })
    case 'record':
      return fc.dictionary(
        build(required(node.key)).filter((key): key is string => typeof key === 'string' && !SPECIAL_KEYS.has(key)),
        build(required(node.value)),
        { maxKeys: 6, noNullPrototype: true },
      )
    case 'object':
    case 'loose_object': {
      const entries = Object.entries(node.entries ?? {})
      return fc.record(Object.fromEntries(entries.map(([key, entry]) => [key, build(entry)])), {
        requiredKeys: entries.filter(([, entry]) => entry.type !== 'optional').map(([key]) => key),
        noNullPrototype: true,
      })
    }
    default:
      throw new Error(`there is no generator for schemas of type "${node.type}"; add one`)
  }
}

/** What the pipe of a schema demands; the pipes of its first part, which may be a schema with a pipe, too. */
function actionsOf({ pipe }: Node): readonly Node[] {
  if (pipe === undefined) return []
  const [first, ...rest] = pipe
  return first === undefined ? rest : [...actionsOf(first), ...rest]
}

function text(regex: unknown, start: unknown, min: unknown, max: unknown): fc.Arbitrary<string> {
  if (regex instanceof RegExp) return fc.stringMatching(regex)
  const lengths = { minLength: Number(min ?? 0), maxLength: Math.min(Number(max ?? 40), 40) }
  const any = fc.oneof(fc.string(lengths), fc.string({ ...lengths, unit: 'binary' }))
  return typeof start === 'string' ? any.map((rest) => start + rest) : any
}

function number(integer: boolean, min: unknown, max: unknown): fc.Arbitrary<number> {
  const least = Number(min ?? Number.MIN_SAFE_INTEGER)
  const most = Number(max ?? Number.MAX_SAFE_INTEGER)
  if (!integer) return fc.double({ min: least, max: most, noNaN: true }).map((value) => value + 0)
  return fc.oneof(fc.maxSafeInteger(), fc.constantFrom(least, most), fc.nat()).map((value) => clamp(value, least, most))
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value))

function required(node: Node | undefined): Node {
  if (node === undefined) throw new Error('internal error: a schema without its part')
  return node
}
