// The smallest shapes: numbers, times, names, sizes. Every field carries its own description: docs/protocol.md and the hover texts of
// the client library are written from them.

import * as v from 'valibot'

/** A whole number that a double holds exactly, not negative. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A field with its sentence for the reference page. */
export const field = <const S extends v.GenericSchema>(schema: S, text: string) => v.pipe(schema, v.description(text))

/** A word beside those that this version knows: what a newer daemon may send. */
export const otherThan = <const W extends readonly string[]>(words: W) => v.pipe(v.string(), v.notValues(words))

/** The body of a message that says nothing. */
export const nothing = v.object({})

/** A place in the output of a process. */
export const offset = field(count, 'a count of bytes of stdout and stderr together, from the start of the process')
/** A point in time. */
export const time = field(v.pipe(v.number(), v.finite(), v.minValue(0)), 'milliseconds since 1970-01-01 UTC')
/** What the wire calls a process. */
export const handle = field(
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff)),
  'the number of the process; this run of the daemon never uses it again',
)
/** A duration: up to a week. */
export const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7 * 24 * 3600 * 1000))

/** Names are used in paths, prefixes and shell words, so they hold nothing that needs quoting. */
export const name = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,63}$/,
    'must begin with a letter, digit or _, and hold only those and . @ : - (at most 64 characters)',
  ),
)

/** What a request names a process by. */
export const processRef = field(
  v.union([v.pipe(v.string(), v.minLength(1), v.maxLength(128)), handle]),
  'an id, the beginning of an id if only one begins so, or a handle',
)

const cells = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))

/** The size of a terminal, as a client states it. */
export const terminalSize = v.object({
  columns: field(cells, 'characters in a line'),
  rows: field(cells, 'lines'),
})

/** The size of a terminal, as the daemon reports it. */
export const reportedSize = v.object({
  columns: field(count, 'characters in a line'),
  rows: field(count, 'lines'),
})
