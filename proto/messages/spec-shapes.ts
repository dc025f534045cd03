// What a process is started from: the spec, as START takes it. What a client sends is checked to the letter.

import * as v from 'valibot'
import { ARGUMENTS_MAX, VARIABLES_MAX } from '../limits.ts'
import { field, name, terminalSize } from './basic-shapes.ts'
import { care } from './care-shapes.ts'
import { supervision } from './supervision-shapes.ts'

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
const OUTPUT_LIMIT_DEFAULT = 256 * 1024
const OUTPUT_LIMIT_MIN = 64 * 1024
const OUTPUT_LIMIT_MAX = 1024 * 1024 * 1024

/** The environment of a process to be started. */
export const environment = v.object({
  inherit: field(v.optional(v.boolean(), true), "true: begin with the daemon's environment; false: begin with none"),
  set: field(
    v.optional(v.pipe(v.record(variableName, text), v.maxEntries(VARIABLES_MAX)), {}),
    'variables to set after that',
  ),
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
  ...supervision,
  ...care,
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
  v.forward(
    v.partialCheck(
      [['autoRemove'], ['restart']],
      ({ autoRemove, restart }) => !autoRemove || restart === undefined || restart.policy === 'never',
      'cannot go with a restart policy: the process would be forgotten before it runs again',
    ),
    ['autoRemove'],
  ),
  v.forward(
    v.partialCheck(
      [['watch'], ['stderr'], ['terminal']],
      ({ watch = [], stderr, terminal }) =>
        (stderr === 'pipe' && terminal === undefined) || watch.every(({ channel }) => channel !== 'stderr'),
      'cannot name the channel stderr: with a terminal, or with "stderr: stdout", all output is stdout, and no line would ever match',
    ),
    ['watch'],
  ),
)
