// A client of one daemon: a typed method for each request of the table, over one connection. It holds no state of its own
// beyond that; the link does the work.

import { NetdaemonError } from '../proto/errors.ts'
import type {
  AttachOptionsInput,
  DaemonHello,
  DaemonInfo,
  ListFilter,
  ParamsInput,
  ProcessDetail,
  ProcessRef,
  ProcessSpecInput,
  ProcessSummary,
  ProcessUsage,
  RequestName,
  Result,
  ShutdownReport,
  UsageReport,
} from '../proto/protocol.ts'
import { Attachment } from './attachment/attachment.ts'
import { EventFeed, followEvents } from './event-feed.ts'
import { sendKill } from './link/kill.ts'
import { refuseUnknownOptions } from './link/known-keys.ts'
import type { Link } from './link/link.ts'
import {
  type ApplyOptions,
  type CallOptions,
  type EventsOptions,
  type KillOptions,
  optionNames,
  type RemoveOptions,
  type ShowOptions,
  type ShutdownOptions,
  type StartOptions,
  type StopOptions,
  type UpOptions,
  type UsageOptions,
  type WaitOptions,
} from './options.ts'
import { nextPage } from './pages.ts'

/** The requests that `client.call` takes; the others belong to a connection's state and have methods. */
export type CallName = Exclude<RequestName, 'HELLO' | 'CANCEL' | 'ATTACH' | 'DETACH' | 'EVENTS'>

/** What APPLY did with one process. */
export type ApplyStep = Result<'APPLY'>['steps'][number]

/** A process that the daemon has forgotten, and what lives on of it. */
export type RemovedProcess = ProcessSummary & Pick<Result<'REMOVE'>, 'left'>

/**
 * A connection to a daemon, from `connect`. Every method fails with DISCONNECTED when the connection is lost, and with
 * LIMIT when thousands of calls wait already; what else it throws is said at each.
 */
export class Client implements AsyncDisposable {
  /** What the daemon said of itself: its software, its run, the limits, this client's roles. */
  readonly daemon: DaemonHello
  /**
   * Resolves, and never rejects, when the connection has ended: with DISCONNECTED and its cause, or with undefined if
   * {@link close} ended it.
   */
  readonly closed: Promise<NetdaemonError | undefined>
  readonly #link: Link
  #feed: EventFeed | undefined

  /** @internal Use `connect`. */
  constructor(link: Link, daemon: DaemonHello) {
    this.#link = link
    this.daemon = daemon
    this.closed = link.closed
  }

  /**
   * Starts a process. If the signal aborts it after the request was sent, the process may be running.
   *
   * @throws NetdaemonError CANNOT_START or NOT_FOUND (with errno and `detail.path`), NAME_TAKEN, LIMIT, BAD_REQUEST
   */
  async start(spec: ProcessSpecInput, options: StartOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.start, 'start')
    const { replace, signal } = options
    return this.#link.request('START', { spec, replace }, { signal, take: (result) => result.process })
  }

  /**
   * Starts a process and attaches to it in one step: by default from its first byte, and so that it waits for this
   * client. If the signal aborts it after the request was sent, the process may be running, and is detached from.
   *
   * @throws NetdaemonError as {@link start}
   */
  async startAttached(
    spec: ProcessSpecInput,
    attach: AttachOptionsInput = { from: 'start', lossless: true },
    options: StartOptions = {},
  ): Promise<Attachment> {
    refuseUnknownOptions(options, optionNames.start, 'startAttached')
    const { replace, signal } = options
    return this.#link.request('START', { spec, attach, replace }, this.#attaching(attach, signal))
  }

  /**
   * Attaches to a process: by default to its output from now on, and so that it never waits for this client.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS, LIMIT, BAD_REQUEST
   */
  async attach(process: ProcessRef, attach: AttachOptionsInput = {}, options: CallOptions = {}): Promise<Attachment> {
    refuseUnknownOptions(options, optionNames.call, 'attach')
    return this.#link.request('ATTACH', { process, ...attach }, this.#attaching(attach, options.signal))
  }

  /** The processes that fit the filter, in the order of their start. */
  async list(filter: ListFilter = {}, options: CallOptions = {}): Promise<ProcessSummary[]> {
    refuseUnknownOptions(options, optionNames.call, 'list')
    const processes: ProcessSummary[] = []
    let after: number | undefined
    do {
      const page: Result<'LIST'> = await this.call('LIST', { ...filter, after }, options)
      for (const process of page.processes) processes.push(process)
      after = nextPage('LIST', page, after)
    } while (after !== undefined)
    return processes
  }

  /**
   * How much processor time and memory running processes use, each with all its descendants. The daemon measures at most
   * twice a second; `at` says when it did.
   *
   * @throws NetdaemonError SYSTEM if the daemon may not look
   */
  async usage(options: UsageOptions = {}): Promise<UsageReport> {
    refuseUnknownOptions(options, optionNames.usage, 'usage')
    const { processes: asked, signal } = options
    const report = { at: 0, processors: 0, processes: [] as ProcessUsage[] }
    let after: number | undefined
    do {
      const page: Result<'USAGE'> = await this.call('USAGE', { processes: asked, after }, { signal })
      const { at, processors } = page
      Object.assign(report, { at, processors })
      for (const process of page.processes) report.processes.push(process)
      after = nextPage('USAGE', page, after)
    } while (after !== undefined)
    return report
  }

  /**
   * All about one process; its environment, which may hold secrets, only with `env`.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
   */
  async show(process: ProcessRef, options: ShowOptions = {}): Promise<ProcessDetail> {
    refuseUnknownOptions(options, optionNames.show, 'show')
    const { env, signal } = options
    return (await this.call('SHOW', { process, env }, { signal })).process
  }

  /**
   * Sends a signal, TERM if none is given (`'TERM'`, `'SIGTERM'`, 15); resolves with its name when the kernel has taken
   * it. Whether the process ends of it, {@link wait} tells.
   *
   * @throws NetdaemonError NOT_RUNNING, NOT_FOUND, AMBIGUOUS, BAD_REQUEST (no such signal)
   */
  async kill(process: ProcessRef, signal?: string | number, options: KillOptions = {}): Promise<string> {
    refuseUnknownOptions(options, optionNames.kill, 'kill')
    return sendKill(this.#link, { process, signal, scope: options.scope }, options.signal)
  }

  /**
   * Wants a process to run, and resolves when it is ready; at once if it is, or with `wait: false`.
   *
   * @throws NetdaemonError NOT_UP if it does not come up (`detail.output`: its last words), SUPERSEDED if a later request wants
   * something else, TIMEOUT, NOT_FOUND, AMBIGUOUS
   */
  async up(process: ProcessRef, options: UpOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.up, 'up')
    return (await this.call('UP', ...split(process, options))).process
  }

  /**
   * Stops a process as its spec says, and resolves when nothing of it is left.
   *
   * @throws NetdaemonError SURVIVORS if something can't be ended (`detail.survivors`), SUPERSEDED, TIMEOUT, NOT_FOUND, AMBIGUOUS
   */
  async stop(process: ProcessRef, options: StopOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.stop, 'stop')
    return (await this.call('STOP', ...split(process, options))).process
  }

  /**
   * Stops a process and starts it again, and resolves when the new run is ready. Attached clients stay attached.
   *
   * @throws NetdaemonError as {@link up}
   */
  async restart(process: ProcessRef, options: UpOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.up, 'restart')
    return (await this.call('RESTART', ...split(process, options))).process
  }

  /**
   * Lets a process read its configuration again, as the `reload` of its spec says.
   *
   * @throws NetdaemonError BAD_REQUEST if its spec does not say how, NOT_RUNNING, NOT_FOUND, AMBIGUOUS
   */
  async reload(process: ProcessRef, options: CallOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.call, 'reload')
    return (await this.call('RELOAD', { process }, options)).process
  }

  /**
   * Makes processes as these specs say, each with a name, and resolves with one step for each: what it took, and, with `error`, why it
   * did not come to be so. Those that are as they should be are left alone. With `dryRun`, nothing is done.
   *
   * @throws NetdaemonError BAD_REQUEST for specs that can't be, before anything is done
   */
  async apply(specs: readonly ProcessSpecInput[], options: ApplyOptions = {}): Promise<ApplyStep[]> {
    refuseUnknownOptions(options, optionNames.apply, 'apply')
    const { signal, ...params } = options
    return (await this.call('APPLY', { specs, ...params }, { signal })).steps
  }

  /**
   * The spec of a process, as {@link apply} takes it; it may hold secrets.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
   */
  async export(process: ProcessRef, options: CallOptions = {}): Promise<Result<'EXPORT'>> {
    refuseUnknownOptions(options, optionNames.call, 'export')
    return this.call('EXPORT', { process }, options)
  }

  /**
   * Lets a process be started with the daemon, if it is to run.
   *
   * @throws NetdaemonError BAD_REQUEST if it is not kept, SYSTEM if the disk can't take it, NOT_FOUND, AMBIGUOUS
   */
  async enable(process: ProcessRef, options: CallOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.call, 'enable')
    return (await this.call('ENABLE', { process }, options)).process
  }

  /**
   * Lets a process not be started with the daemon. What it does now goes on.
   *
   * @throws NetdaemonError as {@link enable}
   */
  async disable(process: ProcessRef, options: CallOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.call, 'disable')
    return (await this.call('DISABLE', { process }, options)).process
  }

  /**
   * Waits for a process to end and its output to be complete; `timeoutMs` limits that.
   *
   * @throws NetdaemonError TIMEOUT, NOT_FOUND, AMBIGUOUS
   */
  async wait(process: ProcessRef, options: WaitOptions = {}): Promise<ProcessSummary> {
    refuseUnknownOptions(options, optionNames.wait, 'wait')
    const { timeoutMs, signal } = options
    return (await this.call('WAIT', { process, timeoutMs }, { signal })).process
  }

  /**
   * Makes the daemon forget an ended process and its output; with `force`, a running one is killed first.
   *
   * @throws NetdaemonError STILL_RUNNING, NOT_FOUND, AMBIGUOUS
   */
  async remove(process: ProcessRef, options: RemoveOptions = {}): Promise<RemovedProcess> {
    refuseUnknownOptions(options, optionNames.remove, 'remove')
    const { force, signal } = options
    const { process: removed, left } = await this.call('REMOVE', { process, force }, { signal })
    return { ...removed, ...(left === undefined ? {} : { left }) }
  }

  /**
   * Follows what happens to all processes. Following begins with this call, not with the first event read. A client can
   * follow once at a time: a second one gets LIMIT, thrown by its iteration. A refusal by the daemon comes there too.
   *
   * @throws NetdaemonError BAD_REQUEST at once, for an option that does not exist
   */
  events(options: EventsOptions = {}): EventFeed {
    refuseUnknownOptions(options, optionNames.events, 'events')
    if (this.#feed?.following) {
      const refused = new EventFeed(async () => undefined)
      refused.finish({
        error: new NetdaemonError('LIMIT', 'this client already follows the events; connect another client'),
      })
      return refused
    }
    this.#feed = followEvents(this.#link, options)
    return this.#feed
  }

  /** Tells about the daemon. */
  async info(options: CallOptions = {}): Promise<DaemonInfo> {
    return this.call('INFO', {}, options)
  }

  /**
   * Ends the daemon: its processes first, with SIGTERM and, after the timeout, SIGKILL; with `leave`, they run on. The
   * connection ends after the answer.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    refuseUnknownOptions(options, optionNames.shutdown, 'shutdown')
    const { leave, timeoutMs, signal } = options
    return this.call('SHUTDOWN', { leave, timeoutMs }, { signal })
  }

  /**
   * Sends one request of the protocol's table and resolves with its result: what all the others are made of. Aborting
   * sends CANCEL, so that the daemon does not wait on.
   *
   * @throws NetdaemonError what the daemon answers; BAD_REQUEST for START with `attach`, which is `startAttached`'s
   */
  async call<K extends CallName>(name: K, params: ParamsInput<K>, options: CallOptions = {}): Promise<Result<K>> {
    refuseUnknownOptions(options, optionNames.call, `call of ${name}`)
    if (name === 'START' && 'attach' in params && params.attach !== undefined) {
      throw new NetdaemonError('BAD_REQUEST', 'START with "attach" has a method of its own: startAttached')
    }
    return this.#link.request(name, params, { signal: options.signal, take: (result) => result })
  }

  /** Closes the connection after sending what is queued. Attached processes run on, and places (`keep`) stay kept. */
  close(): Promise<void> {
    return this.#link.close()
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** How an answer becomes an attachment, in the same turn, since DATA may follow in the next packet. */
  #attaching(attach: AttachOptionsInput, signal: AbortSignal | undefined) {
    const link = this.#link
    return {
      signal,
      take: ({ process, stream }: Result<'START'>) => {
        if (stream === undefined) throw new NetdaemonError('BAD_PACKET', 'bad packet: ATTACHED without "stream"')
        return new Attachment(link, process, stream, attach)
      },
      late: ({ stream }: Result<'START'>) => {
        if (stream === undefined) return
        // Nobody will read it, and a lossless process would wait for ever: detach.
        const { attachment } = stream
        link.request('DETACH', { attachment }, { take: () => undefined }).catch(() => undefined)
      },
    }
  }
}

/** A request's parameters, and the options of its call. */
function split<O extends CallOptions>(process: ProcessRef, { signal, ...params }: O) {
  return [{ process, ...params }, { signal }] as const
}
