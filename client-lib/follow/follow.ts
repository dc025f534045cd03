// Following one process across lost connections and restarted daemons: each byte of its output once, in order, or a gap
// that names what can't be had. The offset is the whole memory; a new connection attaches from it.

import { mayPass, NetdaemonError } from '../../proto/errors.ts'
import type { FinalState } from '../../proto/live-state.ts'
import type { AttachOptionsInput, OutputChannel, ProcessRef, ProcessSummary } from '../../proto/protocol.ts'
import type { Attachment } from '../attachment/attachment.ts'
import type { OutputGap, OutputItem, OutputRun } from '../attachment/output-item.ts'
import { type LinesOptions, linesOf, type OutputLine, type OutputText, textOf } from '../attachment/output-text.ts'
import type { Client } from '../client.ts'
import { connect } from '../connect.ts'
import { CallSite } from '../link/call-site.ts'
import { type Deferred, defer } from '../link/deferred.ts'
import { type OptionNames, refuseUnknownOptions } from '../link/known-keys.ts'
import { checkSame, findAgain, type KnownProcess, lostError } from './find-again.ts'

const DELAY_FIRST_MS = 100
const DELAY_LONGEST_MS = 5000

/** Waits; tests have another. */
export interface FollowClock {
  /** Resolves after so many milliseconds; rejects with the signal's reason if that comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Settings of {@link followProcess}. */
export interface FollowOptions {
  /** Which process. After the first connection it is the process that this named then, and no other. */
  readonly process: ProcessRef
  /** The daemon's socket; see `connect`. */
  readonly socket?: string | undefined
  /**
   * Where to begin: an offset, as that of an earlier {@link FollowedProcess}; `'start'` (the default), the oldest byte
   * still kept; or `'now'`.
   */
  readonly from?: number | 'start' | 'now' | undefined
  /** Only if the process was started at this time (its `startedAt`): an offset means nothing for another of its name. */
  readonly startedAt?: number | undefined
  /** The process waits for this client, as for a pipe. Default: false, and what this client is too slow for is a gap. */
  readonly lossless?: boolean | undefined
  /**
   * With `lossless`: while the connection is away, the process waits for so many milliseconds, under this name. Without
   * it, what the process writes meanwhile is a gap if it is more than the daemon keeps.
   */
  readonly keep?: { readonly as: string; readonly ms: number } | undefined
  /**
   * How long to follow: to the end of the run (`'run'`), until the process will not run again by itself (`'rest'`, the
   * default), or until it is forgotten (`'removed'`).
   */
  readonly until?: 'run' | 'rest' | 'removed' | undefined
  /** Bytes that may be on the way to this client. */
  readonly window?: number | undefined
  /** Ends following: the reader gets the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called when the connection was lost, and each time that connecting again has failed, before the wait. */
  readonly onReconnect?: ((what: { error: NetdaemonError; attempt: number; delayMs: number }) => void) | undefined
  /** How long to wait before an attempt, the first being 1, in ms. Default: 100, doubling to 5,000, with some chance. */
  readonly delayMs?: ((attempt: number) => number) | undefined
  readonly clock?: FollowClock | undefined
  /** How to connect, instead of to `socket`. */
  readonly connect?: ((options: { socket?: string | undefined; signal: AbortSignal }) => Promise<Client>) | undefined
}

const followOptionNames: OptionNames<FollowOptions> = {
  process: true,
  socket: true,
  from: true,
  startedAt: true,
  lossless: true,
  keep: true,
  window: true,
  until: true,
  signal: true,
  onReconnect: true,
  delayMs: true,
  clock: true,
  connect: true,
}

/**
 * Reads a process's output to its end, whatever happens to the connection or the daemon meanwhile.
 *
 * ```ts
 * const followed = followProcess({ process: 'web', from: savedOffset, lossless: true, keep: { as: 'me', ms: 60_000 } })
 * for await (const item of followed) if (item.kind === 'data') await save(item.offset, item.bytes)
 * console.log(await followed.exited)
 * ```
 *
 * It connects when iteration begins. The first attempt must succeed: it throws what `connect` and `client.attach` do.
 * Later it throws NOT_FOUND if the process is no longer there (`detail.offset`: how far it was read), NOT_ATTACHED if
 * another client took over the place named by `keep`, and what a daemon answers that will not go away by itself.
 *
 * @throws NetdaemonError BAD_REQUEST at once, for an option that does not exist
 */
export function followProcess(options: FollowOptions): FollowedProcess {
  refuseUnknownOptions(options, followOptionNames, 'followProcess')
  return new FollowedProcess(options)
}

/** A process being followed, from {@link followProcess}. Iterate it, once; leaving the loop closes the connection. */
export class FollowedProcess implements AsyncIterable<OutputItem>, AsyncDisposable {
  /**
   * How the process ended; resolves when the reader has read everything. Rejects if following ended before; nobody has to
   * look at that.
   */
  readonly exited: Promise<FinalState>
  readonly #site = new CallSite()
  readonly #options: FollowOptions
  readonly #exited: Deferred<FinalState> = defer(true)
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #items: AsyncGenerator<OutputItem, undefined>
  readonly #endedChannels = new Set<OutputChannel>()
  /** The last beginning or end of a run that the reader was told of. */
  #lastBorder = 0
  /** Where the next item begins; undefined before the first attachment, unless it was given. */
  #next: number | undefined
  #known: KnownProcess | undefined
  #attempt = 0

  /** @internal Use `followProcess`. */
  constructor(options: FollowOptions) {
    this.#options = options
    this.exited = this.#exited.promise
    this.#next = typeof options.from === 'number' ? options.from : undefined
    const { signal } = this.#closing
    this.#signal = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal])
    this.#items = this.#follow()
  }

  /** The process as it was when this client last attached to it. */
  get process(): ProcessSummary | undefined {
    return this.#known?.process
  }

  /** Everything below it has been handed to the reader: where to go on, once the item in hand is dealt with. */
  get offset(): number | undefined {
    return this.#next
  }

  [Symbol.asyncIterator](): AsyncIterator<OutputItem, undefined> {
    return this.#items
  }

  /**
   * The output as text, for one reader, in place of iterating it: pieces as they come, in which no character is cut, and
   * gaps. It ends, and fails, as iterating it does.
   */
  text(): AsyncIterable<OutputText | OutputGap | OutputRun> {
    return textOf(this)
  }

  /**
   * The output in lines, and the gaps between them, for one reader, in place of iterating it. It ends, and fails, as
   * iterating it does. To continue after a certain line later, follow from its `end`: {@link offset} counts whole packets.
   */
  lines(options: LinesOptions = {}): AsyncIterable<OutputLine | OutputGap | OutputRun> {
    return linesOf(this, options)
  }

  /** Ends following: the iteration ends, and the connection is closed. A place kept stays so for its time. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#items.return(undefined)
    this.#exited.reject(new NetdaemonError('NOT_ATTACHED', 'following was ended by this program'))
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *#follow(): AsyncGenerator<OutputItem, undefined> {
    try {
      for (;;) {
        const lost = yield* this.#readOneConnection()
        if (lost === undefined) return
        await this.#pause(lost)
      }
    } catch (failure) {
      if (this.#closing.signal.aborted) return
      const error = this.#site.own(failure)
      this.#exited.reject(error)
      throw error
    } finally {
      this.#exited.reject(new NetdaemonError('NOT_ATTACHED', 'its reader stopped before the process had ended'))
    }
  }

  /** Reads until the process has ended, or until the connection is lost: then answers why. */
  async *#readOneConnection(): AsyncGenerator<OutputItem, NetdaemonError | undefined> {
    const signal = this.#signal
    let client: Client | undefined
    const abort = () => client?.close().catch(() => undefined)
    signal.addEventListener('abort', abort)
    try {
      client = await (this.#options.connect ?? connect)({ socket: this.#options.socket, signal })
      const attachment = await this.#attach(client)
      // Not `for await`: that would detach, and so give up the kept place, when the reader leaves.
      const output = attachment.output[Symbol.asyncIterator]()
      for (let result = await output.next(); result.done !== true; result = await output.next()) {
        signal.throwIfAborted()
        this.#attempt = 0
        if (this.#accept(result.value)) yield result.value
      }
      this.#exited.resolve(await attachment.exited)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      if (this.#known === undefined || !mayPass(error)) throw error
      return error
    } finally {
      signal.removeEventListener('abort', abort)
      await client?.close()
    }
  }

  async #attach(client: Client): Promise<Attachment> {
    const { lossless, keep, window, until } = this.#options
    const { instance } = client.daemon
    const known = this.#known
    const signal = this.#signal
    const from: AttachOptionsInput['from'] = this.#next === undefined ? this.#beginning() : { offset: this.#next }
    // Looked at first: attaching to a stranger would take the place that is kept there under our name.
    const found =
      known === undefined
        ? await this.#findFirst(client)
        : await findAgain(client, { ...known, offset: this.#next }, { signal })
    const attaching = client.attach(found.handle, { from, lossless, keep, window, until }, { signal })
    const attachment = await attaching.catch((error: unknown) => {
      throw known === undefined ? error : lostError(error, { ...known, offset: this.#next }, instance)
    })
    this.#next = attachment.stream.from
    this.#known = { process: attachment.process, instance }
    return attachment
  }

  async #findFirst(client: Client): Promise<ProcessSummary> {
    const { process, startedAt } = this.#options
    const found = await client.show(process, { signal: this.#signal })
    if (startedAt !== undefined) checkSame(found, startedAt, { offset: this.#next, instance: client.daemon.instance })
    return found
  }

  #beginning(): 'start' | 'now' {
    return this.#options.from === 'now' ? 'now' : 'start'
  }

  /** Moves on past the item. False for what the reader has been told already. */
  #accept(item: OutputItem): boolean {
    if (item.kind === 'run') {
      // After a break they are told again from the place of the last one on.
      const number = item.run * 2 + (item.event === 'ended' ? 1 : 0)
      if (number <= this.#lastBorder) return false
      this.#lastBorder = number
      if (item.event === 'began') this.#endedChannels.clear()
      return true
    }
    if (item.kind === 'end') {
      const news = !this.#endedChannels.has(item.channel)
      this.#endedChannels.add(item.channel)
      return news
    }
    this.#next = item.kind === 'gap' ? item.to : item.offset + item.bytes.length
    return true
  }

  async #pause(error: NetdaemonError): Promise<void> {
    const { onReconnect, clock = realClock, delayMs = defaultDelayMs } = this.#options
    this.#attempt++
    const wait = { error, attempt: this.#attempt, delayMs: delayMs(this.#attempt) }
    onReconnect?.(wait)
    await clock.sleep(wait.delayMs, this.#signal)
  }
}

/** Twice as long each time, and not all clients of a daemon at once. */
function defaultDelayMs(attempt: number): number {
  const longest = Math.min(DELAY_FIRST_MS * 2 ** (attempt - 1), DELAY_LONGEST_MS)
  return longest * (0.5 + Math.random() / 2)
}

const realClock: FollowClock = {
  async sleep(ms, signal) {
    const { setTimeout: sleep } = await import('node:timers/promises')
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
  },
}
