// The input of one attachment: writes in order, at most the daemon's window un-ACKed, none while the connection is
// congested. A write is done when the process's pipe has taken its last byte; when input closes, what was not taken fails.

import { encodeData } from '../../proto/codec/codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { DATA_MAX } from '../../proto/limits.ts'
import { STDIN } from '../../proto/protocol.ts'
import { type Deferred, defer } from '../link/deferred.ts'

/** Bytes, and writes, that may wait here. One write of any length is always taken: its bytes are the caller's. */
const QUEUED_BYTES_MAX = 16 * 1024 * 1024
const QUEUED_WRITES_MAX = 16 * 1024

interface Write {
  readonly bytes: Buffer
  /** The input offset after its last byte. */
  readonly end: number
  readonly done: Deferred<void>
}

/** How the sender reaches the wire. */
export interface InputSenderOptions {
  readonly attachment: number
  /** Bytes that may be un-ACKed. */
  readonly window: number
  readonly open: boolean
  /** This attachment was asked for to look only. */
  readonly readOnly: boolean
  /** True while nothing more should be sent; {@link InputSender.send} is called when that has changed. */
  readonly congested: () => boolean
  readonly transmit: (packet: Buffer) => void
}

/** Sends one attachment's input. */
export class InputSender {
  readonly #options: InputSenderOptions
  /** The writes not yet ACKed, oldest first; those before `#unsent` have been sent whole. */
  #writes: Write[] = []
  #unsent = 0
  /** Input offsets: taken from the caller, sent, and ACKed. */
  #queued = 0
  #sent = 0
  #acked = 0
  #ending: Deferred<void> | undefined
  #endSent = false
  #closed: NetdaemonError | undefined

  constructor(options: InputSenderOptions) {
    this.#options = options
    if (options.readOnly)
      this.#closed = new NetdaemonError('INPUT_CLOSED', 'cannot write: this attachment is read-only')
    else if (!options.open) this.#closed = inputClosed('it has closed its input, has ended, or was started with none')
  }

  /** False when nothing more can be written. */
  get open(): boolean {
    return this.#closed === undefined && this.#ending === undefined
  }

  /** See `Attachment.write`. */
  write(bytes: Buffer): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    if (this.#ending !== undefined) return Promise.reject(inputClosed('its input was ended by end()'))
    const waiting = this.#queued - this.#acked
    if (this.#writes.length >= QUEUED_WRITES_MAX || (waiting > 0 && waiting + bytes.length > QUEUED_BYTES_MAX)) {
      return Promise.reject(
        new NetdaemonError(
          'LIMIT',
          `${waiting} bytes of input wait for the process already; await write() before the next`,
        ),
      )
    }
    if (bytes.length === 0 && waiting === 0) return Promise.resolve()
    this.#queued += bytes.length
    const done = defer<void>()
    this.#writes.push({ bytes, end: this.#queued, done })
    this.send()
    return done.promise
  }

  /** See `Attachment.end`. */
  end(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending.promise
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    this.#ending = defer(true)
    this.send()
    return this.#ending.promise
  }

  /** Sends as much as window and connection allow. */
  send(): void {
    if (this.#closed !== undefined) return
    for (let write = this.#writes[this.#unsent]; write !== undefined; write = this.#writes[this.#unsent]) {
      if (!this.#sendFrom(write)) return
      this.#unsent++
    }
    if (this.#ending !== undefined && !this.#endSent && !this.#options.congested()) {
      this.#endSent = true
      this.#options.transmit(encodeData(this.#options.attachment, STDIN, this.#sent, Buffer.alloc(0)))
      this.#settle()
    }
  }

  /** Input below `offset` was taken. @throws NetdaemonError BAD_PACKET if it was never sent */
  acked(offset: number): void {
    if (offset > this.#sent) {
      throw new NetdaemonError('BAD_PACKET', `bad packet: ACK of input up to ${offset}; only ${this.#sent} was sent`)
    }
    if (offset <= this.#acked) return
    this.#acked = offset
    this.#settle()
    this.send()
  }

  /** Input below `offset` was taken, or is gone, because the run that it was for has ended. */
  dropped(offset: number, error: NetdaemonError): void {
    this.#acked = Math.max(this.#acked, Math.min(offset, this.#sent))
    this.#failWrites(error)
  }

  /** Input is taken again: by another run. */
  reopen(): void {
    if (this.#closed === undefined || this.#options.readOnly) return
    this.#closed = undefined
    this.#ending = undefined
    this.#endSent = false
  }

  /** No more input is taken; what was not ACKed is lost. */
  close(error: NetdaemonError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.#failWrites(error)
    // Its input has ended, which is what end() was asked for; unless nobody knows whether it has.
    if (error.code === 'INPUT_CLOSED') this.#ending?.resolve()
    else this.#ending?.reject(error)
  }

  /** Gives up what has not been ACKed. */
  #failWrites(error: NetdaemonError): void {
    const writes = this.#writes
    this.#writes = []
    this.#unsent = 0
    this.#queued = this.#sent
    for (const write of writes) write.done.reject(error)
  }

  /** Sends the rest of one write; false if that has to wait. A packet is sent whole or not at all. */
  #sendFrom(write: Write): boolean {
    const { attachment, window, congested, transmit } = this.#options
    while (this.#sent < write.end) {
      const length = Math.min(write.end - this.#sent, DATA_MAX, window)
      if (congested() || this.#sent + length - this.#acked > window) return false
      const start = write.bytes.length - (write.end - this.#sent)
      transmit(encodeData(attachment, STDIN, this.#sent, write.bytes.subarray(start, start + length)))
      this.#sent += length
    }
    return true
  }

  /** Settles the writes that have been taken whole. */
  #settle(): void {
    let taken = 0
    for (const write of this.#writes) {
      if (write.end > this.#acked || taken === this.#unsent) break
      write.done.resolve()
      taken++
    }
    this.#writes.splice(0, taken)
    this.#unsent -= taken
    if (this.#endSent && this.#acked === this.#queued) this.#ending?.resolve()
  }
}

/** INPUT_CLOSED with its reason. */
export function inputClosed(why: string): NetdaemonError {
  return new NetdaemonError('INPUT_CLOSED', `cannot write to the process: ${why}`)
}
