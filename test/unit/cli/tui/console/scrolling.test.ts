// Looking at a console: wrapping, following its end, staying put while it grows, and finding words.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConsoleBuffer, consoleLimits } from '../../../../../cli/tui/console/console-buffer.ts'
import {
  atEnd,
  atStart,
  centred,
  linesBelow,
  type PaneShape,
  type Place,
  paused,
  scrolled,
  visibleRows,
  wrapStarts,
} from '../../../../../cli/tui/console/scrolling.ts'
import { findLine, matchesIn } from '../../../../../cli/tui/console/searching.ts'
import { cells } from '../../../../../vt/cell-widths.ts'

function consoleOf(lines: readonly string[], limit = consoleLimits.lines): ConsoleBuffer {
  const buffer = new ConsoleBuffer({ ...consoleLimits, lines: limit })
  if (lines.length > 0) buffer.write(1, Buffer.from(lines.join('\n')))
  return buffer
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`)
const shape: PaneShape = { width: 10, height: 3, wrap: true }

function seen(buffer: ConsoleBuffer, place: Place, pane = shape): string[] {
  return visibleRows(buffer, place, pane).map(({ line, from, to }) =>
    line.kind === 'gap' ? 'gap' : line.text.slice(from, to),
  )
}

describe('wrapping', () => {
  it('begins a row where the next character would not fit, wide ones too', () => {
    deepEqual(wrapStarts('', 4), [0])
    deepEqual(wrapStarts('abcd', 4), [0])
    deepEqual(wrapStarts('abcdefghi', 4), [0, 4, 8])
    deepEqual(wrapStarts('日本語日', 5), [0, 2])
    deepEqual(wrapStarts('日', 1), [0])
  })

  it('gives rows that fit, and lose nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (text, width) => {
        const starts = wrapStarts(text, width)
        const rows = starts.map((start, at) => text.slice(start, starts[at + 1]))
        equal(rows.join(''), text)
        const single = (row: string) => [...new Intl.Segmenter('en').segment(row)].length === 1
        for (const row of rows) ok(cells(row) <= width || single(row), `${JSON.stringify(row)} in ${width}`)
      }),
    )
  })
})

describe('the pane', () => {
  it('shows the end, and all of what is short', () => {
    deepEqual(seen(consoleOf(numbers(9)), atEnd), ['line 6', 'line 7', 'line 8'])
    deepEqual(seen(consoleOf(['a', 'b']), atEnd), ['a', 'b'])
    deepEqual(seen(consoleOf([]), atEnd), [])
  })

  it('shows the last rows of a long last line, or, without wrapping, its beginning', () => {
    const buffer = consoleOf(['short', 'a'.repeat(25)])
    deepEqual(seen(buffer, atEnd), ['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)])
    deepEqual(seen(buffer, atEnd, { ...shape, wrap: false }), ['short', 'a'.repeat(25)])
  })

  it('stays where it is while more comes, and tells how much is below', () => {
    const buffer = consoleOf(numbers(9))
    const place = paused(buffer, atEnd, shape)
    buffer.write(1, Buffer.from('\nmore\nand more'))
    deepEqual(seen(buffer, place), ['line 6', 'line 7', 'line 8'])
    equal(linesBelow(buffer, place, shape), 2)
    equal(linesBelow(buffer, atEnd, shape), 0)
  })

  it('moves on when the lines it stood on are dropped', () => {
    const buffer = consoleOf(numbers(9), 9)
    const place = atStart(buffer)
    buffer.write(1, Buffer.from('\nmore\nand more'))
    deepEqual(seen(buffer, place), ['line 2', 'line 3', 'line 4'])
  })
})

describe('scrolling', () => {
  it('goes by rows, of wrapped lines too', () => {
    const buffer = consoleOf(['first', `${'a'.repeat(10)}${'b'.repeat(10)}c`, 'last'])
    const up = scrolled(buffer, atEnd, shape, -1)
    deepEqual(seen(buffer, up), ['a'.repeat(10), 'b'.repeat(10), 'c'])
    deepEqual(seen(buffer, scrolled(buffer, up, shape, -5)), ['first', 'a'.repeat(10), 'b'.repeat(10)])
  })

  it('follows again when it reaches the end', () => {
    const buffer = consoleOf(numbers(9))
    const up = scrolled(buffer, atEnd, shape, -4)
    equal(scrolled(buffer, up, shape, 3).kind, 'at')
    equal(scrolled(buffer, up, shape, 4).kind, 'end')
    equal(scrolled(buffer, up, shape, 400).kind, 'end')
  })

  it('up and down again by as much comes back, if it met no end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { minLength: 10, maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (lines, up, by) => {
          const buffer = consoleOf(lines)
          const place = scrolled(buffer, atEnd, shape, -up)
          const higher = scrolled(buffer, place, shape, -by)
          const top = atStart(buffer)
          if (JSON.stringify(higher) === JSON.stringify(top)) return
          deepEqual(seen(buffer, scrolled(buffer, higher, shape, by)), seen(buffer, place))
        },
      ),
    )
  })

  it('can put a line in the middle', () => {
    const buffer = consoleOf(numbers(20))
    deepEqual(seen(buffer, centred(buffer, 10, shape)), ['line 9', 'line 10', 'line 11'])
  })
})

describe('searching', () => {
  it('small letters find capitals, a capital only itself', () => {
    deepEqual(matchesIn('Error: an error', 'error'), [
      [0, 5],
      [10, 15],
    ])
    deepEqual(matchesIn('Error: an error', 'Error'), [[0, 5]])
    deepEqual(matchesIn('aaaa', 'aa'), [
      [0, 2],
      [2, 4],
    ])
    deepEqual(matchesIn('anything', ''), [])
  })

  it('finds the next line, and goes on from the other end', () => {
    const buffer = consoleOf(['an apple', 'a pear', 'an apple', 'a plum'])
    equal(findLine(buffer, 'apple', 1, 'down'), 2)
    equal(findLine(buffer, 'apple', 3, 'down'), 0)
    equal(findLine(buffer, 'apple', 1, 'up'), 0)
    equal(findLine(buffer, 'apple', -1, 'up'), 2)
    equal(findLine(buffer, 'cherry', 0, 'down'), undefined)
    equal(findLine(consoleOf([]), 'apple', 0, 'down'), undefined)
  })
})
