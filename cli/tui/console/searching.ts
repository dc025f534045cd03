// Finding words in a console. Small letters find capitals too; a capital finds only itself.

import type { ConsoleContent, ConsoleLine } from './lines.ts'

/** From one character to another. */
type Range = readonly [from: number, to: number]

const textOf = (line: ConsoleLine): string => (line.kind === 'gap' ? '' : line.text)

const ignoresCase = (query: string) => query === query.toLowerCase()

/** Where the words are in a text. Where lower case has another length, case counts. */
export function matchesIn(text: string, query: string): Range[] {
  if (query === '') return []
  const lowered = ignoresCase(query) ? text.toLowerCase() : text
  const searched = lowered.length === text.length ? lowered : text
  const found: Range[] = []
  for (let at = searched.indexOf(query); at !== -1; at = searched.indexOf(query, at + query.length)) {
    found.push([at, at + query.length])
  }
  return found
}

/** The nearest line that has the words, from this one on, and beyond the end from the other side; undefined: none has. */
export function findLine(
  content: ConsoleContent,
  query: string,
  from: number,
  direction: 'up' | 'down',
): number | undefined {
  const count = content.end - content.first
  if (query === '' || count === 0) return undefined
  const step = direction === 'down' ? 1 : -1
  const start = Math.min(Math.max(from, content.first - 1), content.end) - content.first
  for (let tried = 0; tried < count; tried++) {
    const number = content.first + ((((start + step * tried) % count) + count) % count)
    const line = content.line(number)
    if (line !== undefined && matchesIn(textOf(line), query).length > 0) return number
  }
  return undefined
}
