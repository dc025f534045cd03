// One client's conversation: the HELLO gate, requests and their answers, its attachments and its feed of events.
//
// What a client sends costs at most what it came on: a bad request gets ERROR, a bad packet gets ABORT and the end of
// the connection, a bug in a handler gets ABORT and a line in the daemon's log. A client that doesn't read its answers is
// not read from either.

import { check } from '../proto/check.ts'
import { Decoder, encodeMessage, type Message } from '../proto/codec.ts'
import type { CloseReason, Connection } from '../proto/connection.ts'
import { NetdaemonError } from '../proto/errors.ts'
import {
  DATA_MAX,
  INPUT_WINDOW,
  MESSAGE_MAX,
  PACKET_MAX,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  WINDOW_MAX,
} from '../proto/limits.ts'
import {
  events,
  frames,
  type Params,
  type RequestName,
  type Result,
  requestName,
  requests,
  STDIN,
  STDOUT,
} from '../proto/protocol.ts'
import type { Attachment } from './attachment.ts'
import type { EventFeed } from './event-log.ts'
import { type Client, type DaemonServices, type HandledRequest, handlers, Later } from './handlers.ts'
import type { Process } from './process.ts'

/** Answers waiting for a client that doesn't read: above this, its requests are not read either. */
const QUEUED_BYTES_MAX = 1024 * 1024
/** Requests of one client that wait for something to happen. */
const PENDING_MAX = 1024
/** A client that connects must say HELLO within this. */
const HELLO_DEADLINE_MS = 5_000

export interface SessionOptions {
  readonly software: string
  readonly log: (message: string, error?: unknown) => void
  /** Called once, when the connection has gone and everything has been let go. */
  readonly onClosed: (session: Session) => void
}

export class Session implements Client {
  readonly #connection: Connection
  readonly #daemon: DaemonServices
  readonly #options: SessionOptions
  readonly #decoder = new Decoder()
  readonly #attachments = new Map<number, { readonly process: Process; readonly attachment: Attachment }>()
  readonly #pending = new Map<number, () => void>()
  #feed: EventFeed | undefined
  #software = 'unknown'
  #greeted = false
  #over = false
  #congested = false
  #paused = false
  #cancelDeadline: () => void

  constructor(connection: Connection, daemon: DaemonServices, options: SessionOptions) {
    this.#connection = connection
    this.#daemon = daemon
    this.#options = options
    this.#cancelDeadline = daemon.clock.after(HELLO_DEADLINE_MS, () =>
      this.abort(new NetdaemonError('NOT_READY', `no HELLO came within ${HELLO_DEADLINE_MS} ms`)),
    )
    connection.open({
      packet: (packet) => this.#guarded(() => this.#packet(packet)),
      drain: () => this.#guarded(() => this.#drained()),
      closed: (reason) => this.#closed(reason),
    })
  }

  get congested(): boolean {
    return this.#congested
  }

  get client(): { peerPid: number | null; software: string } {
    return { peerPid: this.#connection.peer?.pid ?? null, software: this.#software }
  }

  send(packet: Uint8Array): void {
    if (this.#over) return
    if (!this.#connection.send(packet)) this.#congested = true
  }

  /** Ends the conversation for a reason that the client is told. */
  abort(error: NetdaemonError): void {
    if (this.#over) return
    for (const packet of encodeMessage(frames.ABORT.code, 0, error.toBody())) this.send(packet)
    this.close()
  }

  /** Ends the conversation when everything sent so far has gone out. */
  close(): void {
    if (this.#over) return
    this.#letGo()
    this.#connection.close()
  }

  attach(process: Process, begin: () => Attachment): void {
    if (this.#attachments.has(process.handle)) {
      throw new NetdaemonError(
        'ALREADY_ATTACHED',
        `this connection is attached to "${process.id}" already; detach first, or use another connection`,
      )
    }
    this.#attachments.set(process.handle, { process, attachment: begin() })
  }

  detach(process: Process): void {
    const attached = this.#attachments.get(process.handle)
    if (attached === undefined) {
      throw new NetdaemonError('NOT_ATTACHED', `this connection is not attached to "${process.id}"`)
    }
    this.#attachments.delete(process.handle)
    process.detach(attached.attachment, 'left')
  }

  inform(attachment: Attachment): void {
    this.#sendStatus(attachment, false)
  }

  finish(attachment: Attachment): void {
    this.#sendStatus(attachment, true)
    this.#drop(attachment)
  }

  evict(attachment: Attachment): void {
    const { handle } = attachment.source
    const reason = `another client took over the place "${attachment.keep?.as ?? ''}"`
    this.#sendMessage(events.DETACHED.code, 0, { handle, reason })
    this.#drop(attachment)
  }

  followEvents(since: Params<'EVENTS'>['since']): void {
    this.unfollowEvents()
    this.#feed = this.#daemon.events.follow(since, (event) => {
      this.#sendMessage(events.EVENT.code, 0, event)
      return !this.#congested
    })
  }

  unfollowEvents(): void {
    this.#feed?.close()
    this.#feed = undefined
  }

  /** Runs what a packet or a drain sets off; whatever it throws ends this conversation and nothing else. */
  #guarded(stimulus: () => void): void {
    try {
      stimulus()
    } catch (error) {
      if (error instanceof NetdaemonError) {
        this.abort(error)
        return
      }
      this.#options.log('internal error; the connection is closed', error)
      this.abort(new NetdaemonError('INTERNAL', 'internal error; the daemon has logged it'))
    }
  }

  #packet(packet: Buffer): void {
    if (this.#over) return
    const message = this.#decoder.decode(packet)
    if (message === undefined) return
    if (message.cmd === 'GENERAL') this.#general(message)
    else if (!this.#greeted) throw new NetdaemonError('NOT_READY', `${message.cmd} came before HELLO had succeeded`)
    else this.#streamed(message)
    this.#limitQueue()
  }

  #general({ code, id, body }: Extract<Message, { cmd: 'GENERAL' }>): void {
    if (code === frames.ABORT.code) {
      this.close()
      return
    }
    const name = requestName(code)
    if (!this.#greeted && name !== 'HELLO')
      throw new NetdaemonError('NOT_READY', 'a request came before HELLO had succeeded')
    if (id === 0) throw new NetdaemonError('BAD_PACKET', 'bad packet: a request with id 0 cannot be answered')
    try {
      if (name === undefined) {
        throw new NetdaemonError('NOT_SUPPORTED', `there is no request 0x${code.toString(16).padStart(4, '0')}`)
      }
      this.#request(name, id, body)
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      this.#sendError(id, error)
    }
  }

  #request(name: RequestName, id: number, body: unknown): void {
    if (this.#pending.has(id)) throw new NetdaemonError('BAD_REQUEST', `the request id ${id} is in use`)
    if (name === 'HELLO') this.#hello(id, check(requests.HELLO.params, body, 'HELLO'))
    else if (name === 'CANCEL') this.#cancel(id, check(requests.CANCEL.params, body, 'CANCEL'))
    else this.#handle(name, id, body)
  }

  #hello(id: number, params: Params<'HELLO'>): void {
    if (this.#greeted) throw new NetdaemonError('BAD_REQUEST', 'HELLO has been said already')
    const version = Math.min(params.version, PROTOCOL_VERSION)
    if (version < Math.max(params.min, PROTOCOL_VERSION_MIN)) {
      this.abort(
        new NetdaemonError(
          'VERSION',
          `${params.software} speaks versions ${params.min}–${params.version} of the protocol, this daemon ${PROTOCOL_VERSION_MIN}–${PROTOCOL_VERSION}; update the older one`,
        ),
      )
      return
    }
    this.#cancelDeadline()
    this.#greeted = true
    this.#software = params.software
    this.#decoder.allowParts()
    this.#sendMessage(frames.OK.code, id, {
      version,
      software: this.#options.software,
      daemon: this.#daemon.events.daemon,
      limits: {
        dataMax: DATA_MAX,
        packetMax: PACKET_MAX,
        messageMax: MESSAGE_MAX,
        inputWindow: INPUT_WINDOW,
        windowMax: WINDOW_MAX,
      },
      roles: ['admin'],
      features: [],
    })
  }

  #cancel(id: number, { request }: Params<'CANCEL'>): void {
    const giveUp = this.#pending.get(request)
    if (giveUp !== undefined) {
      this.#pending.delete(request)
      giveUp()
      this.#sendError(request, new NetdaemonError('CANCELLED', 'the request was cancelled'))
    }
    this.#sendMessage(frames.OK.code, id, {})
  }

  #handle<K extends HandledRequest>(name: K, id: number, body: unknown): void {
    const params = check(requests[name].params, body, name) as Params<K>
    const answer = handlers[name](this.#daemon, this, params)
    if (!(answer instanceof Later)) {
      this.#sendAnswer(id, answer)
      return
    }
    if (this.#pending.size >= PENDING_MAX) {
      throw new NetdaemonError('LIMIT', `${PENDING_MAX} requests of this connection are waiting already`)
    }
    // The answer may come while `begin` runs; then there is nothing to note.
    let settled = false
    const settle = (send: () => void) => {
      settled = true
      this.#pending.delete(id)
      if (!this.#over) this.#guarded(send)
    }
    const giveUp = answer.begin({
      ok: (result) => settle(() => this.#sendAnswer(id, result)),
      fail: (error) =>
        settle(() => {
          if (!(error instanceof NetdaemonError)) throw error
          this.#sendError(id, error)
        }),
    })
    if (!settled) this.#pending.set(id, giveUp)
  }

  /** Answers, and then lets a new attachment or feed begin: nothing of it may come before the answer. */
  #sendAnswer(id: number, result: Result<HandledRequest>): void {
    if ('stream' in result && result.stream !== undefined) {
      this.#sendMessage(frames.ATTACHED.code, id, result)
      this.#attachments.get(result.process.handle)?.attachment.pump()
    } else {
      this.#sendMessage(frames.OK.code, id, result)
      this.#feed?.pump()
    }
  }

  #streamed(message: Exclude<Message, { cmd: 'GENERAL' }>): void {
    const attached = this.#attachments.get(message.handle)
    // The attachment may have ended while the packet was on its way.
    if (attached === undefined) return
    const { attachment, process } = attached
    if (message.cmd === 'ACK' && message.channel === STDOUT) {
      attachment.ack(message.offset)
    } else if (message.cmd === 'DATA' && message.channel === STDIN) {
      attachment.inputArrived(message.offset, message.bytes.length)
      process.write(attachment, message.bytes)
    } else {
      throw new NetdaemonError('BAD_PACKET', `bad packet: ${message.cmd} of this kind is never sent by a client`)
    }
  }

  #drained(): void {
    this.#congested = false
    for (const [handle, attached] of this.#attachments) {
      attached.attachment.pump()
      if (!this.#congested) continue
      // Whoever filled the connection goes to the end of the line, or one flood would starve the others.
      if (this.#attachments.delete(handle)) this.#attachments.set(handle, attached)
      break
    }
    if (!this.#congested) this.#feed?.resume()
    this.#limitQueue()
  }

  /** Reads no more requests while the answers to earlier ones are stuck. */
  #limitQueue(): void {
    const full = this.#connection.queuedBytes > QUEUED_BYTES_MAX
    if (full === this.#paused || this.#over) return
    this.#paused = full
    if (full) this.#connection.pause()
    else this.#connection.resume()
  }

  #sendStatus({ source: { handle } }: Attachment, final: boolean): void {
    const process = this.#attachments.get(handle)?.process
    if (process === undefined) return
    this.#sendMessage(events.STATUS.code, 0, { handle, state: process.state, inputOpen: process.inputOpen, final })
  }

  #drop(attachment: Attachment): void {
    const { handle } = attachment.source
    const attached = this.#attachments.get(handle)
    this.#attachments.delete(handle)
    attached?.process.detach(attachment, 'left')
  }

  #sendError(id: number, error: NetdaemonError): void {
    this.#sendMessage(frames.ERROR.code, id, error.toBody())
  }

  #sendMessage(code: number, id: number, body: unknown): void {
    for (const packet of encodeMessage(code, id, body)) this.send(packet)
  }

  #closed(reason: CloseReason): void {
    if (reason.by === 'error' && !(reason.error instanceof NetdaemonError)) {
      this.#options.log(`the connection of ${this.#software} broke`, reason.error)
    }
    this.#letGo()
    this.#options.onClosed(this)
  }

  #letGo(): void {
    if (this.#over) return
    this.#over = true
    this.#cancelDeadline()
    for (const giveUp of this.#pending.values()) giveUp()
    this.#pending.clear()
    this.unfollowEvents()
    for (const { process, attachment } of this.#attachments.values()) process.detach(attachment, 'lost')
    this.#attachments.clear()
  }
}
