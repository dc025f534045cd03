// How a process is looked at from outside: connecting, asking by HTTP, a command that runs beside it, a pattern on its output.
// Readiness and health are both made of these.

import * as v from 'valibot'
import { count, field, milliseconds } from './basic-shapes.ts'

const noNul = v.check((text: string) => !text.includes('\0'), 'must not contain a NUL byte')
const word = v.pipe(v.string(), noNul, v.maxLength(32 * 1024))
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))

/** A command that runs beside the process: a program and its arguments. */
export const commandField = (text: string) =>
  v.pipe(v.array(word), v.minLength(1), v.maxLength(1000), v.description(text))

/** A pattern that a client states. It is run by RE2, whose time grows with the text and no faster. */
export const pattern = v.pipe(v.string(), v.minLength(1), v.maxLength(1000))

/** What each kind of probe is told. */
export const probes = {
  tcp: v.object({
    kind: v.literal('tcp'),
    host: field(
      v.optional(v.pipe(v.string(), noNul, v.minLength(1), v.maxLength(255)), '127.0.0.1'),
      'where to connect',
    ),
    port: field(port, 'the port; the probe succeeds when it is connected'),
  }),
  http: v.object({
    kind: v.literal('http'),
    url: field(
      v.pipe(
        v.string(),
        v.maxLength(4096),
        v.regex(/^https?:\/\/[^\s]+$/, 'must begin with http:// or https://'),
        v.url(),
      ),
      'what is asked for, with GET; certificates are not checked, and redirects not followed',
    ),
    status: field(
      v.optional(v.pipe(v.array(v.pipe(count, v.minValue(100), v.maxValue(599))), v.minLength(1), v.maxLength(100))),
      'the answers that succeed; absent: 200 to 399',
    ),
    match: field(v.optional(pattern), 'a regular expression (RE2) that the first 64 KiB of the body must match'),
  }),
  exec: v.object({
    kind: v.literal('exec'),
    command: commandField(
      'a program and its arguments, run with the environment, the directory and the umask of the process; it succeeds when it exits with 0',
    ),
  }),
} as const

/** How often a probe is repeated, and how long it may take. */
export const pace = (intervalMs: number, timeoutMs: number) => ({
  intervalMs: field(v.optional(v.pipe(milliseconds, v.minValue(10)), intervalMs), 'the pause between two probes'),
  timeoutMs: field(
    v.optional(v.pipe(milliseconds, v.minValue(1)), timeoutMs),
    'a probe that takes longer is given up, and has failed; a command is killed with its tree',
  ),
})
