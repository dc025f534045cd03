// The scrollback of the UI: any bytes in any pieces become harmless lines, and never more of them than is allowed.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConsoleBuffer, type ConsoleLimits, consoleLimits } from '../../../../../cli/tui/console/console-buffer.ts'
import { type Channel, type ConsoleLine, lineSpans, type TextLine } from '../../../../../cli/tui/console/lines.ts'
import { plain, RGB } from '../../../../../cli/tui/screen/style.ts'
import { cells } from '../../../../../vt/cell-widths.ts'

function linesOf(buffer: ConsoleBuffer): ConsoleLine[] {
  return Array.from({ length: buffer.end - buffer.first }, (_, at) => buffer.line(buffer.first + at)!)
}

const textOf = (line: ConsoleLine) => (line.kind === 'gap' ? `gap ${line.bytes}` : line.text)

/** What the buffer makes of this, written to stdout. */
function shown(text: string, limits?: ConsoleLimits): string[] {
  const buffer = new ConsoleBuffer(limits)
  buffer.write(1, Buffer.from(text))
  return linesOf(buffer).map(textOf)
}

const only = (text: string): TextLine => {
  const buffer = new ConsoleBuffer()
  buffer.write(1, Buffer.from(text))
  const [line] = linesOf(buffer)
  ok(line?.kind === 'text')
  return line
}

describe('lines', () => {
  it('are cut at newlines; an unfinished one is shown as far as it has come', () => {
    deepEqual(shown('one\ntwo\r\n\nthree'), ['one', 'two', '', 'three'])
  })

  it('go on where they were, also when the other channel wrote between', () => {
    const buffer = new ConsoleBuffer()
    for (const [channel, text] of [
      [1, 'name: '],
      [2, 'warning\n'],
      [1, 'Bob\n'],
    ] as const) {
      buffer.write(channel, Buffer.from(text))
    }
    deepEqual(
      linesOf(buffer).map((line) => line.kind === 'text' && [line.channel, line.text]),
      [
        [1, 'name: Bob'],
        [2, 'warning'],
      ],
    )
  })

  it('that are too long go on in the next, and no character is torn', () => {
    const limits = { ...consoleLimits, lineLength: 5 }
    deepEqual(shown('abcdefghijklm\nx', limits), ['abcde', 'fghij', 'klm', 'x'])
    deepEqual(shown('abcd😀e', limits), ['abcd', '😀e'])
  })

  it('begin anew after a carriage return, when something follows', () => {
    deepEqual(shown('10 %\r20 %\r30 %\r'), ['30 %'])
    deepEqual(shown('half\r\nwhole'), ['half', 'whole'])
    deepEqual(shown('gone\x1b[2Khere'), ['here'])
  })

  it('know tabs, backspaces and cursor-forward', () => {
    deepEqual(shown('a\tb\n\tc\nabc\b\bX\nF\bFo\bo\n1\x1b[3C2\n😀\b!'), [
      'a       b',
      '        c',
      'aX',
      'Fo',
      '1   2',
      '!',
    ])
  })

  it('have tabs where they belong, whatever is before them', () => {
    const steps = fc.array(fc.constantFrom('a', '日', '😀', '\t', '\b', '\r', '\x1b[2K', '\x1b[3C', 'ab\tc'), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(steps, (each) => {
        const [before = ''] = shown(each.join('').replaceAll('\r', '\r+'))
        const [line = ''] = shown(`${each.join('').replaceAll('\r', '\r+')}\t|`)
        equal(cells(line.slice(0, -1)), cells(before) + 8 - (cells(before) % 8))
      }),
    )
    // Other lines, those that go on in the next, and those that are dropped begin at the first column.
    const limits = { ...consoleLimits, lineLength: 9 }
    deepEqual(shown('日本\t1234567\tx\n\ty', limits), ['日本    123', '4567    x', '        y'])
    const buffer = new ConsoleBuffer({ ...consoleLimits, lines: 1 })
    buffer.write(1, Buffer.from('日本\t'))
    buffer.write(2, Buffer.from('note\n'))
    buffer.write(1, Buffer.from('ab\tc'))
    deepEqual(buffer.line(buffer.end - 1), { kind: 'text', channel: 1, text: 'ab      c', runs: [] })
  })

  it('may be made of nothing but tabs and wide characters', () => {
    const line = '日\t'.repeat(100_000)
    ok(shown(line).every((each) => each.length <= consoleLimits.lineLength))
  })
})

describe('what is not text', () => {
  it('escape sequences are taken out, whatever they would do', () => {
    deepEqual(shown('a\x1b[2J\x1b[10;5Hb\x1b]0;title\x07c\x1b]8;;http://x\x1b\\d\x1b(Be\x1b7f\x1bPq#1\x1b\\g'), [
      'abcdefg',
    ])
  })

  it('controls are shown as pictures, C1 controls and turns of direction as unknown, and the bell not at all', () => {
    deepEqual(shown('\x00\x01\x7f'), ['␀␁␡'])
    deepEqual(shown('a\u009b31mb\u202ec'), ['a\ufffd31mb\ufffdc'])
    deepEqual(shown('ding\x07dong'), ['dingdong'])
  })

  it('a sequence that never ends swallows no more than its line', () => {
    deepEqual(shown('a\x1b]0;never ended\nb\x1b[31\nc\x1b'), ['a', 'b', 'c'])
  })

  it('bytes that are no UTF-8 become U+FFFD', () => {
    const buffer = new ConsoleBuffer()
    buffer.write(1, Buffer.from([0x61, 0xff, 0x62, 0xe2, 0x82]))
    buffer.gap(3)
    deepEqual(linesOf(buffer).map(textOf), ['a\ufffdb\ufffd', 'gap 3'])
  })
})

describe('colours', () => {
  it('become styles of the text', () => {
    const line = only('a\x1b[1;31mb\x1b[0mc\x1b[38;5;208md\x1b[48;2;1;2;3me\x1b[mf')
    equal(line.text, 'abcdef')
    deepEqual(lineSpans(line), [
      { text: 'a', style: plain },
      { text: 'b', style: { bold: true, fg: 1 } },
      { text: 'c', style: plain },
      { text: 'd', style: { fg: 208 } },
      { text: 'e', style: { fg: 208, bg: RGB + 0x010203 } },
      { text: 'f', style: plain },
    ])
  })

  it('are read with colons too, and last over lines', () => {
    const buffer = new ConsoleBuffer()
    buffer.write(1, Buffer.from('\x1b[38:2::1:2:3mone\ntwo\x1b[39m'))
    for (const line of linesOf(buffer)) {
      ok(line.kind === 'text')
      deepEqual(lineSpans(line)[0]?.style, { fg: RGB + 0x010203 })
    }
  })

  it('a part of a line has the styles of that part', () => {
    const line = only('ab\x1b[4mcd\x1b[24mef')
    deepEqual(
      lineSpans(line, 1, 5).map(({ text }) => text),
      ['b', 'cd', 'e'],
    )
  })
})

describe('gaps and notes', () => {
  it('end the unfinished lines; one gap after another is one', () => {
    const buffer = new ConsoleBuffer()
    buffer.write(1, Buffer.from('\x1b[31mhalf'))
    buffer.gap(10)
    buffer.gap(5)
    buffer.write(1, Buffer.from('next'))
    buffer.note('exited with 0')
    deepEqual(linesOf(buffer).map(textOf), ['half', 'gap 15', 'next', 'exited with 0'])
    const next = buffer.line(buffer.end - 2)
    ok(next?.kind === 'text' && next.runs.length === 0)
  })
})

describe('bounds', () => {
  it('the oldest lines go first, and the numbers of the others stay', () => {
    const buffer = new ConsoleBuffer({ ...consoleLimits, lines: 3 })
    buffer.write(1, Buffer.from('0\n1\n2\n3\n4'))
    equal(buffer.first, 2)
    equal(buffer.end, 5)
    deepEqual(
      [1, 2, 4, 5].map((number) => buffer.line(number)).map((line) => line && textOf(line)),
      [undefined, '2', '4', undefined],
    )
  })

  it('an unfinished line that was dropped for its age is begun again', () => {
    const buffer = new ConsoleBuffer({ ...consoleLimits, lines: 2 })
    buffer.write(1, Buffer.from('old'))
    buffer.write(2, Buffer.from('a\nb\nc\n'))
    buffer.write(1, Buffer.from(' new'))
    deepEqual(linesOf(buffer).map(textOf), ['c', ' new'])
  })
})

/** Bytes as programs write them, and as they should not. */
const output = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc
    .array(
      fc.oneof(
        fc.constantFrom('\n', '\r', '\r\n', '\t', '\b', '\x1b[31m', '\x1b[0m', '\x1b[2K', '\x1b[5;5H', '\x1b]0;t\x07'),
        fc.constantFrom('\x1b', '\x1b[', '\x1b[3', '\x1bP', '\x18', '日本', 'é', '\u202e', '\x9b', '😀'),
        fc.string({ maxLength: 8 }),
      ),
      { maxLength: 40 },
    )
    .map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
)
const outputs = fc.array(fc.tuple(fc.constantFrom<Channel>(1, 2), output), { maxLength: 12 })

describe('any bytes', () => {
  it('give the same lines in whatever pieces they come', () => {
    fc.assert(
      fc.property(outputs, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (items, sizes) => {
        const whole = new ConsoleBuffer()
        const pieces = new ConsoleBuffer()
        for (const [channel, bytes] of items) {
          whole.write(channel, bytes)
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value
            pieces.write(channel, bytes.subarray(at, at + size))
            at += size
          }
        }
        const parts = (buffer: ConsoleBuffer) =>
          linesOf(buffer).map((line) => (line.kind === 'text' ? [line.channel, lineSpans(line)] : line))
        deepEqual(parts(pieces), parts(whole))
      }),
      { numRuns: 300 },
    )
  })

  it('never get a control character, or a turn of direction, onto the screen', () => {
    fc.assert(
      fc.property(outputs, (items) => {
        const buffer = new ConsoleBuffer()
        for (const [channel, bytes] of items) buffer.write(channel, bytes)
        for (const line of linesOf(buffer)) {
          ok(!/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(textOf(line)), JSON.stringify(textOf(line)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never take more lines, or more memory, than allowed', () => {
    const limits = { lines: 20, bytes: 4000, lineLength: 50 }
    fc.assert(
      fc.property(outputs, fc.integer({ min: 1, max: 6 }), (items, times) => {
        const buffer = new ConsoleBuffer(limits)
        for (let time = 0; time < times; time++) {
          for (const [channel, bytes] of items) {
            buffer.write(channel, bytes)
            ok(buffer.end - buffer.first <= limits.lines)
            ok(buffer.bytes <= limits.bytes)
          }
          buffer.gap(7)
        }
        const lines = linesOf(buffer)
        ok(lines.every((line) => line !== undefined && (line.kind !== 'text' || line.text.length <= limits.lineLength)))
        for (const line of lines)
          if (line.kind === 'text')
            equal(
              textOf(line),
              lineSpans(line)
                .map(({ text }) => text)
                .join(''),
            )
      }),
      { numRuns: 300 },
    )
  })

  it('text that needs no care comes out as it went in', () => {
    const word = fc.string({ maxLength: 30 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
        deepEqual(shown(`${words.join('\n')}\n`), words)
      }),
    )
  })
})
