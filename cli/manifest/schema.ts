// The shapes of a spec, as a file of services is read by them: the parts of valibot's schemas that are looked at, and how the keys of
// the file follow from those of the wire. So what the wire learns, files know.

import type * as v from 'valibot'

/** The parts of a schema that are looked at (https://valibot.dev/guides/schemas). */
export interface Shape {
  readonly type: string
  readonly entries?: Readonly<Record<string, Shape>>
  readonly wrapped?: Shape
  readonly item?: Shape
  readonly key?: Shape
  readonly value?: Shape
  readonly literal?: unknown
  readonly options?: readonly unknown[]
}

export const shapeOf = (schema: v.GenericSchema): Shape => schema as unknown as Shape

/** Without `optional` and the like around it. */
export function innermost(shape: Shape): Shape {
  return shape.wrapped === undefined ? shape : innermost(shape.wrapped)
}

export const isRequired = ({ type }: Shape): boolean => type !== 'optional' && type !== 'nullish'

/** Fields of the wire that are sizes in bytes. Times are those whose name ends with `Ms`. */
const SIZES: ReadonlySet<string> = new Set([
  ...['outputLimit', 'memoryMax', 'memoryHigh', 'maxMemory', 'size', 'rotate'],
  ...['core', 'as', 'fsize', 'memlock', 'stack'],
])

export const isTime = (key: string): boolean => key.endsWith('Ms') || key === 'ms'
export const isSize = (key: string): boolean => SIZES.has(key)

/** What a field of the wire is called in a file. */
export const fileKey = (key: string): string => (key.endsWith('Ms') ? key.slice(0, -2) : key)

/** The options of a choice that are maps. */
export function mapsOf({ options = [] }: Shape): Shape[] {
  return (options as readonly Shape[]).map(innermost).filter(({ entries }) => entries !== undefined)
}

/** The word by which an option of a choice is told from the others; undefined: it has none. */
export function kindOf({ entries }: Shape): string | undefined {
  const kind = entries?.kind
  return kind?.type === 'literal' ? String(kind.literal) : undefined
}

/** The only field that must be stated beside its kind; undefined: there is none, or are several. */
export function mainField(option: Shape): string | undefined {
  const required = Object.entries(option.entries ?? {}).filter(([key, entry]) => key !== 'kind' && isRequired(entry))
  return required.length === 1 ? required[0]?.[0] : undefined
}
