// One channel of a process's output, from bytes to harmless text: UTF-8 is decoded, colours become styles, and nothing that
// would move a cursor, ring a bell or turn the direction of text gets through. State survives any cut between chunks; what
// is held of an unfinished sequence is bounded.

import { BEL, ESC } from '../../../vt/grammar.ts'
import { SequenceReader } from '../../../vt/sequence-reader.ts'
import { plain, type Style } from '../screen/style.ts'
import { applySgr } from './sgr.ts'

/** Who builds lines of it. */
export interface OutputSink {
  /** Text without any control character. */
  text(text: string, style: Style): void
  newLine(): void
  /** The line begins anew: a carriage return, and something after it. */
  restart(): void
  /** One character back. */
  backspace(): void
  /** To the next multiple of eight. */
  tab(): void
  /** The cursor went so many cells to the right. */
  forward(count: number): void
}

/**
 * What is not to reach a screen as it is: controls (C0, DEL, C1), and the characters that change the direction of text or
 * break lines.
 */
const special = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u
const nextSpecial = new RegExp(special, 'gu')
/** The same without newlines. A text that has none of these is cut into lines at once. */
const awkward = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

const REPLACEMENT = '\ufffd'
const NEWLINE = 0x0a
/** The furthest that "cursor forward" goes. */
const FORWARD_MAX = 512

export class OutputParser {
  readonly #sink: OutputSink
  #decoder = new TextDecoder()
  readonly #sequences = new SequenceReader({ control: (parameters, final) => this.#sequence(final, parameters) })
  #style: Style = plain
  #returned = false

  constructor(sink: OutputSink) {
    this.#sink = sink
  }

  write(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true })
    if (!this.#sequences.inside && !this.#returned && !awkward.test(text)) this.#plainLines(text)
    else this.#parse(text)
  }

  /** No more bytes will come, or some are missing here: what is unfinished is dropped. */
  reset(): void {
    const rest = this.#decoder.decode()
    if (rest !== '') this.#print(REPLACEMENT)
    this.#decoder = new TextDecoder()
    this.#sequences.abandon()
    this.#style = plain
    this.#returned = false
  }

  #plainLines(text: string): void {
    let at = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', at)) {
      if (end > at) this.#sink.text(text.slice(at, end), this.#style)
      this.#sink.newLine()
      at = end + 1
    }
    if (at < text.length) this.#sink.text(at === 0 ? text : text.slice(at), this.#style)
  }

  #parse(text: string): void {
    let at = 0
    while (at < text.length) {
      if (this.#sequences.inside) {
        if (this.#readSequence(text.charCodeAt(at))) at += 1
        continue
      }
      nextSpecial.lastIndex = at
      const end = nextSpecial.exec(text)?.index ?? text.length
      if (end > at) this.#print(text.slice(at, end))
      if (end < text.length) this.#control(text.charAt(end))
      at = end + 1
    }
  }

  #print(text: string): void {
    if (this.#returned) {
      this.#returned = false
      this.#sink.restart()
    }
    this.#sink.text(text, this.#style)
  }

  #control(character: string): void {
    if (character === '\n') {
      this.#returned = false
      this.#sink.newLine()
    } else if (character === '\r') this.#returned = true
    else if (character === '\x1b') this.#sequences.read(ESC)
    else if (character === '\b') this.#sink.backspace()
    else if (character === '\t') {
      if (this.#returned) this.#print('')
      this.#sink.tab()
    } else if (character !== '\x07') this.#print(picture(character.charCodeAt(0)))
  }

  /**
   * One character of a sequence; false if it is text. Output that is cut off must not swallow the rest: a newline ends any
   * sequence, and BEL any string.
   */
  #readSequence(code: number): boolean {
    const isBell = code === BEL && this.#sequences.inString
    if (code !== NEWLINE && !isBell) return this.#sequences.read(code)
    this.#sequences.abandon()
    return isBell
  }

  #sequence(final: string, parameters: string): void {
    if (final === 'm' && /^[\d;:]*$/.test(parameters)) this.#style = applySgr(this.#style, parameters)
    else if (final === 'K' && (parameters === '1' || parameters === '2')) this.#sink.restart()
    else if (final === 'C' && /^\d*$/.test(parameters)) {
      if (this.#returned) this.#print('')
      this.#sink.forward(Math.min(FORWARD_MAX, Math.max(1, Number(parameters))))
    }
  }
}

/** How a control is shown: as its picture (U+2400…), or, where it has none, as what can't be shown. */
function picture(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : REPLACEMENT
}
