// Reads a value of a file by a shape of the wire: keys without their `Ms`, times and sizes with units, short forms, choices by their
// key. All mistakes are collected; what is mistaken is left out.

import * as v from 'valibot'
import { check } from '../../proto/codec/check.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { nearest } from '../../proto/nearest-word.ts'
import { listed, type Mistake, shown } from './mistakes.ts'
import { fileKey, innermost, isRequired, isSize, isTime, kindOf, mainField, mapsOf, type Shape } from './schema.ts'
import { longForm, mainForm } from './short-forms.ts'
import { bytes, milliseconds } from './units.ts'
import type { YamlFile } from './yaml-file.ts'

/** Where a value stands: in the file, and which field it is. */
export interface Place {
  readonly path: readonly (string | number)[]
  /** As rules name it: with `*` for any key of a map. */
  readonly fields: readonly string[]
}

type Entries = Readonly<Record<string, Shape>>

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class ShapeReader {
  readonly mistakes: Mistake[] = []
  readonly #file: YamlFile

  constructor(file: YamlFile) {
    this.#file = file
  }

  wrong(place: Place, sentence: string, options?: { readonly key: boolean }): undefined {
    this.mistakes.push(this.#file.mistake(place.path, sentence, options))
    return undefined
  }

  /** The value for the wire; undefined after a mistake. */
  read(schema: Shape, given: unknown, place: Place): unknown {
    const shape = innermost(schema)
    const value = longForm(place.fields, given) ?? given
    switch (shape.type) {
      case 'object':
        return isMap(value) ? this.fields(shape.entries ?? {}, value, place) : this.#wants('a map', value, place)
      case 'record':
        return this.#record(shape, value, place)
      case 'array':
        return this.#list(shape, value, place)
      case 'variant':
        return this.#variant(mapsOf(shape), value, place)
      case 'union':
        if (mapsOf(shape).length > 0) return this.#union(mapsOf(shape), value, place)
        return this.#leaf(schema, value, place)
      case 'number':
        return this.#number(schema, value, place)
      case 'string':
        if (value === null) return this.#wants('a text', value, place)
        return this.#leaf(schema, this.text(value, place), place)
      case 'picklist':
        return this.#word(shape, value, place)
      default:
        return this.#leaf(schema, value, place)
    }
  }

  /** The fields of a map. */
  fields(entries: Entries, map: Readonly<Record<string, unknown>>, place: Place): Record<string, unknown> {
    const wires = new Map(Object.keys(entries).map((key) => [fileKey(key), key]))
    const read: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(map)) {
      const wire = wires.get(key)
      const entry = wire === undefined ? undefined : entries[wire]
      if (wire === undefined || entry === undefined) this.unknownKey(key, wires.keys(), place)
      else {
        const found = this.read(entry, value, within(place, key, wire))
        if (found !== undefined) read[wire] = found
      }
    }
    for (const [wire, entry] of Object.entries(entries)) {
      if (isRequired(entry) && !(fileKey(wire) in map)) this.wrong(place, `"${fileKey(wire)}" is missing`)
    }
    return read
  }

  unknownKey(key: string, known: Iterable<string>, { path, fields }: Place): void {
    const words = Array.from(known)
    const near = nearest(key, words)
    const hint = near === undefined ? `there is ${listed(words.sort())}` : `did you mean "${near}"?`
    this.wrong({ path: [...path, key], fields }, `there is no "${key}" here; ${hint}`, { key: true })
  }

  /** Checks a key of a map. */
  key(shape: Shape, key: string, place: Place): boolean {
    const problem = problemOf(shape, key)
    if (problem !== undefined) this.wrong(place, `this key ${problem}`, { key: true })
    return problem === undefined
  }

  /** A text; a number or a truth value as it is written. */
  text(value: unknown, { path }: Place): unknown {
    if (typeof value !== 'number' && typeof value !== 'boolean') return value
    return this.#file.written(path) ?? String(value)
  }

  #record({ key: keys, value: values }: Shape, given: unknown, place: Place): unknown {
    if (!isMap(given)) return this.#wants('a map', given, place)
    const read: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(given)) {
      const inside = { path: [...place.path, key], fields: [...place.fields, '*'] }
      const isKey = keys === undefined || this.key(keys, key, inside)
      const found = values === undefined ? value : this.read(values, value, inside)
      if (isKey && found !== undefined) read[key] = found
    }
    return read
  }

  #list({ item }: Shape, given: unknown, place: Place): unknown {
    if (!Array.isArray(given)) return this.#wants('a list', given, place)
    return given.map((value, index) => {
      const inside = { path: [...place.path, index], fields: [...place.fields, '*'] }
      return item === undefined ? value : this.read(item, value, inside)
    })
  }

  /** `{log: /x/}`: the option's kind is a key, and its value the main field; `{kind: log, match: /x/}` too. */
  #variant(options: readonly Shape[], given: unknown, place: Place): unknown {
    const kinds = options.map(kindOf).filter((kind) => kind !== undefined)
    if (!isMap(given)) return this.#wants(`a map with ${listed(kinds)}`, given, place)
    const named = typeof given.kind === 'string' ? given.kind : undefined
    const kind = named ?? kinds.find((each) => each in given)
    const option = options.find((each) => kindOf(each) === kind)
    if (kind === undefined || option === undefined) return this.#noOption(given, kinds, place)
    const { kind: _, ...entries } = option.entries ?? {}
    if (named !== undefined) {
      const { kind: __, ...rest } = given
      return { kind, ...this.fields(entries, rest, place) }
    }
    const { [kind]: main, ...rest } = given
    const inside = { path: [...place.path, kind], fields: [...place.fields, kind] }
    const field = mainField(option)
    const form = mainForm(kind, main)
    if (form !== undefined) return { kind, ...form, ...this.#others(entries, Object.keys(form), rest, place) }
    if (isMap(main)) return { kind, ...this.fields(entries, { ...main, ...rest }, inside) }
    const entry = field === undefined ? undefined : entries[field]
    if (field === undefined || entry === undefined) {
      if (main !== null && main !== true) this.#wants('a map', main, inside)
      return { kind, ...this.fields(entries, rest, place) }
    }
    const value = this.read(entry, main, { path: inside.path, fields: [...inside.fields, field] })
    return { kind, [field]: value, ...this.#others(entries, [field], rest, place) }
  }

  #others(entries: Entries, without: readonly string[], rest: Record<string, unknown>, place: Place) {
    const others = Object.fromEntries(Object.entries(entries).filter(([key]) => !without.includes(key)))
    return this.fields(others, rest, place)
  }

  #noOption(given: Readonly<Record<string, unknown>>, kinds: readonly string[], place: Place): undefined {
    const [first] = Object.keys(given)
    if (first === undefined) return this.wrong(place, `it must have ${listed(kinds)}`)
    this.unknownKey('kind' in given ? String(given.kind) : first, kinds, place)
    return undefined
  }

  /** The option whose required fields are there. */
  #union(options: readonly Shape[], given: unknown, place: Place): unknown {
    const required = (option: Shape) =>
      Object.entries(option.entries ?? {}).flatMap(([key, entry]) => (isRequired(entry) ? [fileKey(key)] : []))
    const words = Array.from(new Set(options.flatMap(required)))
    if (!isMap(given)) return this.#wants(`a map with ${listed(words)}`, given, place)
    const option = options.find((each) => required(each).every((key) => key in given))
    if (option === undefined) return this.#noOption(given, words, place)
    return this.fields(option.entries ?? {}, given, place)
  }

  #number(schema: Shape, given: unknown, place: Place): unknown {
    const key = place.fields.at(-1) ?? ''
    const value = isTime(key) ? milliseconds(given) : isSize(key) ? bytes(given) : given
    if (value === undefined) {
      const what = isTime(key) ? 'a time such as 500ms, 10s or 5m' : 'a size such as 64k, 16M or 1G'
      return this.#wants(what, given, place)
    }
    return this.#leaf(schema, value, place, given)
  }

  #word({ options = [] }: Shape, given: unknown, place: Place): unknown {
    if (options.includes(given)) return given
    const words = options.map(String)
    const near = typeof given === 'string' ? nearest(given, words) : undefined
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    return this.wrong(place, `it must be ${listed(words)}, not ${shown(given)}${hint}`)
  }

  #leaf(schema: Shape, value: unknown, place: Place, written = value): unknown {
    const problem = problemOf(schema, value)
    if (problem === undefined) return value
    return this.wrong(
      place,
      `it ${problem}${problem.includes(', not ') || written === null ? '' : `, not ${shown(written)}`}`,
    )
  }

  #wants(what: string, given: unknown, place: Place): undefined {
    return this.wrong(
      place,
      given === null ? `it is empty; it must be ${what}` : `it must be ${what}, not ${shown(given)}`,
    )
  }
}

const within = ({ path, fields }: Place, key: string, wire: string): Place => ({
  path: [...path, key],
  fields: [...fields, wire],
})

/** What is wrong with a value, as the end of a sentence; undefined: nothing. */
function problemOf(shape: Shape, value: unknown): string | undefined {
  try {
    check(v.object({ it: shape as unknown as v.GenericSchema }), { it: value }, '')
    return undefined
  } catch (error) {
    if (!(error instanceof NetdaemonError)) throw error
    const { problem } = error.detail ?? {}
    return typeof problem === 'string' ? problem : error.message
  }
}
