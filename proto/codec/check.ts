// Checks what came over the wire against the table, and says in a sentence what does not fit.

import * as v from 'valibot'
import { type ErrorCode, NetdaemonError } from '../errors.ts'

/** Stands for a body that no schema fits, since it cannot be read. */
export class UnreadableBody {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/**
 * The value as its schema makes it (defaults filled in, unknown keys dropped).
 *
 * @param what names the message in the error, as `START`
 * @throws NetdaemonError with the given code. Its message names the field that does not fit and says how; so do
 * `detail.field` and `detail.problem`, for a caller that calls the field something else.
 */
export function check<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
  code: ErrorCode = 'BAD_REQUEST',
): v.InferOutput<S> {
  if (value instanceof UnreadableBody) throw new NetdaemonError(code, `${what}: ${value.why}`)
  const excess = findExcess(schema as unknown as Counted, value, '')
  if (excess !== undefined) {
    const { field, problem } = excess
    throw new NetdaemonError(code, `${what}: "${field}" ${problem}`, { detail: { field, problem } })
  }
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [path, issue] = deepest(result.issues[0])
  const problem = short(problemOf(issue))
  if (path === '') throw new NetdaemonError(code, `${what}: its body ${problem}`)
  const field = short(path)
  throw new NetdaemonError(code, `${what}: "${field}" ${problem}`, { detail: { field, problem } })
}

/** The parts of valibot's schemas that say how much they take. */
interface Counted {
  readonly type: string
  readonly requirement?: unknown
  readonly message?: unknown
  readonly pipe?: readonly Counted[]
  readonly entries?: Readonly<Record<string, Counted>>
  readonly wrapped?: Counted
}

/**
 * A list or map with more in it than its schema takes. They are counted before anything in them is checked, or a refusal
 * would cost more than what is taken.
 */
function findExcess(schema: Counted, value: unknown, path: string): { field: string; problem: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const { type, requirement, message } of schema.pipe ?? []) {
    if ((type !== 'max_length' && type !== 'max_entries') || typeof requirement !== 'number') continue
    const count = Array.isArray(value) ? value.length : Object.keys(value).length
    if (count <= requirement) continue
    return { field: path, problem: typeof message === 'string' ? message : atMost(requirement, String(count)) }
  }
  if (schema.wrapped !== undefined) return findExcess(schema.wrapped, value, path)
  for (const [key, entry] of countedEntries(schema)) {
    const within = (value as Readonly<Record<string, unknown>>)[key]
    const found = findExcess(entry, within, path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** The fields of a schema in which something is counted: of most there are none. Found out once for each. */
function countedEntries(schema: Counted): readonly (readonly [key: string, schema: Counted])[] {
  const known = countedBySchema.get(schema)
  if (known !== undefined) return known
  const counted = Object.entries(schema.entries ?? {}).filter(([, entry]) => counts(entry))
  countedBySchema.set(schema, counted)
  return counted
}

const countedBySchema = new WeakMap<Counted, readonly (readonly [key: string, schema: Counted])[]>()

function counts(schema: Counted): boolean {
  if (schema.pipe?.some(({ type }) => type === 'max_length' || type === 'max_entries')) return true
  return schema.wrapped === undefined ? countedEntries(schema).length > 0 : counts(schema.wrapped)
}

/** Where the problem is: of a choice among several shapes, inside the one that the value looks like. */
function deepest(issue: v.BaseIssue<unknown>): [path: string, issue: v.BaseIssue<unknown>] {
  const path = v.getDotPath(issue) ?? ''
  const inside = issue.issues?.find((each) => each.path !== undefined)
  if (inside === undefined) return [path, issue]
  const [rest, found] = deepest(inside)
  return [path === '' ? rest : `${path}.${rest}`, found]
}

/** Checks that the table gives words of its own. The others say what they expect. */
const worded: ReadonlySet<string> = new Set(['check', 'partial_check', 'regex', 'starts_with'])

/** What is wrong, as the end of a sentence that begins with the field. */
function problemOf({ type, message, expected, received, requirement }: v.BaseIssue<unknown>): string {
  if (worded.has(type)) return message
  if (received === 'undefined') return 'is missing'
  switch (type) {
    case 'min_length':
      return requirement === 1 ? 'must not be empty' : `must have a length of at least ${requirement}`
    case 'max_length':
    case 'max_entries':
      return atMost(requirement, received)
    case 'min_value':
      return `must be at least ${requirement}, not ${received}`
    case 'max_value':
      return `must be at most ${requirement}, not ${received}`
    case 'integer':
    case 'safe_integer':
    case 'finite':
      return `must be a whole number below 2^53, not ${received}`
    default:
      return `must be ${plainly(expected ?? 'something else')}, not ${plainly(received)}`
  }
}

const atMost = (most: unknown, count: string | null) => `must have a length of at most ${most}, not ${count}`

/** Words for how valibot writes types: `string`, `Object`, `("a" | "b")`. */
function plainly(types: string): string {
  const words: Readonly<Record<string, string>> = {
    Object: 'a map',
    Array: 'a list',
    string: 'a string',
    number: 'a number',
    boolean: 'true or false',
  }
  return types
    .split(' | ')
    .map((type) => type.replace(/^\(+|\)+$/g, ''))
    .map((type) => words[type] ?? type)
    .join(' or ')
}

/** Both may hold what the peer sent, and that may be megabytes: an error must fit into a packet. */
const SHOWN_MAX = 300
const short = (text: string) => (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`)
