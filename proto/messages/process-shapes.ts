// What a process is (state), and how it is listed and shown. What a daemon sends may grow: no shape that a client reads is closed.

import * as v from 'valibot'
import { count, field, handle, offset, otherThan, reportedSize, time } from './basic-shapes.ts'

/** One process of a tree. */
export const treeMember = {
  pid: count,
  name: field(v.string(), 'its program, at most 15 characters'),
  state: field(v.string(), 'as ps shows it: `S`, `R`, `D` (waits in the kernel), `T` (stopped) …'),
  uid: field(v.pipe(v.number(), v.integer()), 'its user'),
}

const stateKinds = [
  ...(['waiting', 'starting', 'running', 'stopping', 'backoff'] as const),
  ...(['exited', 'killed', 'failed', 'stopped'] as const),
] as const

const run = field(count, 'which run: the first is 1')
const pid = field(v.nullable(count), 'process id; null: its main process has ended, or is not there yet')

const began = field(v.optional(time), 'when it began, where that is told')

/** How one run ended. What this version does not know is kept with its word. */
export const runEnd = v.variant('kind', [
  v.object({ kind: v.literal('exited'), run, code: field(count, 'exit code, 0–255'), at: time, began }),
  v.object({
    kind: v.literal('killed'),
    run,
    signal: field(v.string(), 'the signal that ended it, as "SIGKILL"'),
    coreDumped: v.boolean(),
    at: time,
    began,
  }),
  v.object({ kind: v.literal('not started'), run, error: field(v.string(), 'why it could not be executed'), at: time }),
  v.pipe(
    v.looseObject({ kind: otherThan(['exited', 'killed', 'not started']), run, at: time }),
    v.transform(({ kind: word, run, at, ...facts }) => ({ kind: 'unknown' as const, word, run, at, facts })),
  ),
])

const last = field(v.optional(runEnd), 'how its last run ended; absent: it has had none that ended')

/** All that a process can be. Each state carries only its own facts. */
export const processState = v.variant('kind', [
  v.object({
    kind: v.literal('waiting'),
    since: time,
    until: field(v.nullable(time), 'the next time of its schedule; null: it waits for others'),
    unmet: field(v.array(v.string()), 'the dependencies that are not as they must be'),
  }),
  v.object({
    kind: v.literal('starting'),
    run,
    pid,
    since: time,
    readyBy: field(time, 'when it must be ready'),
  }),
  v.object({
    kind: v.literal('running'),
    pid: count,
    since: field(time, 'when this run began'),
    run: field(v.optional(count), 'which run; absent: the first'),
    ready: field(v.optional(time), 'when it became ready'),
    health: field(
      v.optional(v.string()),
      '`up` or `down`, as its probe says; absent: it has none, or has said nothing',
    ),
    problem: field(v.optional(v.string()), 'what is wrong with its health, as a sentence; absent: nothing'),
    text: field(v.optional(v.string()), 'what it says of itself'),
  }),
  v.object({
    kind: v.literal('stopping'),
    pid,
    since: field(time, 'when this run began'),
    killAt: field(v.nullable(time), 'when the daemon sends SIGKILL; null: it has, or does not'),
    run: field(v.optional(count), 'which run; absent: the first'),
    why: field(v.optional(v.string()), 'why it is being stopped, in a few words'),
  }),
  v.object({
    kind: v.literal('backoff'),
    until: field(time, 'when it is started again'),
    failures: field(count, 'failures one after the other'),
    last,
  }),
  v.object({ kind: v.literal('exited'), code: field(count, 'exit code, 0–255'), at: time }),
  v.object({
    kind: v.literal('killed'),
    signal: field(v.string(), 'the signal that ended it, as "SIGKILL"'),
    coreDumped: v.boolean(),
    at: time,
  }),
  v.object({ kind: v.literal('failed'), why: field(v.string(), 'a sentence for people'), at: time, last }),
  v.object({ kind: v.literal('stopped'), at: field(time, 'since when'), last }),
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
  startedAt: field(time, 'when its first run began'),
  wanted: field(v.optional(v.string()), '`down`: it is not to run; absent: it is, or has run to its end'),
  runs: field(v.optional(count), 'how many runs it has had so far; absent: one'),
  restart: field(
    v.optional(v.string()),
    'the policy that starts it again: `on-failure` or `always`; absent: it has none',
  ),
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

/** Another process that it needs. */
const need = {
  name: field(v.string(), 'its name, which is its id'),
  condition: field(v.string(), '`started`, `ready`, `healthy` or `exited`, as in the spec'),
  bindTo: field(v.boolean(), 'true: it is stopped when that is so no more'),
  met: field(v.boolean(), 'whether that is so now'),
}

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
  dependsOn: field(v.optional(v.array(v.object(need))), 'what it needs; absent: nothing'),
  dependents: field(
    v.optional(v.array(v.string())),
    'the ids of those that need it, the first 1,000 of them; absent: none does',
  ),
  source: field(v.optional(v.string()), 'where it was applied from, as the path of a file; absent: it was not'),
  enabled: field(
    v.optional(v.boolean()),
    'whether it is started with the daemon, if it is to run; absent: the daemon keeps nothing of it on disk',
  ),
  runsKept: field(v.optional(v.array(runEnd)), 'how its last runs ended, the newest last; absent: none has ended'),
  linesPassedOver: field(
    v.optional(count),
    'lines of its newest run that `watch` did not look at, or did not report, because they came too fast; absent: none',
  ),
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
