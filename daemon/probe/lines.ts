// Cuts the output of one channel into lines, as it comes in pieces. Of a line, only the beginning is kept; a line counts as soon as
// so much of it is there, though its end has not come.

/** Bytes of a line that count. */
export const LINE_MAX = 4096
const NEWLINE = 0x0a

export class Lines {
  readonly #onLine: (line: string) => void
  #begun: Buffer[] = []
  #bytes = 0
  /** All of the line that counts has been told: the rest is passed over. */
  #told = false

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** The next piece. Its memory may change after this. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, at)
      const end = newline < 0 ? bytes.length : newline
      this.#add(bytes.subarray(at, end))
      if (newline < 0) return
      this.#tell()
      this.#told = false
      at = newline + 1
    }
  }

  /** Nothing more comes: what is there of a last line is told. */
  end(): void {
    if (this.#bytes > 0) this.#tell()
    this.#told = false
  }

  #add(piece: Buffer): void {
    if (this.#told || piece.length === 0) return
    // A copy: a piece is a view of memory that is read into again.
    const kept = Buffer.from(piece.subarray(0, LINE_MAX - this.#bytes))
    this.#begun.push(kept)
    this.#bytes += kept.length
    if (this.#bytes === LINE_MAX) this.#tell()
  }

  #tell(): void {
    if (this.#told) return
    const line = Buffer.concat(this.#begun).toString()
    this.#begun = []
    this.#bytes = 0
    this.#told = true
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
  }
}
