// The packets of one client that are requests, and when they are carried out: at once, or in one of the turns that the requests
// of all clients have. What takes long is done in stages, each in a turn of its own. Invariant: while one waits, no other is taken; the client is not read meanwhile.

import type { RequestShare, RequestTurn } from '../loop/request-turn.ts'

/** A part of what a request takes; it answers what is left to be done, undefined: nothing. */
export type Stage = () => Stage | undefined

export class Inbox {
  readonly #turn: RequestTurn
  readonly #carryOut: (packet: Buffer) => Stage | undefined
  readonly #share: RequestShare
  #waiting = false

  /**
   * @param pid the client's program, as far as it is known
   * @param carryOut is given each packet when its time has come
   */
  constructor(turn: RequestTurn, pid: number | undefined, carryOut: (packet: Buffer) => Stage | undefined) {
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
      this.#turn.run(this.#share, () => this.#goOn(this.#carryOut(packet)))
      return
    }
    // The connection uses its memory again.
    const own = Buffer.allocUnsafeSlow(packet.length)
    packet.copy(own)
    this.#goOn(() => this.#carryOut(own))
  }

  #goOn(stage: Stage | undefined): void {
    if (stage === undefined) return
    this.#waiting = true
    this.#turn.later(this.#share, () => {
      this.#waiting = false
      this.#goOn(stage())
    })
  }

  /** Nothing is carried out any more. */
  dispose(): void {
    this.#turn.giveUp(this.#share)
  }
}
