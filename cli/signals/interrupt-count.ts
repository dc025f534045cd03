// Counts the Ctrl-Cs of a person whose process does not end by them: after some it tells the ways out, and one more detaches.

import { isatty } from 'node:tty'
import { say } from '../stdio/stdio.ts'

/** Signals in a row, without a word typed between them, after which a person is told of ways out. */
const HINT_AT = 3

/** Counts only SIGINTs that come from a terminal with no typing in between. */
export class InterruptCount {
  #count = 0

  /** Notes a signal; true when the person was told that this one leaves. */
  givesUp(signal: string): boolean {
    if (signal !== 'SIGINT' || !isatty(0) || !isatty(2)) return false
    this.#count += 1
    return this.#count > HINT_AT
  }

  /** After a SIGINT was passed on: tells of the ways out, when it is time. */
  async hint(id: string): Promise<void> {
    if (this.#count !== HINT_AT) return
    await say(
      `"${id}" still runs after ${HINT_AT} times Ctrl-C; once more detaches and leaves it running; "ndctl kill -KILL ${id}" from another shell ends it`,
    )
  }

  forget(): void {
    this.#count = 0
  }
}
