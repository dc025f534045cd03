// What each request does: one short function per command, typed from the protocol table, so that a missing handler or a
// misspelt field does not compile. HELLO and CANCEL are about the session itself and live there.

import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { EncodedList } from '../../proto/codec/codec.ts'
import { errnoOf } from '../../proto/errno.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { INPUT_WINDOW } from '../../proto/limits.ts'
import type { AttachOptions, Params, ProcessRef, RequestName, Result, StreamInfo } from '../../proto/protocol.ts'
import { parseSignal, signalName } from '../linux/tree/signals.ts'
import type { Clock } from '../loop/clock.ts'
import type { EventLog } from '../observe/event-log.ts'
import type { UsageMeter } from '../observe/usage.ts'
import type { Attachment, AttachmentTerms, OutputSink } from '../output/attachment.ts'
import type { OutputLog } from '../output/output-log.ts'
import type { Process } from '../process/process.ts'
import type { Shown } from '../screen/screen.ts'
import { matches } from '../supervisor/filter.ts'
import type { ProcessTable } from '../supervisor/process-table.ts'

/** What handlers may use of the daemon. */
export interface DaemonServices {
  readonly processes: ProcessTable
  readonly events: EventLog
  readonly clock: Clock
  readonly usage: UsageMeter
  /** The daemon's own part of INFO. */
  describe(): Omit<Result<'INFO'>, 'processes' | 'attachments' | 'memory' | 'openFiles' | 'node'>
  shutdown(options: { leave: boolean; timeoutMs: number | undefined }, client: Client): Promise<Result<'SHUTDOWN'>>
}

/** What handlers may use of the session that asks. */
export interface Client extends OutputSink {
  /** Notes a new attachment. @throws NetdaemonError ALREADY_ATTACHED */
  attach(process: Process, begin: () => Attachment): void
  /** @throws NetdaemonError NOT_ATTACHED */
  detach(handle: number): void
  /** What it is attached to by this handle. @throws NetdaemonError NOT_ATTACHED */
  attached(handle: number): { readonly process: Process; readonly attachment: Attachment }
  followEvents(since: Params<'EVENTS'>['since']): void
  unfollowEvents(): void
}

/** An answer that comes later: `begin` is called with the two ways to answer, and returns how to give up. */
export class Later<T> {
  readonly begin: (settle: { readonly ok: (result: T) => void; readonly fail: (error: unknown) => void }) => () => void

  constructor(begin: Later<T>['begin']) {
    this.begin = begin
  }
}

/** The requests that are about the daemon, not about the session. */
export type HandledRequest = Exclude<RequestName, 'HELLO' | 'CANCEL'>

export type Handlers = {
  readonly [K in HandledRequest]: (
    daemon: DaemonServices,
    client: Client,
    params: Params<K>,
  ) => Result<K> | Later<Result<K>> | (K extends 'LIST' ? EncodedList : never)
}

/** Bytes of summaries in one page of LIST: far below MESSAGE_MAX, whatever the labels are. */
const PAGE_BYTES = 1024 * 1024
/** Processes in one page of USAGE. */
const USAGE_PAGE = 5000

export const handlers: Handlers = {
  START({ processes }, client, { spec, attach, replace }) {
    if (attach !== undefined && typeof attach.from === 'object' && 'offset' in attach.from && attach.from.offset > 0) {
      throw new NetdaemonError('BAD_REQUEST', 'START: "attach.from": a process that starts has no output yet')
    }
    if (attach?.from === 'screen' && spec.terminal === undefined) {
      throw new NetdaemonError('NO_TERMINAL', 'START: "attach.from": a process without a terminal has no screen')
    }
    const process = processes.start(spec, replace)
    if (attach === undefined) return { process: process.summary() }
    // Its screen is empty.
    const shown = attach.from === 'screen' ? { from: 0, screen: '' } : undefined
    return attachTo(process, client, { ...attach, from: 'start' }, shown)
  },

  ATTACH({ processes }, client, { process, ...options }) {
    const target = processes.find(process)
    if (options.from !== 'screen') return attachTo(target, client, options)
    const shown = target.show()
    if (!(shown instanceof Promise)) return attachTo(target, client, options, shown)
    return new Later((settle) => {
      let wanted = true
      const attach = () => {
        if (wanted) settle.ok(attachTo(target, client, options, shownNow(target)))
      }
      shown.then(attach).catch(settle.fail)
      return () => {
        wanted = false
      }
    })
  },

  DETACH({ processes }, client, { process }) {
    client.detach(attachedHandle(processes, process))
    return {}
  },

  LIST({ processes }, _client, filter) {
    const summaries: Buffer[] = []
    let bytes = 0
    let last = 0
    for (const process of processes.all(filter.after)) {
      if (!matches(process, filter)) continue
      const summary = process.encodedSummary()
      bytes += summary.length
      if (bytes > PAGE_BYTES && summaries.length > 0) return new EncodedList('processes', summaries, { next: last })
      summaries.push(summary)
      last = process.handle
    }
    return new EncodedList('processes', summaries, { next: null })
  },

  SHOW({ processes }, _client, { process, env }) {
    return { process: processes.find(process).detail(env) }
  },

  KILL({ processes }, _client, { process, signal, scope }) {
    const number = parseSignal(signal)
    processes.find(process).kill(number, scope)
    return { signal: signalName(number) }
  },

  USAGE({ usage }, _client, { processes, after = 0 }) {
    const asked = processes === undefined ? undefined : new Set(processes)
    return new Later((settle) =>
      usage.measure((measured) => {
        if (measured instanceof NetdaemonError) {
          settle.fail(measured)
          return
        }
        const page: Result<'USAGE'>['processes'] = []
        let next: number | null = null
        for (const [handle, used] of measured.usages) {
          if (handle <= after || asked?.has(handle) === false) continue
          if (page.length === USAGE_PAGE) {
            next = page.at(-1)?.handle ?? null
            break
          }
          page.push({ handle, ...used })
        }
        settle.ok({ at: measured.at, processors: availableParallelism(), processes: page, next })
      }),
    )
  },

  RESIZE({ processes }, client, { process, size }) {
    const attached = client.attached(attachedHandle(processes, process))
    return { size: attached.process.resize(attached.attachment, size) }
  },

  WAIT({ processes, clock }, _client, { process, timeoutMs }) {
    const target = processes.find(process)
    if (target.ended) return { process: target.summary() }
    return new Later((settle) => {
      let cancelTimeout = () => {}
      const cancelWait = target.whenEnded(() => {
        cancelTimeout()
        settle.ok({ process: target.summary() })
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

  REMOVE({ processes }, _client, { process, force }) {
    const target = processes.find(process)
    if (target.ended || !force) {
      processes.remove(target)
      return { process: target.summary() }
    }
    return new Later((settle) => processes.removeByForce(target, () => settle.ok({ process: target.summary() })))
  },

  EVENTS({ events }, client, { follow, since }) {
    const seq = events.seq
    if (follow) client.followEvents(since)
    else client.unfollowEvents()
    return { instance: events.instance, seq }
  },

  INFO(daemon) {
    const { processes } = daemon
    let running = 0
    let attachments = 0
    for (const process of processes.all()) {
      if (!process.ended) running += 1
      attachments += process.attachments
    }
    return {
      ...daemon.describe(),
      node: process.version,
      processes: { running, ended: processes.size - running },
      attachments,
      ...ownUse(),
    }
  },

  SHUTDOWN(daemon, client, { leave, timeoutMs }) {
    return new Later((settle) => {
      daemon.shutdown({ leave, timeoutMs }, client).then(settle.ok, settle.fail)
      return () => {}
    })
  },
}

/** What the daemon uses itself. Looking takes a file descriptor, and there may be none. @throws NetdaemonError SYSTEM */
function ownUse(): Pick<Result<'INFO'>, 'memory' | 'openFiles'> {
  try {
    const { rss, heapUsed, external } = process.memoryUsage()
    return { memory: { rss, heapUsed, external }, openFiles: readdirSync('/proc/self/fd').length - 1 }
  } catch (cause) {
    const errno = errnoOf(cause)
    throw new NetdaemonError('SYSTEM', `the daemon cannot look at its own use of memory and files (${errno})`, {
      errno,
      cause,
    })
  }
}

/** By its handle, a process that has been removed meanwhile is still known to those attached to it. */
function attachedHandle(processes: ProcessTable, process: ProcessRef): number {
  return typeof process === 'number' ? process : processes.find(process).handle
}

/** What a process shows, once everything is prepared for it. */
function shownNow(process: Process): Shown {
  const shown = process.show()
  if (shown instanceof Promise) throw new Error('internal error: the screen is still not ready')
  return shown
}

/** @param shown what is on its screen, if the attachment begins with that */
function attachTo(process: Process, client: Client, options: AttachOptions, shown?: Shown): Result<'ATTACH'> {
  const terms: AttachmentTerms = {
    from: shown?.from ?? beginning(process.log, options.from),
    // A kept place holds all that is not ACKed in the log, so no more than that can be on the way.
    window: options.keep === undefined ? options.window : Math.min(options.window, process.log.limit),
    lossless: options.lossless,
    keep: options.keep,
    readOnly: options.readOnly,
    size: options.size,
  }
  client.attach(process, () => process.attach(client, terms))
  const stream: StreamInfo = {
    from: terms.from,
    window: terms.window,
    inputWindow: INPUT_WINDOW,
    inputOpen: process.inputOpen && !options.readOnly,
    ...(shown === undefined ? {} : { screen: shown.screen }),
  }
  return { process: process.summary(), stream }
}

function beginning(log: OutputLog, from: AttachOptions['from']): number {
  if (from === 'start') return log.start
  if (from === 'now' || from === 'screen') return log.end
  return 'lines' in from ? log.lastLines(from.lines) : from.offset
}
