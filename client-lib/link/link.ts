// One connection to the daemon: sends requests and stream packets, and hands what comes in to the call, the attachment or
// the event feed that it is for. Everything that comes in is checked; what does not fit ends the connection with ABORT.
// The end of the connection is told to everybody here, once.

import { check } from '../../proto/codec/check.ts'
import { Decoder, encodeMessage, type GeneralMessage, type Message } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { MESSAGE_MAX } from '../../proto/limits.ts'
import {
  type EventBody,
  errorBody,
  eventName,
  events,
  frames,
  type ParamsInput,
  type ProcessEvent,
  type RequestName,
  type Result,
  requests,
} from '../../proto/protocol.ts'
import type { CloseReason, Connection, PacketMemory } from '../../proto/transport/connection.ts'
import { CallSite } from './call-site.ts'
import { Calls } from './calls.ts'
import { defer } from './deferred.ts'
import { refuseUnknownKeys } from './known-keys.ts'

/** Bytes that may wait to be sent when a request is added; more means that the daemon does not read. */
const QUEUED_MAX = 4 * MESSAGE_MAX

/** Requests that end what an earlier one began: refused by no limit, or it would never end. */
const givesBack: ReadonlySet<RequestName> = new Set<RequestName>(['CANCEL', 'DETACH'])

/** Receives the stream of one attachment. If a method throws, the connection ends. */
export interface StreamSink {
  /** The bytes lie in that memory, and are valid until the call returns. */
  data(channel: number, offset: number, bytes: Buffer, memory: PacketMemory): void
  gap(from: number, to: number): void
  /** Input below `offset` was taken by the process. */
  acked(offset: number): void
  status(body: EventBody<'STATUS'>): void
  /** A run began or ended. */
  run(body: EventBody<'RUN'>): void
  /** Input is gone. */
  dropped(body: EventBody<'DROPPED'>): void
  /** The daemon ended the attachment. */
  detached(reason: string): void
  /** The connection takes packets again. */
  drained(): void
  lost(error: NetdaemonError): void
}

/** Receives the daemon's events. */
export interface EventSink {
  event(event: ProcessEvent): void
  lost(error: NetdaemonError): void
}

/** How {@link Link.request} is to be carried out. */
export interface RequestOptions<K extends RequestName, T> {
  readonly signal?: AbortSignal | undefined
  /** See `Call.take`. */
  readonly take: (result: Result<K>) => T
  /** See `Call.late`. */
  readonly late?: ((result: Result<K>) => void) | undefined
}

/** One connection to the daemon, before and after HELLO. */
export class Link {
  /** Resolves when the connection has ended: with the error, or with undefined if {@link close} was the reason. */
  readonly closed: Promise<NetdaemonError | undefined>
  /** The streams of this connection, by the ids of their attachments. */
  readonly streams = new Map<number, StreamSink>()
  /** Where events go; without it they are dropped. */
  eventSink: EventSink | undefined

  readonly #connection: Connection
  readonly #decoder = new Decoder()
  readonly #calls = new Calls()
  readonly #resolveClosed: (error: NetdaemonError | undefined) => void
  #congested = false
  #end: { readonly error: NetdaemonError; readonly wanted: boolean } | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    const closed = defer<NetdaemonError | undefined>()
    this.closed = closed.promise
    this.#resolveClosed = closed.resolve
    connection.open({
      packet: (packet, memory) => this.#packet(packet, memory),
      drain: () => this.#drain(),
      closed: (reason) => this.#closed(reason),
    })
  }

  /** True while the connection wants no more input sent: wait for `drained`. */
  get congested(): boolean {
    return this.#congested
  }

  /** Why the connection has ended, if it has. */
  get ended(): NetdaemonError | undefined {
    return this.#end?.error
  }

  /** HELLO has succeeded: from now on messages may be longer than a packet. */
  allowParts(): void {
    this.#decoder.allowParts()
  }

  /** Sends a request; the promise settles with its answer, or fails with BAD_REQUEST for keys that mean nothing. */
  request<K extends RequestName, T>(name: K, params: ParamsInput<K>, options: RequestOptions<K, T>): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(new CallSite().own(this.#end.error))
    const always = givesBack.has(name)
    if (this.#connection.queuedBytes > QUEUED_MAX && !always) {
      return Promise.reject(
        new NetdaemonError(
          'LIMIT',
          `cannot send ${name}: the daemon has not read what was sent before; try again later`,
        ),
      )
    }
    return this.#calls.open(name, {
      ...options,
      always,
      send: (id) => {
        refuseUnknownKeys(requests[name].params, params, name)
        this.#sendMessage(requests[name].code, id, params)
      },
      cancel: (id) => this.#cancel(id),
    })
  }

  /** Sends one packet of a stream. After false, wait for `drained`. */
  send(packet: Uint8Array): boolean {
    if (this.#end !== undefined) return false
    if (!this.#connection.send(packet)) this.#congested = true
    return !this.#congested
  }

  /** Sends what is queued and closes; all that waits fails with DISCONNECTED. */
  async close(): Promise<void> {
    this.#finish(new NetdaemonError('DISCONNECTED', 'the connection to the daemon was closed by this program'), true)
    this.#connection.close()
    await this.closed
  }

  #sendMessage(code: number, id: number, body: unknown): void {
    let packets: Buffer[]
    try {
      packets = encodeMessage(code, id, body)
    } catch (cause) {
      if (cause instanceof NetdaemonError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new NetdaemonError('BAD_REQUEST', `the request contains a value that cannot be sent: ${why}`, { cause })
    }
    for (const packet of packets) this.send(packet)
  }

  #cancel(request: number): void {
    if (this.#end !== undefined) return
    // Best effort: if it fails, so has the connection, or the answer comes and is dropped.
    this.request('CANCEL', { request }, { take: () => undefined }).catch(() => undefined)
  }

  #packet(packet: Buffer, memory: PacketMemory): void {
    if (this.#end !== undefined) return
    try {
      const message = this.#decoder.decode(packet)
      if (message !== undefined) this.#message(message, memory)
    } catch (error) {
      this.#abort(error)
    }
  }

  #message(message: Message, memory: PacketMemory): void {
    switch (message.cmd) {
      case 'DATA':
        this.streams.get(message.attachment)?.data(message.channel, message.offset, message.bytes, memory)
        break
      case 'GAP':
        this.streams.get(message.attachment)?.gap(message.from, message.to)
        break
      case 'ACK':
        if (message.channel !== 0) throw bad(`ACK for channel ${message.channel}; a client sends none but 0`)
        this.streams.get(message.attachment)?.acked(message.offset)
        break
      case 'GENERAL':
        this.#general(message)
        break
    }
  }

  #general({ code, id, body }: GeneralMessage): void {
    switch (code) {
      case frames.OK.code:
      case frames.ATTACHED.code:
        this.#calls.succeed(id, body)
        break
      case frames.ERROR.code:
        this.#calls.fail(id, NetdaemonError.fromBody(check(errorBody, body, 'ERROR', 'BAD_PACKET')))
        break
      case frames.ABORT.code: {
        const cause = NetdaemonError.fromBody(check(errorBody, body, 'ABORT', 'BAD_PACKET'))
        this.#finish(
          new NetdaemonError('DISCONNECTED', `the daemon closed the connection: ${cause.message}`, { cause }),
        )
        this.#connection.close()
        break
      }
      default:
        this.#event(code, body)
    }
  }

  #event(code: number, body: unknown): void {
    switch (eventName(code)) {
      case 'STATUS': {
        const status = check(events.STATUS.body, body, 'STATUS', 'BAD_PACKET')
        this.streams.get(status.attachment)?.status(status)
        break
      }
      case 'RUN': {
        const run = check(events.RUN.body, body, 'RUN', 'BAD_PACKET')
        this.streams.get(run.attachment)?.run(run)
        break
      }
      case 'DROPPED': {
        const dropped = check(events.DROPPED.body, body, 'DROPPED', 'BAD_PACKET')
        this.streams.get(dropped.attachment)?.dropped(dropped)
        break
      }
      case 'DETACHED': {
        const { attachment, reason } = check(events.DETACHED.body, body, 'DETACHED', 'BAD_PACKET')
        this.streams.get(attachment)?.detached(reason)
        break
      }
      case 'EVENT':
        this.eventSink?.event(check(events.EVENT.body, body, 'EVENT', 'BAD_PACKET'))
        break
      case undefined: // A newer daemon may tell of things that this client knows nothing of.
    }
  }

  #drain(): void {
    this.#congested = false
    for (const [id, stream] of [...this.streams]) {
      stream.drained()
      if (!this.#congested) continue
      // The stream that filled the connection goes last next time, so that its input does not starve that of the others.
      if (this.streams.delete(id)) this.streams.set(id, stream)
      return
    }
  }

  /** The daemon broke the protocol, or there is a bug here: tells the daemon why, and ends. */
  #abort(error: unknown): void {
    const cause =
      error instanceof NetdaemonError ? error : new NetdaemonError('INTERNAL', String(error), { cause: error })
    this.#sendMessage(frames.ABORT.code, 0, cause.toBody())
    const why = `the connection was closed, because the daemon sent what the protocol forbids: ${cause.message}`
    this.#finish(new NetdaemonError('DISCONNECTED', why, { cause }))
    this.#connection.close()
  }

  #closed(reason: CloseReason): void {
    this.#finish(disconnected(reason))
    this.#resolveClosed(this.#end?.wanted ? undefined : this.#end?.error)
  }

  /** Tells everybody that the connection is over; only the first reason counts. */
  #finish(error: NetdaemonError, wanted = false): void {
    if (this.#end !== undefined) return
    this.#end = { error, wanted }
    const streams = [...this.streams.values()]
    this.streams.clear()
    for (const stream of streams) stream.lost(error)
    this.eventSink?.lost(error)
    this.eventSink = undefined
    this.#calls.failAll(error)
  }
}

const bad = (why: string) => new NetdaemonError('BAD_PACKET', `bad packet: ${why}`)

function disconnected(reason: CloseReason): NetdaemonError {
  const next = 'connect again, and attach from the last offset, to go on'
  if (reason.by !== 'error') {
    return new NetdaemonError('DISCONNECTED', `the daemon closed the connection: it has ended, or was killed; ${next}`)
  }
  const { error: cause } = reason
  return new NetdaemonError('DISCONNECTED', `the connection to the daemon broke (${cause.message}); ${next}`, { cause })
}
