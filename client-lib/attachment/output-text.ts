// Output as text, in pieces or in lines. No character is cut where two packets meet, and a gap is told where it is. It asks for
// more only when its own reader does, so a slow reader slows the process as it would with bytes.

import type { OutputChannel } from '../../proto/protocol.ts'
import { type OptionNames, refuseUnknownOptions } from '../link/known-keys.ts'
import type { OutputData, OutputGap, OutputItem, OutputRun } from './output-item.ts'

/** A piece of output as text. */
export interface OutputText {
  readonly kind: 'text'
  /** 1: its standard output; 2: its standard error. */
  readonly channel: OutputChannel
  /** Where its first byte is, counted in bytes of both channels from the start of the process. */
  readonly offset: number
  /** Whole characters. Bytes that are not UTF-8 are U+FFFD. */
  readonly text: string
}

/** A line of output. */
export interface OutputLine {
  readonly kind: 'line'
  /** 1: its standard output; 2: its standard error. */
  readonly channel: OutputChannel
  /** Where its first byte is, counted in bytes of both channels from the start of the process. */
  readonly offset: number
  /** The offset after its last byte: with one channel, attach from there to read on after this line. */
  readonly end: number
  /** The line without its end (`\n` or `\r\n`). Bytes that are not UTF-8 are U+FFFD. */
  readonly text: string
  /** False if no newline ends it: the output has ended, a gap follows, or the line is longer than the limit and goes on. */
  readonly newline: boolean
}

/** Settings of `lines`. */
export interface LinesOptions {
  /** Bytes of one line at most, 4 or more; a longer one comes in pieces. Default: 1,048,576. */
  readonly maxBytes?: number | undefined
}

const linesOptionNames: OptionNames<LinesOptions> = { maxBytes: true }

const LINE_MAX = 1024 * 1024
/** Bytes of the longest character of UTF-8. */
const CHARACTER_MAX = 4
const NEWLINE = 0x0a
const RETURN = 0x0d

/** The output as text, in pieces as they come. */
export function textOf(
  output: AsyncIterable<OutputItem>,
): AsyncGenerator<OutputText | OutputGap | OutputRun, undefined> {
  const piece = (channel: OutputChannel, held: Held, length: number): OutputText[] => {
    if (length === 0) return []
    const { offset, bytes } = held.take(length)
    return [{ kind: 'text', channel, offset, text: bytes.toString() }]
  }
  return pieces(output, {
    of: ({ channel, offset, bytes }, held) => {
      held.add(bytes, offset)
      return piece(channel, held, wholeCharacters(held.bytes, held.length))
    },
    rest: (channel, held) => piece(channel, held, held.length),
  })
}

/** The output in lines. */
export function linesOf(
  output: AsyncIterable<OutputItem>,
  options: LinesOptions = {},
): AsyncGenerator<OutputLine | OutputGap | OutputRun, undefined> {
  refuseUnknownOptions(options, linesOptionNames, 'lines')
  const { maxBytes = LINE_MAX } = options
  const longest = Math.max(CHARACTER_MAX, maxBytes)
  const unended = (channel: OutputChannel, held: Held, length: number): OutputLine => {
    const { offset, end, bytes } = held.take(length)
    return { kind: 'line', channel, offset, end, text: bytes.toString(), newline: false }
  }
  return pieces(output, {
    *of({ channel, offset, bytes }, held) {
      for (let at = 0; at < bytes.length; ) {
        const newline = bytes.indexOf(NEWLINE, at)
        const to = newline === -1 ? bytes.length : newline
        held.add(bytes.subarray(at, to), offset + at)
        while (held.length > longest) yield unended(channel, held, wholeCharacters(held.bytes, longest))
        at = to + 1
        if (newline === -1) continue
        const line = held.take(held.length)
        const length = line.bytes.length - (line.bytes.at(-1) === RETURN ? 1 : 0)
        const begin = line.bytes.length === 0 ? offset + newline : line.offset
        const text = line.bytes.toString('utf8', 0, length)
        yield { kind: 'line', channel, offset: begin, end: offset + at, text, newline: true }
      }
    },
    rest: (channel, held) => (held.length === 0 ? [] : [unended(channel, held, held.length)]),
  })
}

/** What pieces the output is made into. */
interface Cutter<T> {
  /** The pieces that the item completes; what comes after the last of them stays held. */
  of(item: OutputData, held: Held): Iterable<T>
  /** What is held when nothing follows it. */
  rest(channel: OutputChannel, held: Held): Iterable<T>
}

async function* pieces<T>(
  output: AsyncIterable<OutputItem>,
  cutter: Cutter<T>,
): AsyncGenerator<T | OutputGap | OutputRun, undefined> {
  const held = { 1: new Held(), 2: new Held() }
  for await (const item of output) {
    switch (item.kind) {
      case 'data':
        yield* cutter.of(item, held[item.channel])
        break
      case 'end':
        yield* cutter.rest(item.channel, held[item.channel])
        break
      case 'gap':
      case 'run':
        yield* cutter.rest(1, held[1])
        yield* cutter.rest(2, held[2])
        yield item
    }
  }
  yield* cutter.rest(1, held[1])
  yield* cutter.rest(2, held[2])
}

/** Bytes of one channel that no piece has been made of yet. Bytes of the other channel may lie between them. */
class Held {
  #parts: { readonly offset: number; readonly bytes: Buffer }[] = []
  length = 0

  add(bytes: Buffer, offset: number): void {
    if (bytes.length === 0) return
    this.#parts.push({ offset, bytes })
    this.length += bytes.length
  }

  /** All of it, in one piece. */
  get bytes(): Buffer {
    const [first, ...others] = this.#parts
    if (first === undefined) return Buffer.alloc(0)
    return others.length === 0 ? first.bytes : Buffer.concat(this.#parts.map(({ bytes }) => bytes))
  }

  /** Takes away so many bytes from the front; `offset` and `end` are where they lie in the output. */
  take(length: number): { readonly offset: number; readonly end: number; readonly bytes: Buffer } {
    const bytes = this.bytes.subarray(0, length)
    const offset = this.#parts[0]?.offset ?? 0
    let end = offset
    let left = length
    const rest = []
    for (const part of this.#parts) {
      if (left > 0) end = part.offset + Math.min(left, part.bytes.length)
      if (left < part.bytes.length) {
        rest.push({ offset: part.offset + Math.max(left, 0), bytes: part.bytes.subarray(Math.max(left, 0)) })
      }
      left -= part.bytes.length
    }
    this.#parts = rest
    this.length -= length
    return { offset, end, bytes }
  }
}

/** How many of the first `most` bytes are whole characters: the last one may go on after them. */
function wholeCharacters(bytes: Buffer, most: number): number {
  for (let back = 1; back < CHARACTER_MAX && back <= most; back++) {
    const byte = bytes[most - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? most - back : most
  }
  return most
}
