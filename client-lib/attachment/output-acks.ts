// The ACKs of one attachment's output. While the connection is congested only the newest is kept: it says all that the others did.

import { encodeAck } from '../../proto/codec/codec.ts'
import { STDOUT } from '../../proto/protocol.ts'

/** Where they go. */
interface AckLink {
  readonly congested: boolean
  send(packet: Buffer): void
}

export class OutputAcks {
  readonly #link: AckLink
  readonly #attachment: number
  #due: number | undefined

  constructor(link: AckLink, attachment: number) {
    this.#link = link
    this.#attachment = attachment
  }

  /** Everything below the offset has been consumed. */
  send(offset: number): void {
    if (this.#link.congested) this.#due = offset
    else this.#link.send(encodeAck(this.#attachment, STDOUT, offset))
  }

  /** The connection takes packets again. */
  drained(): void {
    const due = this.#due
    this.#due = undefined
    if (due !== undefined) this.send(due)
  }
}
