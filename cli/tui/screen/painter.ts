// From one picture of the screen to the next, with as few bytes as there are changes: rows that are the same are not sent.

/** The terminal shows nothing of what comes between these until it has all (synchronised output, mode 2026). */
const BEGIN = '\x1b[?2026h'
const END = '\x1b[?2026l'

export class Painter {
  #shown: readonly string[] = []

  /** The bytes that make the terminal show these rows; empty: it does already. */
  paint(rows: readonly string[]): string {
    let out = ''
    for (const [at, row] of rows.entries()) if (row !== this.#shown[at]) out += `\x1b[${at + 1}H${row}`
    this.#shown = rows
    return out === '' ? '' : `${BEGIN}${out}${END}`
  }

  /** Nothing is known of what the terminal shows: the next picture is sent as a whole. */
  forget(): void {
    this.#shown = []
  }
}
