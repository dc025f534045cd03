// One session's requests: the HELLO gate, the check of their bodies, their handlers, and those that are answered later.
//
// A request that fails is answered by ERROR and costs nothing else. What is thrown on from here ends the session.

import { check } from '../../proto/codec/check.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import {
  DATA_MAX,
  INPUT_WINDOW,
  MESSAGE_MAX,
  PACKET_MAX,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  WINDOW_MAX,
} from '../../proto/limits.ts'
import { type Params, type RequestName, requestName, requests } from '../../proto/protocol.ts'
import type { Account } from '../memory/budget.ts'
import { handlers } from './handlers.ts'
import type { Stage } from './inbox.ts'
import { type AnswerTo, type Client, type DaemonContext, type HandledRequest, Later } from './request-context.ts'

/** Requests that change nothing. Of a client that has gone they are not carried out: nobody gets the answer. */
const questions: ReadonlySet<RequestName> = new Set(['LIST', 'SHOW', 'WAIT', 'USAGE', 'INFO', 'EVENTS'])
/** Requests of one client that wait for something to happen. */
const PENDING_MAX = 1024
/** What one of them takes of V8's heap, roughly: what it was asked, a timer, and how it is answered. */
const PENDING_BYTES = 1024

/** What the requests of a session need of it. */
export interface RequestHost {
  readonly daemon: DaemonContext
  readonly client: Client
  /** Name and version of the daemon. */
  readonly software: string
  /** HELLO has succeeded. */
  greeted(software: string): void
  /** Ends the session for a reason that the client is told. */
  abort(error: NetdaemonError): void
  /** The client has gone, and left this request behind. */
  gone(): boolean
  /** Sends an answer. */
  send(frame: 'OK' | 'ATTACHED' | 'ERROR', id: number, body: object): void
  /** Runs a stimulus that comes from outside of the session's own. */
  guarded(stimulus: () => void): void
}

export class Requests {
  readonly #host: RequestHost
  /** How to give up each request that is answered later, by its id. */
  readonly #pending = new Map<number, () => void>()
  readonly #memory: Account
  #greeted = false

  constructor(host: RequestHost) {
    this.#host = host
    this.#memory = host.daemon.bounds.waiting.account()
  }

  /** HELLO has succeeded. */
  get greeted(): boolean {
    return this.#greeted
  }

  /**
   * Checks one request. What is returned carries it out, and answers it now or later; undefined: that is done.
   *
   * @throws NetdaemonError NOT_READY, BAD_PACKET for what can't be answered; anything else is a bug
   */
  handle(code: number, id: number, body: unknown): Stage | undefined {
    const name = requestName(code)
    if (!this.#greeted && name !== 'HELLO') {
      throw new NetdaemonError('NOT_READY', 'a request came before HELLO had succeeded')
    }
    // A newer client may send messages that nobody answers; this daemon knows none.
    if (name === undefined && id === 0) return undefined
    if (id === 0) throw new NetdaemonError('BAD_PACKET', 'bad packet: a request with id 0 cannot be answered')
    return this.#attempt(id, () => {
      if (name === undefined) {
        throw new NetdaemonError('NOT_SUPPORTED', `there is no request 0x${code.toString(16).padStart(4, '0')}`)
      }
      return this.#request(name, id, body)
    })
  }

  /** Answers the request with what is refused by one of its stages. */
  #attempt(id: number, stage: Stage): Stage | undefined {
    try {
      return stage()
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      this.#fail(id, error)
      return undefined
    }
  }

  /** Gives up everything that is still to be answered. */
  dispose(): void {
    for (const giveUp of this.#pending.values()) giveUp()
    this.#pending.clear()
    this.#memory.close()
  }

  #request(name: RequestName, id: number, body: unknown): Stage | undefined {
    if (questions.has(name) && this.#host.gone()) return undefined
    if (this.#pending.has(id)) throw new NetdaemonError('BAD_REQUEST', `the request id ${id} is in use`)
    if (name !== 'HELLO' && name !== 'CANCEL') return this.#prepare(name, id, body)
    if (name === 'HELLO') this.#hello(id, check(requests.HELLO.params, body, 'HELLO'))
    else this.#cancel(id, check(requests.CANCEL.params, body, 'CANCEL'))
    return undefined
  }

  #hello(id: number, params: Params<'HELLO'>): void {
    if (this.#greeted) throw new NetdaemonError('BAD_REQUEST', 'HELLO was sent already; a connection sends it once')
    const version = Math.min(params.version, PROTOCOL_VERSION)
    if (version < Math.max(params.min, PROTOCOL_VERSION_MIN)) {
      this.#host.abort(
        new NetdaemonError(
          'VERSION',
          `${params.software} speaks versions ${params.min}–${params.version} of the protocol, this daemon ${PROTOCOL_VERSION_MIN}–${PROTOCOL_VERSION}; update the older one`,
        ),
      )
      return
    }
    this.#greeted = true
    this.#host.greeted(params.software)
    this.#host.send('OK', id, {
      version,
      software: this.#host.software,
      instance: this.#host.daemon.events.instance,
      limits: {
        dataMax: DATA_MAX,
        packetMax: PACKET_MAX,
        messageMax: MESSAGE_MAX,
        inputWindow: INPUT_WINDOW,
        windowMax: WINDOW_MAX,
      },
      roles: ['admin'],
      features: ['terminal', 'usage'],
    })
  }

  #cancel(id: number, { request }: Params<'CANCEL'>): void {
    const giveUp = this.#pending.get(request)
    if (giveUp !== undefined) {
      this.#forget(request)
      giveUp()
      this.#fail(request, new NetdaemonError('CANCELLED', 'the request was cancelled'))
    }
    this.#host.send('OK', id, {})
  }

  #prepare<K extends HandledRequest>(name: K, id: number, body: unknown): Stage {
    const params = check(requests[name].params, body, name) as Params<K>
    return () =>
      this.#attempt(id, () => {
        this.#carryOut(name, id, params)
        return undefined
      })
  }

  #carryOut<K extends HandledRequest>(name: K, id: number, params: Params<K>): void {
    const answer = handlers[name](this.#host.daemon, this.#host.client, params)
    if (!(answer instanceof Later)) {
      this.#answer(id, answer)
      return
    }
    if (this.#pending.size >= PENDING_MAX) {
      throw new NetdaemonError('LIMIT', `${PENDING_MAX} requests of this connection are waiting already`)
    }
    if (!this.#memory.hold((this.#pending.size + 1) * PENDING_BYTES)) {
      throw new NetdaemonError('LIMIT', 'too many requests are waiting in the daemon; cancel some, or ask again later')
    }
    // The answer may come while `begin` runs; then there is nothing to note.
    // After `giveUp` it may still come, and the id may have been taken for another request.
    let settled = false
    const settle = (send: () => void) => {
      if (settled) return
      settled = true
      this.#forget(id)
      this.#host.guarded(send)
    }
    const giveUp = answer.begin({
      answer: (late) => settle(() => this.#answer(id, late)),
      fail: (error) =>
        settle(() => {
          if (!(error instanceof NetdaemonError)) throw error
          this.#fail(id, error)
        }),
    })
    if (settled) return
    this.#pending.set(id, () => {
      settled = true
      giveUp()
    })
  }

  #forget(id: number): void {
    this.#pending.delete(id)
    this.#memory.hold(this.#pending.size * PENDING_BYTES)
  }

  #answer<K extends HandledRequest>(id: number, { frame, result, afterwards }: AnswerTo<K>): void {
    this.#host.send(frame, id, result)
    afterwards?.()
  }

  #fail(id: number, error: NetdaemonError): void {
    this.#host.send('ERROR', id, error.toBody())
  }
}
