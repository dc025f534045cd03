// The keys that detach, at a terminal that stays in its line mode: lines are edited and shown by the terminal, and reach the
// process when Return is struck. The last of the keys ends a line, too, so that it needs no Return.

import { keyEndsLine, type LineDiscipline, startKey } from '../terminal/line-discipline.ts'
import type { Key } from './detach-keys.ts'

/** What becomes of a line. */
export interface LineTaken {
  /** For the process. */
  readonly bytes: Uint8Array
  readonly detach: boolean
}

export class LineKeys {
  readonly #keys: Buffer
  readonly #last: Key | undefined
  readonly #discipline: LineDiscipline

  constructor(keys: readonly Key[], discipline: LineDiscipline) {
    this.#keys = Buffer.from(keys.map(({ byte }) => byte))
    const last = keys.at(-1)
    // A letter that ended lines would take them apart.
    this.#last = last?.ctrl ? last : undefined
    this.#discipline = discipline
  }

  /** We have the terminal, for the first time or again: prepares it. Bash gives a job that was stopped none of its modes back. */
  enter(): void {
    const { byte } = this.#last ?? {}
    if (byte !== undefined) this.#discipline.hold((saved) => keyEndsLine(saved, byte))
  }

  leave(): void {
    this.#discipline.restoreOwn()
  }

  /** Looks at a line, as it was read. What was typed before the keys is not sent: it was not finished. */
  take(line: Buffer): LineTaken {
    if (this.#keys.length > 0 && line.includes(this.#keys)) return { bytes: Buffer.alloc(0), detach: true }
    return { bytes: this.#withoutStart(line), detach: false }
  }

  /** Without the key that only lets stopped output go on, and would not have been read without us. */
  #withoutStart(line: Buffer): Buffer {
    const { saved } = this.#discipline
    const last = this.#last?.byte
    if (saved === undefined || last === undefined || startKey(saved) !== last || line.at(-1) !== last) return line
    return line.subarray(0, -1)
  }
}
