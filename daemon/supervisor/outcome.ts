// What has become of a request that a process run, or not run: it has had its effect, it has failed, or a later request wants
// something else. Asked again after each change of the process.

import { NetdaemonError } from '../../proto/errors.ts'
import type { LastEnd } from '../process/life-model.ts'
import type { Process } from '../process/process.ts'

/** What is known so far; undefined: nothing yet. */
export type Outcome = NetdaemonError | 'done' | undefined

/** Bytes of its newest output in an error. */
const TAIL_BYTES = 2000

/** The outcome of a request that it run. To be called after the request was told. */
export function outcomeOfStart(process: Process): () => Outcome {
  return () => {
    const { wanted, state, last } = process.life.model
    switch (state.kind) {
      case 'running':
        return 'done'
      case 'waiting':
        // Its next time is what was asked for.
        return state.until === null ? undefined : 'done'
      case 'exited':
        return state.last.end.kind === 'exited' && state.last.end.code === 0 ? 'done' : notUp(process, endText(last))
      case 'killed':
        return notUp(process, endText(last))
      case 'backoff':
        return notUp(process, `${endText(last)}; it is started again after a pause`)
      case 'failed':
        return notUp(process, state.why)
      case 'stopped':
        return superseded(process, 'stopped')
      case 'stopping':
        return wanted === 'down' ? superseded(process, 'stopped') : undefined
      default:
        return undefined
    }
  }
}

/**
 * The outcome of a request that it not run. To be called after the request was told.
 *
 * @param waits whether those that need it are stopped before it
 */
export function outcomeOfStop(process: Process, waits: () => boolean): () => Outcome {
  return () => {
    if (waits()) return undefined
    const { wanted, state } = process.life.model
    if (wanted === 'up') return superseded(process, 'started')
    if (state.kind === 'failed') {
      if (state.left === undefined) return 'done'
      const survivors = process.tree
        ?.members()
        .map(({ pid, name, state: how, uid }) => ({ pid, name, state: how, uid }))
      return new NetdaemonError('SURVIVORS', `"${process.id}" has not ended: ${state.why}`, { detail: { survivors } })
    }
    return state.kind === 'stopped' ? 'done' : undefined
  }
}

function superseded({ id }: Process, what: string): NetdaemonError {
  return new NetdaemonError('SUPERSEDED', `a later request wants "${id}" to be ${what}`)
}

function notUp(process: Process, why: string): NetdaemonError {
  const detail = { state: process.state, output: tailOf(process) }
  return new NetdaemonError('NOT_UP', `"${process.id}" did not come up: ${why}`, { detail })
}

function endText(last: LastEnd | undefined): string {
  switch (last?.end.kind) {
    case 'exited':
      return `it exited with ${last.end.code}`
    case 'killed':
      return `${last.end.signal} ended it`
    case 'not started':
      return last.end.error
    default:
      return 'it did not become ready in time'
  }
}

/** The newest of its output, for people. */
function tailOf({ log }: Process): string {
  const pieces: Buffer[] = []
  for (let at = Math.max(log.start, log.end - TAIL_BYTES); at < log.end; ) {
    const { bytes } = log.read(at, log.end - at)
    pieces.push(Buffer.from(bytes))
    at += bytes.length
  }
  return Buffer.concat(pieces).toString()
}
