// Prints lines of the output of one or several processes: of several, each behind its id, in a colour of its own.

import { print } from '../stdio/stdio.ts'
import { jsonText } from '../text/steering.ts'
import { paint, visible } from '../text/table.ts'

/** What stands in a log: a line of output, or a remark about it. */
export type LogEntry =
  | { readonly kind: 'line'; readonly channel: 1 | 2; readonly offset: number; readonly text: string }
  | { readonly kind: 'remark'; readonly text: string; readonly isBorder: boolean }

export interface LogStyle {
  readonly colour: boolean
  readonly json: boolean
  /** Whether the borders of runs are shown. */
  readonly borders: boolean
}

/** Cyan, green, yellow, magenta, blue, and the same bright: all can be read on black and on white. */
const COLOURS = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94]

export class LogPrinter {
  readonly #prefixes: ReadonlyMap<string, string>
  readonly #style: LogStyle

  constructor(ids: readonly string[], style: LogStyle) {
    const width = Math.max(0, ...ids.map((id) => id.length))
    const prefix = (id: string, at: number) => {
      const text = `${visible(id).padEnd(width)} | `
      return style.colour ? `\x1b[${COLOURS[at % COLOURS.length]}m${text}\x1b[0m` : text
    }
    this.#prefixes = new Map(ids.length < 2 ? [] : ids.map((id, at) => [id, prefix(id, at)]))
    this.#style = style
  }

  /** Prints all of them in one piece. @throws OutputError */
  async print(id: string, entries: readonly LogEntry[]): Promise<void> {
    const prefix = this.#prefixes.get(id) ?? ''
    const { json, borders, colour } = this.#style
    const text = entries
      .map((entry) => {
        if (entry.kind === 'line') {
          const { channel, offset, text } = entry
          return json ? `${jsonText({ id, channel, offset, text })}\n` : `${prefix}${text}\n`
        }
        const isShown = !json && (!entry.isBorder || borders)
        return isShown ? `${prefix}${paint(`-- ${entry.text} --`, 'dim', colour)}\n` : ''
      })
      .join('')
    if (text !== '') await print(text)
  }
}
