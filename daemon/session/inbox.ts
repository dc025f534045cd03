// The packets of one client that are requests, and when they are carried out: at once, or in one of the turns that the requests
// of all clients have. Invariant: while one waits, no other is taken; the client is not read meanwhile.

import type { RequestShare, RequestTurn } from '../loop/request-turn.ts'

export class Inbox {
  readonly #turn: RequestTurn
  readonly #carryOut: (packet: Buffer) => void
  readonly #share: RequestShare
  #waiting = false

  /**
   * @param pid the client's program, as far as it is known
   * @param carryOut is given each packet when its time has come
   */
  constructor(turn: RequestTurn, pid: number | undefined, carryOut: (packet: Buffer) => void) {
    this.#turn = turn
    this.#share = turn.share(pid)
    this.#carryOut = carryOut
  }

  /** A packet waits for its turn. */
  get waiting(): boolean {
    return this.#waiting
  }

  take(packet: Buffer): void {
    if (this.#turn.mayRun(packet.length)) {
      this.#turn.run(this.#share, () => this.#carryOut(packet))
      return
    }
    // The connection uses its memory again.
    const own = Buffer.allocUnsafeSlow(packet.length)
    packet.copy(own)
    this.#waiting = true
    this.#turn.later(this.#share, () => {
      this.#waiting = false
      this.#carryOut(own)
    })
  }

  /** Nothing is carried out any more. */
  dispose(): void {
    this.#turn.giveUp(this.#share)
  }
}
