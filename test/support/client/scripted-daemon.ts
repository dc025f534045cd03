// The other end of a client, for tests: a daemon that does nothing by itself. A test awaits what the client sent, in
// order, and answers as it likes, wrongly too.

import type { Attachment } from '../../../client-lib/attachment/attachment.ts'
import { connect } from '../../../client-lib/connect.ts'
import type { Client } from '../../../client-lib/index.ts'
import { Decoder, encodeAck, encodeData, encodeGap, encodeMessage, type Message } from '../../../proto/codec/codec.ts'
import type { ErrorBody } from '../../../proto/errors.ts'
import {
  type AttachOptionsInput,
  type EventBody,
  events,
  frames,
  type ProcessEvent,
  type ProcessState,
  type ProcessSummary,
  type RequestName,
  type Result,
  requestName,
  type StreamInfo,
} from '../../../proto/protocol.ts'
import type { CloseReason, Connection } from '../../../proto/transport/connection.ts'
import { memoryPair } from '../transport/memory-pair.ts'
import { waitFor } from '../wait.ts'

export interface ReceivedRequest {
  readonly name: RequestName | undefined
  readonly code: number
  readonly id: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they have sent
  readonly params: any
}

/** What HELLO answers, unless a test says otherwise. */
export const hello: Result<'HELLO'> = {
  version: 3,
  software: 'scripted',
  instance: 'run-1',
  limits: { dataMax: 65536, packetMax: 66560, messageMax: 4194304, inputWindow: 262144, windowMax: 16777216 },
  roles: ['admin'],
  features: [],
}

export const running: ProcessState = { kind: 'running', pid: 42, since: 1 }
export const exited: ProcessState = { kind: 'exited', code: 7, at: 2 }

export function summary(more: Partial<ProcessSummary> = {}): ProcessSummary {
  return {
    id: 'web',
    handle: 1,
    command: 'web',
    labels: {},
    state: running,
    startedAt: 1,
    output: { start: 0, end: 0, ended: false },
    attached: 1,
    ...more,
  }
}

export class ScriptedDaemon {
  readonly connection: Connection
  readonly requests: ReceivedRequest[] = []
  readonly stream: Exclude<Message, { cmd: 'GENERAL' }>[] = []
  /** Set when the connection has ended. */
  closed: CloseReason | undefined
  readonly #decoder = new Decoder()

  constructor(connection: Connection) {
    this.connection = connection
    this.#decoder.allowParts()
    connection.open({
      packet: (packet) => {
        // Kept: the connection uses its memory again.
        const message = this.#decoder.decode(Buffer.from(packet))
        if (message === undefined) return
        if (message.cmd !== 'GENERAL') this.stream.push(message)
        else this.requests.push({ ...message, name: requestName(message.code), params: message.body })
      },
      drain: () => {},
      closed: (reason) => {
        this.closed = reason
      },
    })
  }

  /** The next request, which must be of that name. */
  async next(name: RequestName): Promise<ReceivedRequest> {
    await waitFor(`a request ${name}`, () => this.requests.length > 0)
    const request = this.requests.shift()
    if (request?.name !== name) throw new Error(`expected ${name}, got ${request?.name ?? request?.code.toString(16)}`)
    return request
  }

  /** The reason of the client's ABORT, once it has come. */
  async nextAbort(): Promise<ErrorBody> {
    await waitFor('ABORT', () => this.requests.some((request) => request.code === frames.ABORT.code))
    return this.requests.find((request) => request.code === frames.ABORT.code)?.params
  }

  /** The next DATA, ACK or GAP. */
  async nextStream(): Promise<Exclude<Message, { cmd: 'GENERAL' }>> {
    await waitFor('a stream packet', () => this.stream.length > 0)
    const message = this.stream.shift()
    if (message === undefined) throw new Error('unreachable')
    return message
  }

  send(code: number, id: number, body: unknown): void {
    for (const packet of encodeMessage(code, id, body)) this.connection.send(packet)
  }

  ok<K extends RequestName>(request: ReceivedRequest, result: Result<K>): void {
    this.send(frames.OK.code, request.id, result)
  }

  error(request: ReceivedRequest, body: ErrorBody): void {
    this.send(frames.ERROR.code, request.id, body)
  }

  abort(body: ErrorBody): void {
    this.send(frames.ABORT.code, 0, body)
    this.connection.close()
  }

  attached(request: ReceivedRequest, stream: Partial<StreamInfo> = {}, process: Partial<ProcessSummary> = {}): void {
    const { handle } = summary(process)
    this.send(frames.ATTACHED.code, request.id, {
      process: summary(process),
      stream: { attachment: handle, from: 0, window: 1024 * 1024, inputWindow: 262144, inputOpen: true, ...stream },
    })
  }

  data(offset: number, bytes: Uint8Array | string, channel = 1, handle = 1): void {
    const payload = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    this.connection.send(encodeData(handle, channel, offset, payload))
  }

  gap(from: number, to: number): void {
    this.connection.send(encodeGap(1, from, to))
  }

  ackInput(offset: number): void {
    this.connection.send(encodeAck(1, 0, offset))
  }

  status(body: Partial<EventBody<'STATUS'>> = {}): void {
    this.send(events.STATUS.code, 0, {
      attachment: 1,
      handle: 1,
      state: running,
      inputOpen: true,
      final: false,
      ...body,
    })
  }

  /** The process has ended, and this attachment with it. */
  final(state: ProcessState = exited, handle = 1): void {
    this.status({ attachment: handle, handle, state, inputOpen: false, final: true })
  }

  event(event: ProcessEvent): void {
    this.send(events.EVENT.code, 0, event)
  }
}

/** A client that has said HELLO, and its daemon. `bufferBytes`: what is in flight before the connection is congested. */
export async function scripted(bufferBytes?: number, instance = hello.instance): Promise<[Client, ScriptedDaemon]> {
  const [near, far] = memoryPair({ bufferBytes })
  const daemon = new ScriptedDaemon(far)
  const connecting = connect({ connection: near, software: 'test' })
  daemon.ok<'HELLO'>(await daemon.next('HELLO'), { ...hello, instance })
  return [await connecting, daemon]
}

/** A client attached to process 1. */
export async function scriptedAttachment(
  stream: Partial<StreamInfo> = {},
  options: { readonly attach?: AttachOptionsInput; readonly bufferBytes?: number } = {},
): Promise<[Attachment, ScriptedDaemon, Client]> {
  const [client, daemon] = await scripted(options.bufferBytes)
  const attaching = client.attach('web', options.attach)
  daemon.attached(await daemon.next('ATTACH'), stream)
  return [await attaching, daemon, client]
}
