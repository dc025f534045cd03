// What clients write to one process, run after run: how much of it may wait. Invariants: what one run has not taken is never
// given to the next; whoever has little waiting is never refused because
// of what others wrote; what is left waiting by clients that have gone is bounded, since they come and go without end.

import { NetdaemonError } from '../../proto/errors.ts'
import { WAITING_INPUT_MAX, WAITING_INPUT_SHARE, WAITING_PACKETS_MAX } from '../../proto/limits.ts'
import type { Account } from '../memory/budget.ts'
import type { Run } from '../run/run.ts'

/** Who writes. */
export interface Writer {
  /** Bytes that it has written, and the process has not taken. */
  readonly inputWaiting: number
  /** Tells it that these are gone, because this run has ended. */
  dropInput(run: number): void
}

export class ProcessInput<W extends Writer> {
  readonly #id: string
  /** What takes it; undefined between runs. */
  #run: Run<W> | undefined
  readonly #memory: Account
  #taken = 0

  /**
   * @param id of the process, for errors
   * @param memory holds what waits
   */
  constructor(id: string, memory: Account) {
    this.#id = id
    this.#memory = memory
  }

  /** This run takes it from now on; undefined: none does. */
  connect(run: Run<W> | undefined): void {
    this.#run = run
    this.#account()
  }

  /** Bytes that wait for the process. */
  get queued(): number {
    return this.#run?.streams.queuedBytes ?? 0
  }

  /** Bytes that the process, or its pipe, has taken. */
  get taken(): number {
    return this.#taken
  }

  /**
   * Writes after all that came before; no bytes: end of file. `writer.inputWaiting` counts them already.
   *
   * @param run the newest: if it takes no more, the writer is told
   * @throws NetdaemonError LIMIT if too much waits, and more than a little of it is this writer's
   */
  write(writer: W, bytes: Buffer, run: number): void {
    if (this.#run === undefined) {
      writer.dropInput(run)
      return
    }
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
    if (this.#run === undefined) return
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
    this.#memory.hold(this.queued)
  }
}
