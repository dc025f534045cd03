// The requests about processes: starting, listing, signalling, waiting for and removing them, and what they use.

import { availableParallelism } from 'node:os'
import { EncodedList } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { ELEMENTS_MAX } from '../../proto/limits.ts'
import type { Params, Result } from '../../proto/protocol.ts'
import { parseSignal, signalName } from '../linux/tree/signals.ts'
import type { Measurement } from '../observe/usage.ts'
import { isSupervised } from '../process/life-spec.ts'
import type { Process } from '../process/process.ts'
import { endByForce, forgetEnded } from '../supervisor/end-by-force.ts'
import { matches } from '../supervisor/filter.ts'
import { forgetProcess } from '../supervisor/forget-process.ts'
import { KeptStart } from '../supervisor/kept-start.ts'
import { relationsOf } from '../supervisor/relations.ts'
import { type AnswerTo, type Handlers, Later, ok } from './request-context.ts'
import { attachTo, checkAttachAtStart } from './stream-handlers.ts'
import { whenKept } from './when-kept.ts'

/** Bytes of summaries in one page of LIST: far below MESSAGE_MAX, whatever the labels are. */
const PAGE_BYTES = 1024 * 1024
/** Elements of summaries in one page of LIST: far below what a client takes, too. */
const PAGE_ELEMENTS = ELEMENTS_MAX / 2
/** Processes in one page of USAGE. */
const USAGE_PAGE = 5000

export const processHandlers: Pick<Handlers, 'START' | 'LIST' | 'SHOW' | 'REMOVE' | 'WAIT' | 'USAGE' | 'KILL'> = {
  START(daemon, client, { spec, attach, replace }) {
    if (attach !== undefined) checkAttachAtStart(attach, spec.terminal !== undefined)
    const answer = (process: Process, isAwaited = true): AnswerTo<'START'> => {
      if (attach === undefined || !isAwaited) return ok({ process: process.summary() })
      // Its screen is empty.
      const shown = attach.from === 'screen' ? { from: 0, screen: '' } : undefined
      return attachTo(process, client, { ...attach, from: 'start' }, shown)
    }
    if (!isSupervised(spec)) return answer(daemon.processes.start(spec, replace))
    const starting = new KeptStart(daemon, spec, replace)
    return whenKept(
      (done) => starting.keep(done),
      (isAwaited) => answer(starting.start(), isAwaited),
    )
  },

  LIST({ processes }, _client, filter) {
    const summaries: Buffer[] = []
    let [bytes, elements, last] = [0, 0, 0]
    for (const process of processes.all(filter.after)) {
      if (!matches(process, filter)) continue
      const summary = process.encodedSummary()
      const full = bytes + summary.bytes.length > PAGE_BYTES || elements + summary.elements > PAGE_ELEMENTS
      if (full && summaries.length > 0) return ok(new EncodedList('processes', summaries, elements, { next: last }))
      summaries.push(summary.bytes)
      bytes += summary.bytes.length
      elements += summary.elements
      last = process.handle
    }
    return ok(new EncodedList('processes', summaries, elements, { next: null }))
  },

  SHOW({ processes, kept }, _client, { process, env }) {
    const target = processes.find(process)
    const standing = kept.standing(target)
    const relations = relationsOf(processes.dependencies.needs(target), processes.dependencies.of(target), standing)
    return ok({ process: { ...target.detail(env), ...relations } })
  },

  REMOVE(daemon, _client, { process, force }) {
    const target = daemon.processes.find(process)
    const forgetIt = force ? forgetEnded : forgetProcess
    const forget = () =>
      whenKept(
        (done) => forgetIt(target, daemon, done),
        () => ok(removed(target)),
      )
    if (!force || (target.ended && target.survivors.length === 0)) return forget()
    return whenKept((done) => void endByForce(target, daemon.processes.dependencies, done), forget)
  },

  WAIT({ processes, clock }, _client, { process, timeoutMs }) {
    const target = processes.find(process)
    if (target.ended) return ok({ process: target.summary() })
    return new Later((settle) => {
      let cancelTimeout = () => {}
      const cancelWait = target.whenEnded(() => {
        cancelTimeout()
        settle.answer(ok({ process: target.summary() }))
      })
      if (timeoutMs !== undefined) {
        cancelTimeout = clock.after(timeoutMs, () => {
          cancelWait()
          settle.fail(new NetdaemonError('TIMEOUT', `"${target.id}" has not ended within ${timeoutMs} ms`))
        })
      }
      return () => {
        cancelWait()
        cancelTimeout()
      }
    })
  },

  USAGE({ usage }, _client, params) {
    return new Later((settle) =>
      usage.measure((measured) => {
        if (measured instanceof NetdaemonError) settle.fail(measured)
        else settle.answer(ok(usagePage(measured, params)))
      }),
    )
  },

  KILL({ processes }, _client, { process, signal, scope }) {
    const number = parseSignal(signal)
    processes.find(process).kill(number, scope)
    return ok({ signal: signalName(number) })
  },
}

/** One page of what was measured, of the processes asked for. */
/** What lives on of it is named: nobody will find it by its id from here on. */
function removed(target: Process): Result<'REMOVE'> {
  const { left } = target.detail(false)
  return { process: target.summary(), ...(left === undefined ? {} : { left }) }
}

function usagePage({ at, usages }: Measurement, { processes, after = 0 }: Params<'USAGE'>): Result<'USAGE'> {
  const asked = processes === undefined ? undefined : new Set(processes)
  const page: Result<'USAGE'>['processes'] = []
  let next: number | null = null
  for (const [handle, used] of usages) {
    if (handle <= after || asked?.has(handle) === false) continue
    if (page.length === USAGE_PAGE) {
      next = page.at(-1)?.handle ?? null
      break
    }
    page.push({ handle, ...used })
  }
  return { at, processors: availableParallelism(), processes: page, next }
}
