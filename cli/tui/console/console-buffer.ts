// The scrollback of one process: its output as lines, bounded in lines and in memory, the oldest going first. Lines are
// numbered from 0 for good, so that a place in it stays a place whatever is dropped. Lines are never changed, but an
// unfinished one is replaced by a longer one. Each channel has its own unfinished line: a message on stderr does not tear
// a line of stdout apart.

import { LineBuilder, type LineStore } from './line-builder.ts'
import type { Channel, ConsoleContent, ConsoleLine } from './lines.ts'
import { OutputParser } from './output-parser.ts'

export interface ConsoleLimits {
  readonly lines: number
  /** What the lines may take together, roughly, in bytes. */
  readonly bytes: number
  /** Characters of a line, two or more; a longer one goes on in the next. */
  readonly lineLength: number
}

export const consoleLimits: ConsoleLimits = { lines: 5000, bytes: 2 * 1024 * 1024, lineLength: 4096 }

/** What a line costs besides its characters. */
const LINE_OVERHEAD = 96
const RUN_OVERHEAD = 32

const costOf = (line: ConsoleLine): number =>
  line.kind === 'gap'
    ? LINE_OVERHEAD
    : LINE_OVERHEAD + 2 * line.text.length + (line.kind === 'text' ? RUN_OVERHEAD * line.runs.length : 0)

export class ConsoleBuffer implements ConsoleContent, LineStore {
  readonly #limits: ConsoleLimits
  readonly #channels: Readonly<Record<Channel, { readonly parser: OutputParser; readonly lines: LineBuilder }>>
  #lines: ConsoleLine[] = []
  /** Where the oldest line is in the array: lines before it are dropped, and cut off in batches. */
  #head = 0
  #first = 0
  #bytes = 0
  #revision = 0

  constructor(limits: ConsoleLimits = consoleLimits) {
    this.#limits = limits
    const channel = (number: Channel) => {
      const lines = new LineBuilder(number, limits.lineLength, this)
      return { lines, parser: new OutputParser(lines) }
    }
    this.#channels = { 1: channel(1), 2: channel(2) }
  }

  get revision(): number {
    return this.#revision
  }
  get first(): number {
    return this.#first
  }
  get end(): number {
    return this.#first + this.#lines.length - this.#head
  }
  /** What the lines take, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  line(number: number): ConsoleLine | undefined {
    return number < this.#first ? undefined : this.#lines[this.#head + number - this.#first]
  }

  /** Output has come. */
  write(channel: Channel, bytes: Uint8Array): void {
    this.#channels[channel].parser.write(bytes)
  }

  /** Output is missing here. One gap after another is one gap. */
  gap(bytes: number): void {
    this.#finishLines()
    const last = this.line(this.end - 1)
    if (last?.kind === 'gap') this.replace(this.end - 1, { kind: 'gap', bytes: last.bytes + bytes })
    else this.push({ kind: 'gap', bytes })
  }

  note(text: string): void {
    this.#finishLines()
    this.push({ kind: 'note', text })
  }

  /** A run began or ended here. @param joined in place of the border before it, if nothing was written since */
  border(text: string, joined: boolean): void {
    this.#finishLines()
    const isNext = this.line(this.end - 1)?.kind === 'border'
    if (joined && isNext) this.replace(this.end - 1, { kind: 'border', text })
    else this.push({ kind: 'border', text })
  }

  #finishLines(): void {
    for (const { parser, lines } of Object.values(this.#channels)) {
      parser.reset()
      lines.finish()
    }
  }

  /** @internal A line has begun; its number. */
  push(line: ConsoleLine): number {
    this.#lines.push(line)
    this.#bytes += costOf(line)
    this.#revision += 1
    const number = this.end - 1
    this.#trim()
    return number
  }

  /** @internal A line has become this. */
  replace(number: number, line: ConsoleLine): void {
    const old = this.line(number)
    if (old === undefined) throw new Error(`internal error: line ${number} is not there to be replaced`)
    this.#lines[this.#head + number - this.#first] = line
    this.#bytes += costOf(line) - costOf(old)
    this.#revision += 1
    this.#trim()
  }

  #trim(): void {
    while (this.#lines.length - this.#head > this.#limits.lines || this.#bytes > this.#limits.bytes) {
      const oldest = this.#lines[this.#head]
      if (oldest === undefined) break
      this.#bytes -= costOf(oldest)
      this.#head += 1
      this.#first += 1
    }
    // Cutting for each line would move the others each time. The dropped ones hold memory until then.
    if (this.#head > 512 && this.#head * 4 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head)
      this.#head = 0
    }
  }
}
