// The daemon's events, for one reader: a bounded queue. A reader that is too slow loses the oldest half of what waits, and
// finds a gap that names it in its place.

import type { NetdaemonError } from '../proto/errors.ts'
import type { ProcessEvent } from '../proto/protocol.ts'
import { CallSite } from './link/call-site.ts'
import { type Deferred, defer } from './link/deferred.ts'
import type { EventSink, Link } from './link/link.ts'
import type { EventsOptions } from './options.ts'

/** Events that may wait for the reader. */
export const EVENTS_MAX = 1024

/**
 * The events of a daemon, from `client.events`: iterate it, once. Leaving the loop, or disposing of it, ends following.
 *
 * Events that came before a failure are delivered first. It then throws: DISCONNECTED, the daemon's refusal, or the
 * reason of the signal that was given.
 */
export class EventFeed implements AsyncIterableIterator<ProcessEvent, undefined>, AsyncDisposable, EventSink {
  readonly #site = new CallSite()
  readonly #stop: () => Promise<void>
  readonly #ended: (() => void) | undefined
  #events: ProcessEvent[] = []
  #waiting: Deferred<IteratorResult<ProcessEvent, undefined>> | undefined
  #end: { readonly error?: unknown } | undefined

  /**
   * @internal Feeds come from a client. `stop` tells the daemon to stop sending them; `ended` is called when no
   * more events will come, for whatever reason.
   */
  constructor(stop: () => Promise<void>, ended?: () => void) {
    this.#stop = stop
    this.#ended = ended
  }

  /** False once no more events will come. */
  get following(): boolean {
    return this.#end === undefined
  }

  /** The next event. */
  next(): Promise<IteratorResult<ProcessEvent, undefined>> {
    if (this.#waiting !== undefined) {
      return Promise.reject(new Error('events are read by one reader, one after the other; await next() first'))
    }
    const event = this.#events.shift()
    if (event !== undefined) return Promise.resolve({ done: false, value: event })
    if (this.#end === undefined) {
      this.#waiting = defer()
      return this.#waiting.promise
    }
    if ('error' in this.#end) return Promise.reject(this.#site.own(this.#end.error))
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Ends following. */
  async return(): Promise<IteratorResult<ProcessEvent, undefined>> {
    const stop = this.following
    this.drop({})
    if (stop) await this.#stop()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Ends following. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** @internal An event has come. */
  event(event: ProcessEvent): void {
    if (this.#end !== undefined) return
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ done: false, value: event })
      this.#waiting = undefined
      return
    }
    this.#events.push(event)
    if (this.#events.length > EVENTS_MAX) this.#dropOldest()
  }

  /** @internal The connection has ended. */
  lost(error: NetdaemonError): void {
    this.finish({ error })
  }

  /** @internal No more will come. What waits is delivered, and then the end, or the error. */
  finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#ended?.()
    const waiting = this.#waiting
    this.#waiting = undefined
    if ('error' in end) waiting?.reject(this.#site.own(end.error))
    else waiting?.resolve({ done: true, value: undefined })
  }

  /** @internal As {@link finish}, but what waits is dropped. */
  drop(end: { readonly error?: unknown }): void {
    this.#events = []
    this.finish(end)
  }

  #dropOldest(): void {
    const dropped = this.#events.splice(0, EVENTS_MAX / 2)
    const [first] = dropped
    const last = dropped.at(-1)
    if (first === undefined || last === undefined) return
    const from = first.kind === 'gap' ? first.from : first.seq
    // A gap to 0 is of unknown length: the daemon is another run. What follows it does not make it known.
    const unknown = dropped.some((event) => event.kind === 'gap' && event.to === 0)
    const to = unknown ? 0 : last.kind === 'gap' ? last.to : last.seq
    this.#events.unshift({ kind: 'gap', from, to })
  }
}

/** Begins to follow the events of the daemon at the other end of the link. */
export function followEvents(link: Link, { since, signal }: EventsOptions): EventFeed {
  const stop = async () => {
    try {
      await link.request('EVENTS', { follow: false }, { take: () => undefined })
    } catch (error) {
      if (link.ended === undefined) throw error
    }
  }
  const feed = new EventFeed(stop, () => signal?.removeEventListener('abort', abort))
  const abort = () => {
    const following = feed.following
    feed.drop({ error: signal?.reason })
    if (following) stop().catch(() => undefined) // the reader has its reason already
  }
  if (signal?.aborted) {
    feed.finish({ error: signal.reason })
    return feed
  }
  signal?.addEventListener('abort', abort, { once: true })
  // Its events follow the answer. Events of an earlier feed that still come before it go to that one.
  const take = () => {
    link.eventSink = feed
  }
  link.request('EVENTS', { follow: true, since }, { take }).catch((error: unknown) => feed.finish({ error }))
  return feed
}
