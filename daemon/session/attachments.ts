// One client's attachments: their ids, what the client sends to them, and what it is told of them.

import { encodeMessage, type Message } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { ATTACHMENTS_MAX } from '../../proto/limits.ts'
import { events, type KnownState, STDIN, STDOUT } from '../../proto/protocol.ts'
import type { Attachment } from '../output/attachment.ts'
import type { AttachmentTerms, OutputSink } from '../output/attachment-ports.ts'
import type { RunBorder } from '../output/run-borders.ts'
import type { Process } from '../process/process.ts'

/** Ids of a connection's further attachments to a process: above all handles. */
const FIRST_EXTRA_ID = 0x8000_0000
const LAST_ID = 0xffff_ffff

/** A process and this client's attachment to it. */
export interface AttachedProcess {
  readonly process: Process
  readonly attachment: Attachment
}

/** What they need of the connection that all of them send on. */
export type AttachmentLink = Pick<OutputSink, 'congested' | 'client' | 'send' | 'failed'>

export class Attachments implements OutputSink {
  readonly #link: AttachmentLink
  readonly #byId = new Map<number, AttachedProcess>()
  #lastExtraId = LAST_ID

  constructor(link: AttachmentLink) {
    this.#link = link
  }

  get congested(): boolean {
    return this.#link.congested
  }

  get client(): OutputSink['client'] {
    return this.#link.client
  }

  send(packet: Uint8Array): void {
    this.#link.send(packet)
  }

  failed(error: unknown): void {
    this.#link.failed(error)
  }

  /** @throws NetdaemonError LIMIT if this client has as many attachments as it may */
  checkRoom(process: Process): void {
    if (this.#byId.size >= ATTACHMENTS_MAX) {
      throw new NetdaemonError(
        'LIMIT',
        `cannot attach to "${process.id}": this connection has ${ATTACHMENTS_MAX} attachments already; use another one`,
      )
    }
  }

  /**
   * Attaches the client to a process. Nothing is sent before the attachment's first `pump`.
   *
   * @throws NetdaemonError LIMIT, and as `Process.attach`
   */
  attach(process: Process, terms: Omit<AttachmentTerms, 'id'>): Attachment {
    this.checkRoom(process)
    const attachment = process.attach(this, { ...terms, id: this.#freeId(process) })
    this.#byId.set(attachment.id, { process, attachment })
    return attachment
  }

  /** What the client is attached to by this id. @throws NetdaemonError NOT_ATTACHED */
  get(id: number): AttachedProcess {
    const attached = this.#byId.get(id)
    if (attached !== undefined) return attached
    throw new NetdaemonError('NOT_ATTACHED', `this connection has no attachment ${id}`)
  }

  /** The client leaves. @throws NetdaemonError NOT_ATTACHED */
  detach(id: number): void {
    this.#drop(this.get(id).attachment)
  }

  /** The connection has gone. */
  lost(): void {
    for (const { process, attachment } of this.#byId.values()) process.detach(attachment, 'lost')
    this.#byId.clear()
  }

  /** The client has sent input, or says how much of the output it has. @throws NetdaemonError BAD_PACKET */
  take(message: Exclude<Message, { cmd: 'GENERAL' }>): void {
    const attached = this.#byId.get(message.attachment)
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

  /** Sends what may be sent, until the connection takes no more. */
  pump(): void {
    for (const [id, attached] of this.#byId) {
      if (this.congested) break
      attached.attachment.pump()
      // The attachment that filled the connection goes to the end of the line, or one flood would starve the others.
      if (this.congested && this.#byId.delete(id)) this.#byId.set(id, attached)
    }
  }

  inform(attachment: Attachment): void {
    this.#sendStatus(attachment)
  }

  finish(attachment: Attachment, state: KnownState): void {
    this.#sendStatus(attachment, state)
    this.#drop(attachment)
  }

  border({ id, source }: Attachment, border: RunBorder): void {
    this.#tell('RUN', { ...border, attachment: id, handle: source.handle })
  }

  dropped({ id, source }: Attachment, run: number, to: number, bytes: number): void {
    this.#tell('DROPPED', { attachment: id, handle: source.handle, run, to, bytes })
  }

  evict(attachment: Attachment): void {
    const { id, source } = attachment
    const reason = `another client took over the place "${attachment.keep?.as ?? ''}"`
    this.#tell('DETACHED', { attachment: id, handle: source.handle, reason })
    this.#drop(attachment)
  }

  /** The first attachment to a process is called by its handle, so that most packets serve all clients as they are. */
  #freeId({ handle }: Process): number {
    if (!this.#byId.has(handle)) return handle
    do this.#lastExtraId = this.#lastExtraId === LAST_ID ? FIRST_EXTRA_ID : this.#lastExtraId + 1
    while (this.#byId.has(this.#lastExtraId))
    return this.#lastExtraId
  }

  /** @param final the state in which the attachment is over */
  #sendStatus(attachment: Attachment, final?: KnownState): void {
    const process = this.#byId.get(attachment.id)?.process
    if (process === undefined) return
    const { terminal } = process
    const inputOpen = final === undefined && process.inputOpen && !attachment.readOnly
    this.#tell('STATUS', {
      attachment: attachment.id,
      handle: process.handle,
      state: final ?? process.state,
      inputOpen,
      final: final !== undefined,
      ...(terminal === undefined ? {} : { terminal }),
    })
  }

  #drop(attachment: Attachment): void {
    const attached = this.#byId.get(attachment.id)
    this.#byId.delete(attachment.id)
    attached?.process.detach(attachment, 'left')
  }

  #tell(event: 'STATUS' | 'RUN' | 'DROPPED' | 'DETACHED', body: object): void {
    for (const packet of encodeMessage(events[event].code, 0, body)) this.send(packet)
  }
}
