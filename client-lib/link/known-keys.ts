// Refuses keys that mean nothing, before anything is sent: the daemon ignores keys that it does not know, since a newer client
// may send them, so a misspelt one would be lost without a word. Walks valibot's schema objects, whose shape is public
// (https://valibot.dev/guides/schemas).

import type * as v from 'valibot'
import { NetdaemonError } from '../../proto/errors.ts'
import { nearest } from '../../proto/nearest-word.ts'

/** The parts of a valibot schema that are looked at. */
interface Node {
  readonly type: string
  readonly entries?: Readonly<Record<string, Node>>
  readonly wrapped?: Node
  readonly item?: Node
  readonly options?: readonly unknown[]
}

/** A key that no shape has, and what there is in its place. */
interface Stranger {
  readonly path: readonly string[]
  readonly key: string
  readonly entries: Readonly<Record<string, Node>>
}

/**
 * Checks the keys of a request's parameters, at any depth. A key whose value is undefined is not sent, and may be there.
 *
 * @param what names the request in the error, as `START`
 * @throws NetdaemonError BAD_REQUEST
 */
export function refuseUnknownKeys(schema: v.GenericSchema, params: unknown, what: string): void {
  const found = strangerIn(schema as unknown as Node, params, [])
  if (found === undefined) return
  const { path, key, entries } = found
  const owner = path.length === 0 ? `${what} has` : `${what}: "${path.join('.')}" has`
  throw unknownKey(owner, key, Object.keys(entries), 'key', (each) => innermost(entries[each])?.type === 'record')
}

/** Which options a function takes: each of them, so that none is forgotten. */
export type OptionNames<O> = Readonly<Record<keyof O, true>>

/** Checks the keys of an options object. @throws NetdaemonError BAD_REQUEST */
export function refuseUnknownOptions<O extends object>(options: O, names: OptionNames<O>, what: string): void {
  const key = Object.keys(options).find((each) => !Object.hasOwn(names, each))
  if (key !== undefined) throw unknownKey(`${what} has`, key, Object.keys(names), 'option')
}

function unknownKey(
  owner: string,
  key: string,
  known: readonly string[],
  called: 'key' | 'option',
  isOpen: (key: string) => boolean = () => false,
): NetdaemonError {
  const meant = nearest(key, known)
  const each = known.map((name) => `"${name}"${isOpen(name) ? ' (with any keys in it)' : ''}`)
  const hint = meant === undefined ? `it has ${each.join(', ')}` : `did you mean "${meant}"?`
  return new NetdaemonError('BAD_REQUEST', `${owner} no ${called} "${key}"; ${hint}`, { detail: { key } })
}

function strangerIn(node: Node, value: unknown, path: readonly string[]): Stranger | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  switch (node.type) {
    case 'optional':
    case 'nullable':
      return node.wrapped === undefined ? undefined : strangerIn(node.wrapped, value, path)
    case 'object':
      return strangerInMap(node.entries ?? {}, value as Readonly<Record<string, unknown>>, path)
    case 'union': {
      // The shape that it fits, or the first one that it could have been.
      const strangers = (node.options as readonly Node[])
        .filter((option) => innermost(option)?.type === 'object')
        .map((option) => strangerIn(option, value, path))
      return strangers.includes(undefined) ? undefined : strangers[0]
    }
    default:
      return undefined
  }
}

function strangerInMap(
  entries: Readonly<Record<string, Node>>,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
): Stranger | undefined {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined
    const found = entry === undefined ? { path, key, entries } : strangerIn(entry, inner, [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}

function innermost(node: Node | undefined): Node | undefined {
  return node?.wrapped === undefined ? node : innermost(node.wrapped)
}
