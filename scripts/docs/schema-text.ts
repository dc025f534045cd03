// The protocol's schemas as rows of a table for people: walks valibot's schema objects, whose shape is public
// (https://valibot.dev/guides/schemas). A kind of schema that it does not know is an error, so that none is left out.

import type * as v from 'valibot'

/** A shape that has a section of its own, and its name. */
export type NamedShapes = ReadonlyMap<v.GenericSchema, string>

/** One field of a message. */
export interface FieldRow {
  /** With dots, where it lies in a map of its own. */
  readonly path: string
  readonly type: string
  /** `required`, `optional`, or the default. */
  readonly presence: string
  readonly text: string
}

/** What is used of a valibot schema or action, whichever it is. */
export interface Node {
  readonly kind: string
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly entries?: Readonly<Record<string, Node>>
  readonly wrapped?: Node
  readonly default?: unknown
  readonly options?: readonly (Node | string | number)[]
  readonly item?: Node
  readonly key?: Node | string
  readonly value?: Node
  readonly literal?: string | number | boolean
  readonly requirement?: unknown
  readonly message?: unknown
  readonly description?: string
}

/** The rows of an object schema; an object without a name inside it is spread into dotted paths, and so is a list of such. */
export function fieldRows(schema: v.GenericSchema, named: NamedShapes, prefix = ''): FieldRow[] {
  const node = asNode(schema)
  if (!isObject(node) || node.entries === undefined) throw new Error(`not an object: ${node.type}`)
  return Object.entries(node.entries).flatMap(([key, entry]) => {
    const path = `${prefix}${key}`
    const row = { path, type: typeText(entry, named), presence: presence(entry), text: textOf(entry) }
    const inner = innermost(entry)
    const element = inner.type === 'array' ? needed(inner.item) : inner
    if (!isObject(element) || nameOf(element, named) !== undefined || nameOf(entry, named) !== undefined) return [row]
    const prefixed = inner.type === 'array' ? `${path}[].` : `${path}.`
    return [row, ...fieldRows(element as unknown as v.GenericSchema, named, prefixed)]
  })
}

/**
 * The variants of a schema that is told apart by one of its fields, by the value of that field; undefined for the one that
 * stands for all values beside those.
 */
export function variantsOf(schema: v.GenericSchema): Map<string | undefined, v.GenericSchema> {
  const node = asNode(schema)
  const { key } = node
  if (node.type !== 'variant' || typeof key !== 'string') throw new Error(`not a variant: ${node.type}`)
  return new Map(
    (node.options as readonly Node[]).map((option) => {
      const literal = option.entries?.[key]?.literal
      return [literal === undefined ? undefined : String(literal), option as unknown as v.GenericSchema]
    }),
  )
}

/** What a variant's variants have in common is said in its type; this says which field tells. */
export function isVariant(schema: v.GenericSchema): boolean {
  return asNode(schema).type === 'variant'
}

const isObject = (node: Node) => node.type === 'object' || node.type === 'loose_object'

function asNode(schema: v.GenericSchema): Node {
  return schema as unknown as Node
}

/** Without `optional` and `nullable` around it, and without its pipe. */
function innermost(node: Node): Node {
  return node.wrapped === undefined ? node : innermost(node.wrapped)
}

/** The name of the shape, whatever it is wrapped in. */
function nameOf(node: Node, named: NamedShapes): string | undefined {
  const candidates = [node, ...(node.pipe ?? [])]
  for (const candidate of candidates) {
    const name = named.get(candidate as unknown as v.GenericSchema)
    if (name !== undefined) return name
  }
  return node.wrapped === undefined ? undefined : nameOf(node.wrapped, named)
}

function presence(node: Node): string {
  if (node.type !== 'optional') return 'required'
  const { default: fallback } = node
  return fallback === undefined ? 'optional' : `default \`${JSON.stringify(fallback)}\``
}

/** The outermost sentence: what is said where it is used goes before what is said of its type. */
export function textOf(node: Node): string {
  const own = node.pipe?.findLast(({ type }) => type === 'description')?.description
  if (own !== undefined) return own
  for (const part of [...(node.pipe ?? []), node.wrapped]) {
    if (part === undefined || part === node || part.kind !== 'schema') continue
    const text = textOf(part)
    if (text !== '') return text
  }
  return ''
}

function typeText(node: Node, named: NamedShapes): string {
  const name = nameOf(node, named)
  if (name !== undefined) return `${link(name)}${isNullable(node) ? ' or null' : ''}`
  return `${baseText(node, named)}${limitsText(node)}`
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`
}

function isNullable(node: Node): boolean {
  return node.type === 'nullable' || (node.wrapped !== undefined && isNullable(node.wrapped))
}

function baseText(node: Node, named: NamedShapes): string {
  switch (node.type) {
    case 'string':
    case 'boolean':
      return node.type
    case 'number':
      return hasAction(node, 'integer') || hasAction(node, 'safe_integer') ? 'integer' : 'number'
    case 'unknown':
      return 'any'
    case 'object':
    case 'loose_object':
      return 'map'
    case 'literal':
      return `\`${node.literal}\``
    case 'optional':
      return typeText(needed(node.wrapped), named)
    case 'nullable':
      return `${typeText(needed(node.wrapped), named)} or null`
    case 'picklist':
      return (node.options as readonly string[]).map((option) => `\`${option}\``).join(', ')
    case 'union':
    case 'variant':
      return (node.options as readonly Node[]).map((option) => unionText(option, named)).join(', or ')
    case 'array':
      return `list of ${typeText(needed(node.item), named)}`
    case 'record':
      return `map of ${typeText(needed(node.key as Node), named)} to ${typeText(needed(node.value), named)}`
    default:
      throw new Error(`a schema of type "${node.type}" has no words yet`)
  }
}

/** A choice among maps shows their keys, since there is no row for them. */
function unionText(node: Node, named: NamedShapes): string {
  const { entries } = node
  if (node.type !== 'object' || entries === undefined) return typeText(node, named)
  return `{${Object.entries(entries)
    .map(([key, entry]) => `${key}: ${typeText(entry, named)}`)
    .join(', ')}}`
}

function needed(node: Node | undefined): Node {
  if (node === undefined) throw new Error('a schema without its part')
  return node
}

/** All actions of a pipe, pipes within pipes included. */
function actions(node: Node): Node[] {
  return (node.pipe ?? []).flatMap((part) => (part.kind === 'schema' ? (part === node ? [] : actions(part)) : [part]))
}

function hasAction(node: Node, type: string): boolean {
  return actions(node).some((action) => action.type === type)
}

function limitsText(node: Node): string {
  const words: string[] = []
  const all = actions(node)
  // A pipe may hold several of a kind; the narrowest counts.
  const bounds = (type: string) =>
    all.filter((action) => action.type === type).map(({ requirement }) => Number(requirement))
  const lower = (type: string) => maximum(bounds(type))
  const upper = (type: string) =>
    maximum(
      bounds(type).map((bound) => -bound),
      -1,
    )
  const [least, most] = [lower('min_value'), upper('max_value')]
  if (most !== undefined) words.push(`${least ?? ''}–${most}`)
  else if (least !== undefined) words.push(`from ${least}`)
  const [shortest, longest] = [lower('min_length'), upper('max_length')]
  const unit = node.type === 'array' ? 'elements' : 'characters'
  if (shortest !== undefined && longest !== undefined) words.push(`${shortest}–${longest} ${unit}`)
  else if (longest !== undefined) words.push(`up to ${longest} ${unit}`)
  else if (shortest !== undefined) words.push(shortest === 1 ? 'not empty' : `${shortest} ${unit} or more`)
  for (const { type, requirement, message } of all) {
    if (type === 'regex') words.push(`\`${String((requirement as RegExp).source)}\``)
    if (type === 'check' || type === 'starts_with') words.push(String(message))
    if (type === 'not_values')
      words.push(`not ${(requirement as readonly string[]).map((word) => `\`${word}\``).join(', ')}`)
  }
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}

function maximum(numbers: readonly number[], sign = 1): number | undefined {
  return numbers.length === 0 ? undefined : sign * Math.max(...numbers)
}
