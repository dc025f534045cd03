// What is kept on disk of one process, and the text of its file: a line with the version and a checksum, and JSON. What does not fit
// is refused with the reason; the caller sets the file aside.

import * as v from 'valibot'
import { check } from '../../proto/codec/check.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { runEnd } from '../../proto/messages/process-shapes.ts'
import { processSpec } from '../../proto/messages/spec-shapes.ts'
import type { ProcessSpec } from '../../proto/protocol.ts'

/** The version of the file. One with a larger number is of a newer netdaemon. */
const VERSION = 1
const HEADER = /^netdaemon process (\d{1,9}) ([0-9a-f]{64})$/

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = v.pipe(v.string(), v.maxLength(128))

const shape = v.object({
  id: text,
  /** What the marks of its runs begin with (NETDAEMON_RUN). */
  key: text,
  spec: processSpec,
  wanted: v.picklist(['up', 'down']),
  /** Whether it is started with the daemon. */
  enabled: v.boolean(),
  /** Where it was applied from; null: it was started, not applied. */
  source: v.nullable(v.pipe(v.string(), v.maxLength(4096))),
  startedAt: count,
  /** Runs so far. */
  runs: count,
  /** Failures one after the other. */
  failures: count,
  /** Why it is given up; null: it is not. */
  failed: v.nullable(v.string()),
  /** It has come to its end by itself, and is to have no other run. */
  atEnd: v.boolean(),
  /** How its last runs ended, the newest last. */
  ends: v.array(runEnd),
  /** The run under way. */
  run: v.nullable(v.object({ pid: count, startTime: v.string(), mark: text })),
})

/** How one run ended. */
export type KeptEnd = v.InferOutput<typeof runEnd>
/** What is kept of one process. */
export interface KeptProcess extends Omit<v.InferOutput<typeof shape>, 'spec'> {
  readonly spec: ProcessSpec
}

/** The text of its file. */
export function keptText(kept: KeptProcess): string {
  const body = `${JSON.stringify(kept, undefined, 1)}\n`
  return `netdaemon process ${VERSION} ${checksum(body)}\n${body}`
}

/**
 * What a file says.
 *
 * @throws NetdaemonError SYSTEM with the reason why it can't be used, to complete a sentence
 */
export function readKeptText(content: string): KeptProcess {
  const at = content.indexOf('\n')
  const [, version, sum] = HEADER.exec(content.slice(0, Math.max(0, at))) ?? []
  if (version === undefined) throw damaged('it does not begin as such a file does')
  if (Number(version) > VERSION) throw damaged(`a newer netdaemon has written it (version ${version})`)
  const body = content.slice(at + 1)
  if (checksum(body) !== sum) throw damaged('its checksum is wrong')
  try {
    return check(shape, JSON.parse(body), 'it', 'SYSTEM')
  } catch (cause) {
    if (cause instanceof NetdaemonError) throw damaged(cause.message)
    throw damaged('it is not JSON')
  }
}

function checksum(body: string): string {
  // Only with the first that is kept: it would cost each start of the daemon.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(body).digest('hex')
}

function damaged(why: string): NetdaemonError {
  return new NetdaemonError('SYSTEM', why)
}
