// A client that speaks the protocol and nothing more: a test sees every packet, and can send what no library would.

import { Decoder, encodeData, encodeMessage, type Message } from '../../../proto/codec/codec.ts'
import { type ErrorBody, NetdaemonError } from '../../../proto/errors.ts'
import { PROTOCOL_VERSION } from '../../../proto/limits.ts'
import {
  type EventBody,
  type EventName,
  events,
  frames,
  type ParamsInput,
  type RequestName,
  type Result,
  requests,
  STDIN,
} from '../../../proto/protocol.ts'
import type { CloseReason, Connection } from '../../../proto/transport/connection.ts'
import { waitFor } from '../wait.ts'

export class RawClient {
  readonly connection: Connection
  /** Everything that has come, in order. */
  readonly received: Message[] = []
  /** Why the connection ended, if it has. */
  closed: CloseReason | undefined
  /** The connection takes packets. */
  congested = false
  readonly #decoder = new Decoder()
  readonly #settle = new Map<number, { resolve: (message: Message) => void; reject: (error: unknown) => void }>()
  #lastId = 0

  constructor(connection: Connection) {
    this.connection = connection
    this.#decoder.allowParts()
    connection.open({
      packet: (packet) => {
        // Kept: the connection uses its memory again.
        const message = this.#decoder.decode(Buffer.from(packet))
        if (message === undefined) return
        this.received.push(message)
        if (message.cmd === 'GENERAL' && message.id !== 0) this.#settle.get(message.id)?.resolve(message)
      },
      drain: () => {
        this.congested = false
      },
      closed: (reason) => {
        this.closed = reason
        for (const { reject } of this.#settle.values()) {
          reject(this.abort === undefined ? new Error('the connection closed') : NetdaemonError.fromBody(this.abort))
        }
      },
    })
  }

  /** What the daemon said when it ended the connection. */
  get abort(): ErrorBody | undefined {
    const found = this.general(frames.ABORT.code)[0]
    return found?.body as ErrorBody | undefined
  }

  send(packet: Uint8Array): void {
    if (!this.connection.send(packet)) this.congested = true
  }

  /** Sends a message without looking at it; answers its id. */
  post(code: number, body: unknown, id: number = ++this.#lastId): number {
    for (const packet of encodeMessage(code, id, body)) this.send(packet)
    return id
  }

  /** Sends a request and waits for its answer. @throws NetdaemonError what the daemon answered */
  async request<K extends RequestName>(name: K, params: ParamsInput<K>): Promise<Result<K>> {
    return (await this.ask(requests[name].code, params)) as Result<K>
  }

  /** As {@link request}, with any code and body. */
  async ask(code: number, body: unknown, id: number = ++this.#lastId): Promise<unknown> {
    const answer = new Promise<Message>((resolve, reject) => this.#settle.set(id, { resolve, reject }))
    this.post(code, body, id)
    const message = await answer.finally(() => this.#settle.delete(id))
    if (message.cmd !== 'GENERAL') throw new Error('no answer')
    if (message.code === frames.ERROR.code) throw NetdaemonError.fromBody(message.body as ErrorBody)
    return message.body
  }

  /** Sends input, its offset counted by the caller. */
  sendInput(handle: number, offset: number, bytes: Uint8Array): void {
    this.send(encodeData(handle, STDIN, offset, bytes))
  }

  hello(software = 'raw'): Promise<Result<'HELLO'>> {
    return this.request('HELLO', { version: PROTOCOL_VERSION, min: PROTOCOL_VERSION, software })
  }

  /** The general messages of a code that have come. */
  general(code: number): { id: number; body: unknown }[] {
    return this.received.filter((message) => message.cmd === 'GENERAL').filter((message) => message.code === code)
  }

  /** The events of a name that have come. */
  events<K extends EventName>(name: K): EventBody<K>[] {
    return this.general(events[name].code).map(({ body }) => body as EventBody<K>)
  }

  /** The output that has come for a handle, as text. */
  output(handle: number, channel?: number): string {
    return Buffer.concat(
      this.received
        .filter((message) => message.cmd === 'DATA')
        .filter((message) => message.attachment === handle && (channel === undefined || message.channel === channel))
        .map((message) => message.bytes),
    ).toString('latin1')
  }

  /** The final STATUS of a handle, once it has come. */
  final(handle: number): EventBody<'STATUS'> | undefined {
    return this.events('STATUS').find((status) => status.attachment === handle && status.final)
  }

  /** Waits until the daemon has closed, and answers what ABORT said. */
  async aborted(): Promise<ErrorBody> {
    await waitFor('the connection to close', () => this.closed !== undefined)
    return this.abort ?? Promise.reject(new Error('closed without ABORT'))
  }

  /** Closes, and waits until it has. */
  async close(): Promise<void> {
    this.connection.close()
    await waitFor('the connection to close', () => this.closed !== undefined)
  }
}
