// Ctrl-C at a process that does not end of it: counts them, and tells a person the ways out, and then lets one more of them detach.

import { isatty } from 'node:tty'
import { say } from '../stdio/stdio.ts'
import type { EndingSignal } from './signal-relay.ts'

/** Signals in a row, without a word typed between them, after which a person is told of ways out. */
const HINT_AT = 3

/** Counts SIGINTs of a person at a terminal who gets nowhere. Of one who types, or of a program, it counts none. */
export class InterruptCount {
  #count = 0

  /** Notes a signal; true when the person was told that this one leaves. */
  givesUp(signal: EndingSignal): boolean {
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
