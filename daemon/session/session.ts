// One client's conversation: what comes in goes to its requests or to its attachments, what they answer goes out.
//
// What a client sends costs at most what it came on: a bad request gets ERROR, a bad packet gets ABORT and the end of
// the connection, a bug in a handler gets ABORT and a line in the daemon's log. A client that doesn't read its answers is
// not read from either.

import { Decoder, encodeMessage, type Message } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { REQUEST_ELEMENTS_MAX } from '../../proto/limits.ts'
import { frames, type Params } from '../../proto/protocol.ts'
import type { CloseReason, Connection } from '../../proto/transport/connection.ts'
import { SMALL_BYTES } from '../loop/request-turn.ts'
import type { Account } from '../memory/budget.ts'
import type { EventFeed } from '../observe/event-log.ts'
import { Attachments } from './attachments.ts'
import { Inbox, type Stage } from './inbox.ts'
import type { Client, DaemonContext } from './request-context.ts'
import { Requests } from './requests.ts'

/** Answers waiting for a client that doesn't read: above this, its requests are not read either. */
const QUEUED_BYTES_MAX = 1024 * 1024
/** Answers and events waiting for a client: above this it is disconnected. It asked for all of them before it was paused. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024
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
  readonly #daemon: DaemonContext
  readonly #options: SessionOptions
  readonly #decoder: Decoder
  readonly attachments = new Attachments(this)
  readonly #requests: Requests
  #feed: EventFeed | undefined
  #software = 'unknown'
  readonly #inbox: Inbox
  readonly #answers: Account
  #over = false
  #congested = false
  #paused = false
  #cancelDeadline: () => void

  constructor(connection: Connection, daemon: DaemonContext, options: SessionOptions) {
    this.#connection = connection
    this.#daemon = daemon
    this.#options = options
    this.#answers = daemon.bounds.answers.account()
    this.#inbox = new Inbox(daemon.requestTurn, connection.peer?.pid, (packet) =>
      this.#stage(() => this.#decode(packet)),
    )
    this.#decoder = new Decoder(
      REQUEST_ELEMENTS_MAX,
      daemon.unfinished.account((error) => this.abort(error)),
    )
    this.#cancelDeadline = daemon.clock.after(HELLO_DEADLINE_MS, () =>
      this.abort(new NetdaemonError('NOT_READY', `no HELLO came within ${HELLO_DEADLINE_MS} ms`)),
    )
    this.#requests = new Requests({
      daemon,
      client: this,
      software: options.software,
      greeted: (software) => {
        this.#cancelDeadline()
        this.#software = software
        this.#decoder.allowParts()
      },
      abort: (error) => this.abort(error),
      gone: () => connection.closed,
      send: (frame, id, body) => this.#sendMessage(frames[frame].code, id, body),
      guarded: (stimulus) => this.#guarded(stimulus),
    })
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
    if (this.#over || this.#connection.send(packet)) return
    this.#congested = true
    const { queuedBytes } = this.#connection
    if (queuedBytes > UNREAD_BYTES_MAX || !this.#answers.hold(queuedBytes)) this.#giveUpReader(queuedBytes)
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

  failed(error: unknown): void {
    this.#guarded(() => {
      throw error
    })
  }

  followEvents(since: Params<'EVENTS'>['since']): EventFeed {
    this.unfollowEvents()
    this.#feed = this.#daemon.events.follow(since, (_event, packet) => {
      this.send(packet)
      return !this.#congested
    })
    return this.#feed
  }

  unfollowEvents(): void {
    this.#feed?.close()
    this.#feed = undefined
  }

  /** Runs what a packet or a drain sets off. An error that it throws ends this conversation and nothing else. */
  #guarded(stimulus: () => void): void {
    if (this.#over) return
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
    const streamed = this.#decoder.decodeStream(packet)
    if (streamed === undefined) this.#inbox.take(packet)
    else this.#message(streamed)
    this.#limitQueue()
  }

  /** Carries out a stage of what a packet sets off: what is left to be done after it. */
  #stage(stage: Stage): Stage | undefined {
    let next: Stage | undefined
    this.#guarded(() => {
      next = stage()
      if (next === undefined) this.#limitQueue()
    })
    const rest = next
    return rest === undefined ? undefined : () => this.#stage(rest)
  }

  /** Long requests are decoded, checked and carried out in one turn each. */
  #decode(packet: Buffer): Stage | undefined {
    const isLong = packet.length > SMALL_BYTES || this.#decoder.assembling
    const message = this.#decoder.decode(packet)
    if (message === undefined) return undefined
    if (!isLong) return this.#handle(message)?.()
    return () => this.#handle(message)
  }

  #handle(message: Message): Stage | undefined {
    if (message.cmd === 'GENERAL' && message.code !== frames.ABORT.code) {
      return this.#requests.handle(message.code, message.id, message.body)
    }
    this.#message(message)
    return undefined
  }

  #message(message: Message): void {
    if (message.cmd === 'GENERAL') {
      this.close()
    } else if (!this.#requests.greeted) {
      throw new NetdaemonError('NOT_READY', `${message.cmd} came before HELLO had succeeded`)
    } else {
      this.attachments.take(message)
    }
  }

  #drained(): void {
    this.#congested = false
    this.#answers.hold(this.#connection.queuedBytes)
    // Events come first: they are few, and a flood of output would leave them no room.
    this.#feed?.resume()
    this.attachments.pump()
    this.#limitQueue()
  }

  /** Reads no more while a request waits for its turn, or the answers to earlier ones are stuck. */
  #limitQueue(): void {
    const pause = this.#inbox.waiting || this.#connection.queuedBytes > QUEUED_BYTES_MAX
    if (pause === this.#paused || this.#over) return
    this.#paused = pause
    if (pause) this.#connection.pause()
    else this.#connection.resume()
  }

  /** Disconnects a client that does not read what it has asked for, when there is no memory to keep it. */
  #giveUpReader(queuedBytes: number): void {
    const why = `this client has not read ${queuedBytes} bytes of answers, and the daemon keeps no more for it`
    this.#letGo()
    const { code } = frames.ABORT
    for (const packet of encodeMessage(code, 0, new NetdaemonError('LIMIT', why).toBody()))
      this.#connection.send(packet)
    this.#connection.close()
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
    this.#inbox.dispose()
    this.#answers.close()
    this.#decoder.dispose()
    this.#requests.dispose()
    this.unfollowEvents()
    this.attachments.lost()
  }
}
