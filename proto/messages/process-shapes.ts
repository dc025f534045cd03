// The shapes that several messages share: what a process is given (spec), what it is (state), and how it is listed.
// Every field carries its own description: docs/protocol.md and the hover texts of the client library are written from here.
// What a daemon sends may grow: no shape that a client reads is closed. What a client sends is checked to the letter.

import * as v from 'valibot'
import { ARGUMENTS_MAX, VARIABLES_MAX } from '../limits.ts'

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

/** One process of a tree. */
export const treeMember = {
  pid: count,
  name: field(v.string(), 'its program, at most 15 characters'),
  state: field(v.string(), 'as ps shows it: `S`, `R`, `D` (waits in the kernel), `T` (stopped) …'),
  uid: field(v.pipe(v.number(), v.integer()), 'its user'),
}

/** What a request names a process by. */
export const processRef = field(
  v.union([v.pipe(v.string(), v.minLength(1), v.maxLength(128)), handle]),
  'an id, the beginning of an id if only one begins so, or a handle',
)

const labelKey = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,62}$/,
    'must begin with a letter, digit or _, and hold only those and . / - (at most 63 characters)',
  ),
)
const labelValue = v.pipe(v.string(), v.maxLength(255))
/** The labels of a process. */
export const labels = v.pipe(v.record(labelKey, labelValue), v.maxEntries(32, 'must hold at most 32 labels'))

const noNul = v.check((text: string) => !text.includes('\0'), 'must not contain a NUL byte')
const text = v.pipe(v.string(), noNul)
const variableName = v.pipe(
  v.string(),
  v.minLength(1),
  noNul,
  v.check((key: string) => !key.includes('='), 'must not contain "="'),
)

/** Bytes of output that the daemon keeps of a process: unless stated, at least, and at most. */
export const OUTPUT_LIMIT_DEFAULT = 256 * 1024
export const OUTPUT_LIMIT_MIN = 64 * 1024
export const OUTPUT_LIMIT_MAX = 1024 * 1024 * 1024

/** The environment of a process to be started. */
export const environment = v.object({
  inherit: field(v.optional(v.boolean(), true), "true: begin with the daemon's environment; false: begin with none"),
  set: field(
    v.optional(v.pipe(v.record(variableName, text), v.maxEntries(VARIABLES_MAX)), {}),
    'variables to set after that',
  ),
})

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

const specEntries = v.object({
  command: field(
    v.pipe(text, v.minLength(1), v.maxLength(4096)),
    'the program: a name that is looked up in the PATH that the process will have, or a path, which contains a "/"; a relative path starts at `cwd`, which must then be there',
  ),
  args: field(
    v.optional(v.pipe(v.array(text), v.maxLength(ARGUMENTS_MAX)), []),
    'the arguments, without the program itself',
  ),
  env: field(v.optional(environment, {}), 'the environment'),
  cwd: field(
    v.optional(v.pipe(text, v.startsWith('/', 'must be an absolute path'), v.maxLength(4096))),
    "the working directory; absent: the daemon's own",
  ),
  name: field(v.optional(name), 'becomes the id; it must not be in use'),
  labels: field(v.optional(labels, {}), 'for people and for selecting processes; they mean nothing to the daemon'),
  stdin: field(
    v.optional(v.picklist(['pipe', 'null']), 'pipe'),
    '`pipe`: clients write to it and end it; `null`: /dev/null; ignored with `terminal`',
  ),
  stderr: field(
    v.optional(v.picklist(['pipe', 'stdout']), 'pipe'),
    '`pipe`: its own pipe, channel 2; `stdout`: the pipe of stdout, as `2>&1` in a shell, so that the order of both is kept and everything is channel 1; ignored with `terminal`',
  ),
  terminal: field(
    v.optional(terminalSize),
    'run it on a terminal (pty) of this size, its controlling terminal: all its output is channel 1, and ending its input is a Ctrl-D; absent: it has pipes',
  ),
  outputLimit: field(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(OUTPUT_LIMIT_MIN), v.maxValue(OUTPUT_LIMIT_MAX)),
      OUTPUT_LIMIT_DEFAULT,
    ),
    'bytes of output that the daemon keeps for clients that attach or catch up later',
  ),
  autoRemove: field(v.optional(v.boolean(), false), 'forget the process as soon as it has ended'),
  umask: field(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0o777))),
    "mode bits that files it makes don't get; the daemon's `--umask` if absent",
  ),
  nice: field(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(19))),
    "its nice value, from -20 (first) to 19 (last); the daemon's own if absent. It is set when the program runs already, and before START is answered",
  ),
})

/** A path that starts nowhere: the client's directory may not even exist where the daemon runs. */
const startsNowhere = ({ command, cwd }: { command: string; cwd?: string | undefined }) =>
  cwd === undefined && command.includes('/') && !command.startsWith('/')

/** What a process is started from. */
export const processSpec = v.pipe(
  specEntries,
  v.forward(
    v.partialCheck(
      [['command'], ['cwd']],
      (spec) => !startsNowhere(spec),
      'must be a name or an absolute path, unless "cwd" says where a relative path starts',
    ),
    ['command'],
  ),
)

const stateKinds = ['running', 'stopping', 'exited', 'killed'] as const

/** All that a process can be. Each state carries only its own facts. */
export const processState = v.variant('kind', [
  v.object({ kind: v.literal('running'), pid: count, since: time }),
  v.object({
    kind: v.literal('stopping'),
    pid: count,
    since: time,
    killAt: field(v.nullable(time), 'when the daemon sends SIGKILL; null: never'),
  }),
  v.object({ kind: v.literal('exited'), code: field(count, 'exit code, 0–255'), at: time }),
  v.object({
    kind: v.literal('killed'),
    signal: field(v.string(), 'the signal that ended it, as "SIGKILL"'),
    coreDumped: v.boolean(),
    at: time,
  }),
  // Kept with its word and its facts, so that an exhaustive `switch` on `kind` stays right.
  v.pipe(
    v.looseObject({ kind: otherThan(stateKinds) }),
    v.transform(({ kind: word, ...facts }) => ({ kind: 'unknown' as const, word, facts })),
  ),
])

/** The states that a client may ask for. */
export const stateKind = v.picklist(stateKinds)

const summaryEntries = {
  id: field(v.string(), 'for people: the name, or one made from the program, as `ls-k3f9`'),
  handle,
  name: field(v.optional(v.string()), 'absent: it was started without one'),
  command: field(v.string(), 'program and arguments in one line, cut at 200 characters'),
  labels: v.record(v.string(), v.string()),
  state: processState,
  startedAt: time,
  output: v.object({
    start: field(offset, 'the oldest byte that is still kept'),
    end: field(offset, 'where the next byte will be'),
    ended: field(v.boolean(), 'true: there will be no more'),
  }),
  attached: field(count, 'the number of clients attached at present'),
  terminal: field(v.optional(reportedSize), 'the size of its terminal at present; absent: it has pipes'),
  survivors: field(v.optional(count), 'how many of its descendants have outlived it; absent: none'),
}

/** A process as it is listed. */
export const processSummary = v.object(summaryEntries)

/** A process as it is shown. */
export const processDetail = v.object({
  ...summaryEntries,
  path: field(v.string(), 'the file that was executed'),
  args: field(v.array(v.string()), 'the arguments, without the program itself'),
  cwd: field(v.string(), 'the directory that it was started in'),
  env: field(
    v.nullable(v.record(v.string(), v.string())),
    'its environment; null unless the client asked for it, since it may hold secrets',
  ),
  stdin: field(v.string(), '`pipe` or `null`, as in the spec'),
  stderr: field(v.string(), '`pipe` or `stdout`, as in the spec'),
  input: v.object({
    open: field(v.boolean(), 'whether it takes input'),
    taken: field(count, 'bytes that it, or its pipe, has taken'),
    queued: field(count, 'bytes that wait until its pipe has room'),
  }),
  outputLimit: field(count, 'bytes of output that the daemon keeps'),
  autoRemove: field(v.boolean(), 'whether it is forgotten as soon as it has ended'),
  held: field(v.boolean(), 'true: it is waiting for a lossless client to read'),
  left: field(v.optional(v.array(v.object(treeMember))), 'its descendants that have outlived it; absent: none'),
  clients: field(
    v.array(
      v.object({
        peerPid: field(v.nullable(count), 'process id of the client; null: unknown'),
        software: field(v.string(), 'what the client said in HELLO'),
        lossless: field(v.boolean(), 'the process waits for this client'),
        readOnly: field(v.boolean(), 'it sends no input'),
        size: field(v.optional(reportedSize), 'the size of the terminal that the client shows it on'),
        sent: field(offset, 'everything below this offset has been sent to the client'),
        acked: field(offset, 'the client has consumed everything below this offset'),
      }),
    ),
    'the attached clients; the first 1,000 of them',
  ),
})
