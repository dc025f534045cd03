// What clients write to one process: how much of it may wait. Invariants: whoever has little waiting is never refused because
// of what others wrote; what is left waiting by clients that have gone is bounded, since they come and go without end.

import { NetdaemonError } from '../../proto/errors.ts'
import { WAITING_INPUT_MAX, WAITING_INPUT_SHARE, WAITING_PACKETS_MAX } from '../../proto/limits.ts'
import type { Account } from '../memory/budget.ts'
import type { Run } from '../run/run.ts'

/** Who writes. */
export interface Writer {
  /** Bytes that it has written, and the process has not taken. */
  readonly inputWaiting: number
}

export class ProcessInput<W extends Writer> {
  readonly #id: string
  readonly #run: Run<W>
  readonly #memory: Account
  #taken = 0

  /**
   * @param id of the process, for errors
   * @param memory holds what waits
   */
  constructor(id: string, run: Run<W>, memory: Account) {
    this.#id = id
    this.#run = run
    this.#memory = memory
  }

  /** Bytes that the process, or its pipe, has taken. */
  get taken(): number {
    return this.#taken
  }

  /**
   * Writes after all that came before; no bytes: end of file. `writer.inputWaiting` counts them already.
   *
   * @throws NetdaemonError LIMIT if too much waits, and more than a little of it is this writer's
   */
  write(writer: W, bytes: Buffer): void {
    const { queuedBytes, queuedWrites } = this.#run.streams
    const wanted = queuedBytes + bytes.length
    const fits = wanted <= WAITING_INPUT_MAX && queuedWrites < WAITING_PACKETS_MAX
    if (writer.inputWaiting > WAITING_INPUT_SHARE && !(fits && this.#memory.hold(wanted))) {
      throw new NetdaemonError(
        'LIMIT',
        `cannot write to "${this.#id}": it does not read its input, and ${queuedBytes} bytes in ${queuedWrites} packets wait already`,
      )
    }
    this.#run.write(bytes, writer)
    this.#account()
  }

  /** The process has taken so many bytes. */
  took(bytes: number): void {
    this.#taken += bytes
    this.#account()
  }

  /** A writer has gone. What it left waits on; but if that is too much with what others left, it is dropped, without an ACK. */
  left(writer: W): void {
    const { queuedBytes, queuedWrites } = this.#run.streams
    if (writer.inputWaiting === 0 || (queuedBytes <= WAITING_INPUT_MAX && queuedWrites <= WAITING_PACKETS_MAX)) return
    this.#run.streams.drop(writer)
    this.#account()
  }

  /** Nothing waits any more. */
  close(): void {
    this.#memory.close()
  }

  #account(): void {
    this.#memory.hold(this.#run.streams.queuedBytes)
  }
}
