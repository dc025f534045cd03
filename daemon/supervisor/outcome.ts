// What has become of a request that a process run, or not run: it has had its effect, it has failed, or a later request wants
// something else. Asked again after each change of the process.

import { NetdaemonError } from '../../proto/errors.ts'
import type { LastEnd } from '../process/life-model.ts'
import type { Process } from '../process/process.ts'
import { isSuccess } from '../process/restart-policy.ts'

/** What is known so far; undefined: nothing yet. */
export type Outcome = NetdaemonError | 'done' | undefined

/** What decides beside the process itself. */
export interface OutcomePorts {
  readonly dependencies: {
    /** What it waits for those that need it with; undefined: with nothing. */
    goingDown(process: Process): 'stop' | 'again' | undefined
  }
  /** Whether it has not been removed. */
  has(process: Process): boolean
}

/** Bytes of its newest output in an error. */
const TAIL_BYTES = 2000

/** The outcome of a request that it run. To be called after the request was told. */
export function outcomeOfStart(process: Process, processes: OutcomePorts): () => Outcome {
  return () => {
    if (!processes.has(process)) return superseded(process, 'removed')
    const going = processes.dependencies.goingDown(process)
    if (going !== undefined) return going === 'stop' ? superseded(process, 'stopped') : undefined
    const { wanted, state, last } = process.life.model
    switch (state.kind) {
      case 'running':
        return 'done'
      case 'waiting':
        // Its next time is what was asked for.
        return state.until === null ? undefined : 'done'
      case 'exited':
      case 'killed':
        return isSuccess(state.last.end, process.life.spec.restart) ? 'done' : notUp(process, endText(last))
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

/** The outcome of a request that it not run. To be called after the request was told. */
export function outcomeOfStop(process: Process, processes: OutcomePorts): () => Outcome {
  return () => {
    const going = processes.dependencies.goingDown(process)
    if (going !== undefined) return going === 'again' ? superseded(process, 'started') : undefined
    const { wanted, state } = process.life.model
    if (state.kind === 'stopped') return 'done'
    if (!processes.has(process)) return superseded(process, 'removed')
    if (wanted === 'up') return superseded(process, 'started')
    if (state.kind === 'failed') return survivorsOf(process) ?? 'done'
    return undefined
  }
}

/**
 * The outcome of a request that it be gone whatever it does. To be called after the request was told.
 *
 * @returns `done` when it can be forgotten
 */
export function outcomeOfForce(process: Process): Outcome {
  if (process.life.model.wanted === 'up') return superseded(process, 'started')
  return process.ended ? 'done' : survivorsOf(process)
}

/** SIGKILL did not end it. */
function survivorsOf({ id, life, tree }: Process): NetdaemonError | undefined {
  const { state } = life.model
  if (state.kind !== 'failed' || state.left === undefined) return undefined
  const survivors = tree?.members().map(({ pid, name, state: how, uid }) => ({ pid, name, state: how, uid }))
  return new NetdaemonError('SURVIVORS', `"${id}" has not ended: ${state.why}`, { detail: { survivors } })
}

/** What a request is refused with that a later one has overtaken. */
export function superseded({ id }: Process, what: string): NetdaemonError {
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
