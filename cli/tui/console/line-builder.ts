// Builds the lines of one channel out of what its parser reads: an unfinished line is replaced by a longer one, and a long
// one goes on in the next.

import { cells } from '../../../vt/cell-widths.ts'
import { plain, type Style } from '../screen/style.ts'
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
  /** How much of the unfinished line has been measured for a tab, in code units, and the cells that it takes. */
  #measured = { length: 0, cells: 0 }

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
    this.#measured = { length: 0, cells: 0 }
    if (this.#unfinished() !== undefined) this.#set(this.#empty())
  }

  backspace(): void {
    const line = this.#unfinished()
    if (line === undefined || line.text === '') return
    const length = line.text.length - (/[\ud800-\udbff][\udc00-\udfff]$/.test(line.text.slice(-2)) ? 2 : 1)
    if (length < this.#measured.length) {
      this.#measured = { length, cells: this.#measured.cells - cells(line.text.slice(length)) }
    }
    this.#set({
      ...line,
      text: line.text.slice(0, length),
      runs: line.runs.filter(({ at }) => at < length),
    })
  }

  tab(): void {
    this.text(' '.repeat(8 - (this.#column() % 8)), plain)
  }

  forward(count: number): void {
    this.text(' '.repeat(count), plain)
  }

  /** What comes next is another line. */
  finish(): void {
    this.#open = undefined
    this.#measured = { length: 0, cells: 0 }
  }

  /** The cells that the unfinished line takes. Only what is new is measured: tab after tab may come. */
  #column(): number {
    const text = this.#unfinished()?.text
    if (text === undefined) return 0
    const { length, cells: before } = this.#measured
    const taken = before + cells(text.slice(length))
    this.#measured = { length: text.length, cells: taken }
    return taken
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
    else {
      this.#open = this.#store.push(line)
      this.#measured = { length: 0, cells: 0 }
    }
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
