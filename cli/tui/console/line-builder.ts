// Builds the lines of one channel out of what its parser reads: an unfinished line is replaced by a longer one, and a long
// one goes on in the next.

import { plain, type Style } from '../screen/style.ts'
import { cells } from '../screen/text.ts'
import type { Channel, ConsoleLine, TextLine } from './lines.ts'
import type { OutputSink } from './output-parser.ts'

/** Where lines go. */
export interface LineStore {
  line(number: number): ConsoleLine | undefined
  /** A line has begun; its number. */
  push(line: ConsoleLine): number
  /** A line has become this. */
  replace(number: number, line: ConsoleLine): void
}

/** Builds the lines of one channel. */
export class LineBuilder implements OutputSink {
  readonly #channel: Channel
  readonly #lengthMax: number
  readonly #store: LineStore
  /** The number of the unfinished line. */
  #open: number | undefined

  constructor(channel: Channel, lengthMax: number, store: LineStore) {
    this.#channel = channel
    this.#lengthMax = lengthMax
    this.#store = store
  }

  text(text: string, style: Style): void {
    let rest = text
    for (;;) {
      const line = this.#line()
      const room = this.#lengthMax - line.text.length
      if (rest.length <= room) {
        if (rest !== '' || line.text === '') this.#set(extended(line, rest, style))
        return
      }
      const cut = wholeCharacters(rest, room)
      if (cut > 0) this.#set(extended(line, rest.slice(0, cut), style))
      this.finish()
      rest = rest.slice(cut)
    }
  }

  newLine(): void {
    if (this.#unfinished() === undefined) this.#set(this.#line())
    this.finish()
  }

  restart(): void {
    if (this.#unfinished() !== undefined) this.#set(this.#empty())
  }

  backspace(): void {
    const line = this.#unfinished()
    if (line === undefined || line.text === '') return
    const length = line.text.length - (/[\ud800-\udbff][\udc00-\udfff]$/.test(line.text) ? 2 : 1)
    this.#set({
      ...line,
      text: line.text.slice(0, length),
      runs: line.runs.filter(({ at }) => at < length),
    })
  }

  tab(): void {
    this.text(' '.repeat(8 - (cells(this.#line().text) % 8)), plain)
  }

  forward(count: number): void {
    this.text(' '.repeat(count), plain)
  }

  /** What comes next is another line. */
  finish(): void {
    this.#open = undefined
  }

  #unfinished(): TextLine | undefined {
    const line = this.#open === undefined ? undefined : this.#store.line(this.#open)
    return line?.kind === 'text' ? line : undefined
  }

  #line(): TextLine {
    return this.#unfinished() ?? this.#empty()
  }

  #empty(): TextLine {
    return { kind: 'text', channel: this.#channel, text: '', runs: [] }
  }

  #set(line: TextLine): void {
    // The unfinished line may have been dropped for its age meanwhile.
    if (this.#open !== undefined && this.#unfinished() !== undefined) this.#store.replace(this.#open, line)
    else this.#open = this.#store.push(line)
  }
}

/** The line with more text at its end. */
function extended(line: TextLine, text: string, style: Style): TextLine {
  const current = line.runs.at(-1)?.style ?? plain
  if (text === '' || style === current) return { ...line, text: line.text + text }
  return { ...line, text: line.text + text, runs: [...line.runs, { at: line.text.length, style }] }
}

/** At most so many code units, and no half of a surrogate pair. */
function wholeCharacters(text: string, room: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(room - 1)) ? room - 1 : room
}
