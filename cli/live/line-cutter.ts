// Cuts output into lines, each channel by itself. A line that never ends is given out in pieces.

import { StringDecoder } from 'node:string_decoder'

export interface CutLine {
  readonly channel: 1 | 2
  /** Where its first byte is. */
  readonly offset: number
  /** Without its end. */
  readonly text: string
}

const LINE_MAX = 64 * 1024
const NEWLINE = 0x0a

export class LineCutter {
  readonly #begun = new Map<1 | 2, { readonly offset: number; text: string; readonly decoder: StringDecoder }>()

  /** The lines that these bytes complete. */
  of(channel: 1 | 2, offset: number, bytes: Uint8Array): CutLine[] {
    const lines: CutLine[] = []
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(NEWLINE, at)
      const to = found === -1 ? bytes.length : found
      const line = this.#begun.get(channel) ?? { offset: offset + at, text: '', decoder: new StringDecoder('utf8') }
      line.text += line.decoder.write(Buffer.from(bytes.subarray(at, to)))
      this.#begun.set(channel, line)
      at = to + 1
      if (found !== -1 || line.text.length > LINE_MAX) lines.push(this.#end(channel, line))
    }
    return lines
  }

  /** What has begun and nothing has ended. */
  rest(): CutLine[] {
    return Array.from(this.#begun, ([channel, line]) => this.#end(channel, line))
  }

  #end(channel: 1 | 2, { offset, text, decoder }: { offset: number; text: string; decoder: StringDecoder }): CutLine {
    this.#begun.delete(channel)
    return { channel, offset, text: (text + decoder.end()).replace(/\r$/, '') }
  }
}
