// The shapes that several messages share: what a process is given (spec), what it is (state), and how it is listed.
// Every field carries its own description: docs/protocol.md is written from here.

import * as v from 'valibot'
import { INPUT_WINDOW, WINDOW_DEFAULT, WINDOW_MAX, WINDOW_MIN } from '../limits.ts'

/** A whole number that a double holds exactly, not negative. */
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A field with its sentence for the reference page. */
export const field = <const S extends v.GenericSchema>(schema: S, text: string) => v.pipe(schema, v.description(text))

export const offset = field(count, 'bytes of stdout and stderr together, counted from the start of the process')
export const time = field(v.pipe(v.number(), v.finite(), v.minValue(0)), 'milliseconds since 1970-01-01 UTC')
export const handle = field(
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff)),
  'the process, for as long as this daemon lives; never reused',
)
const durationMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7 * 24 * 3600 * 1000))

/** Names are used in paths, prefixes and shell words, so they hold nothing that needs quoting. */
export const name = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,63}$/,
    'must be 1–64 letters, digits or _ . @ : - and not begin with a sign',
  ),
)

/** What a request names a process by. */
export const processRef = field(
  v.union([v.pipe(v.string(), v.minLength(1), v.maxLength(128)), handle]),
  'an id, a unique prefix of one, or a handle',
)

const labelKey = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,62}$/, 'must be 1–63 letters, digits or _ . / -'),
)
const labelValue = v.pipe(v.string(), v.maxLength(255))
export const labels = v.pipe(
  v.record(labelKey, labelValue),
  v.check((map) => Object.keys(map).length <= 32, 'at most 32 labels'),
)

const noNul = v.check((text: string) => !text.includes('\0'), 'must not contain a NUL byte')
const text = v.pipe(v.string(), noNul)
const variableName = v.pipe(
  v.string(),
  v.minLength(1),
  noNul,
  v.check((key: string) => !key.includes('='), 'must not contain "="'),
)

export const OUTPUT_LIMIT_DEFAULT = 256 * 1024
export const OUTPUT_LIMIT_MIN = 64 * 1024
export const OUTPUT_LIMIT_MAX = 1024 * 1024 * 1024

export const environment = v.object({
  inherit: field(v.optional(v.boolean(), true), "begin with the daemon's environment; false begins with none"),
  set: field(v.optional(v.record(variableName, text), {}), 'variables to set, after that'),
})

const cells = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))

/** The size of a terminal. */
export const terminalSize = v.object({
  columns: field(cells, 'characters in a line'),
  rows: field(cells, 'lines'),
})

export const processSpec = v.object({
  command: field(
    v.pipe(text, v.minLength(1), v.maxLength(4096)),
    'the program: a path if it holds a "/", else looked up in the PATH that the process will have',
  ),
  args: field(v.optional(v.array(text), []), 'its arguments, the first one after the program'),
  env: field(v.optional(environment, {}), 'its environment'),
  cwd: field(
    v.optional(v.pipe(text, v.startsWith('/', 'must be an absolute path'), v.maxLength(4096))),
    "its working directory; the daemon's own if absent",
  ),
  name: field(v.optional(name), 'becomes its id; taken names are refused'),
  labels: field(v.optional(labels, {}), 'for people and selectors; the daemon gives them no meaning'),
  stdin: field(
    v.optional(v.picklist(['pipe', 'null']), 'pipe'),
    '`pipe`: clients write to it, and end it; `null`: /dev/null; means nothing with `terminal`',
  ),
  stderr: field(
    v.optional(v.picklist(['pipe', 'stdout']), 'pipe'),
    '`pipe`: one of its own, channel 2; `stdout`: the pipe of its stdout, as `2>&1` makes it, so that the order of both is kept: all of it is channel 1. Means nothing with `terminal`',
  ),
  terminal: field(
    v.optional(terminalSize),
    'runs on a terminal (pty) of this size, its controlling one: what it writes is all channel 1, and the end of its input is the Ctrl-D of a terminal. Without: pipes',
  ),
  outputLimit: field(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(OUTPUT_LIMIT_MIN), v.maxValue(OUTPUT_LIMIT_MAX)),
      OUTPUT_LIMIT_DEFAULT,
    ),
    'bytes of output kept for clients that come or catch up later',
  ),
  autoRemove: field(v.optional(v.boolean(), false), 'forget the process as soon as it has ended'),
})

/** All that a process can be. Each state carries only its own facts. */
export const processState = v.variant('kind', [
  v.object({ kind: v.literal('running'), pid: count, since: time }),
  v.object({
    kind: v.literal('stopping'),
    pid: count,
    since: time,
    killAt: field(v.nullable(time), 'when SIGKILL follows; null: never'),
  }),
  v.object({ kind: v.literal('exited'), code: field(count, 'exit code, 0–255'), at: time }),
  v.object({
    kind: v.literal('killed'),
    signal: field(v.string(), 'the signal it died of, as "SIGKILL"'),
    coreDumped: v.boolean(),
    at: time,
  }),
])

export const stateKind = v.picklist(['running', 'stopping', 'exited', 'killed'])

const summaryEntries = {
  id: field(v.string(), 'for people: the name, or one made from the program, as `ls-k3f9`'),
  handle,
  name: v.optional(v.string()),
  command: field(v.string(), 'program and arguments in one line, cut at 200 characters'),
  labels: v.record(v.string(), v.string()),
  state: processState,
  startedAt: time,
  output: v.object({
    start: field(offset, 'the oldest byte still kept'),
    end: field(offset, 'where the next byte will go'),
    ended: field(v.boolean(), 'no more will come'),
  }),
  attached: field(count, 'clients attached now'),
  terminal: field(v.optional(terminalSize), 'the size of its terminal now; absent: it has pipes'),
}

export const processSummary = v.object(summaryEntries)

export const processDetail = v.object({
  ...summaryEntries,
  path: field(v.string(), 'the file that was executed'),
  args: v.array(v.string()),
  cwd: v.string(),
  env: field(
    v.nullable(v.record(v.string(), v.string())),
    'its environment; null unless asked for, since it may hold secrets',
  ),
  stdin: v.picklist(['pipe', 'null']),
  stderr: v.picklist(['pipe', 'stdout']),
  input: v.object({
    open: field(v.boolean(), 'takes input'),
    taken: field(count, 'bytes its pipe has taken'),
    queued: field(count, 'bytes waiting for its pipe'),
  }),
  outputLimit: count,
  autoRemove: v.boolean(),
  held: field(v.boolean(), 'a lossless client holds its output back at this moment'),
  clients: v.array(
    v.object({
      peerPid: field(v.nullable(count), 'process id of the client'),
      software: v.string(),
      lossless: v.boolean(),
      readOnly: field(v.boolean(), 'only looks'),
      size: field(v.optional(terminalSize), 'of the terminal that shows it'),
      sent: offset,
      acked: offset,
    }),
  ),
})

export const attachOptions = v.object({
  from: field(
    v.optional(
      v.union([
        v.picklist(['start', 'now', 'screen']),
        v.object({ offset }),
        v.object({ lines: v.pipe(count, v.maxValue(1_000_000)) }),
      ]),
      'now',
    ),
    'where to begin: `start` (the oldest byte kept), `now`, an offset, the last n lines, or, of a process with a terminal, now with what is on its `screen`',
  ),
  window: field(
    v.optional(v.pipe(count, v.minValue(WINDOW_MIN), v.maxValue(WINDOW_MAX)), WINDOW_DEFAULT),
    'bytes that may be on the way un-ACKed',
  ),
  lossless: field(
    v.optional(v.boolean(), false),
    'true: the process waits for this client, as for a pipe; false: a viewer, which gets a GAP when it falls too far behind',
  ),
  readOnly: field(
    v.optional(v.boolean(), false),
    'only looks: no input is taken of this attachment, and any that it sends costs the connection (ABORT)',
  ),
  size: field(
    v.optional(terminalSize),
    'the size of the terminal that shows it. A process with a terminal gets the smallest width and height of all clients that state one, and are not read-only; see RESIZE',
  ),
  keep: field(
    v.optional(v.object({ as: name, ms: durationMs })),
    'with `lossless`: if the connection breaks, keep the place under this name for so long; the next ATTACH with it takes it over',
  ),
})

export const streamInfo = v.object({
  from: field(offset, 'where the stream begins'),
  window: field(count, 'the window granted'),
  inputWindow: field(count, `bytes of input that may be on the way un-ACKed (${INPUT_WINDOW})`),
  inputOpen: field(v.boolean(), 'false: the process takes no input, or none of this client (`readOnly`)'),
  screen: field(
    v.optional(v.string()),
    'with `from: screen`: what a terminal that has just been reset must be sent to show the screen as it was at `from`, and to be in its modes',
  ),
})
