// A terminal that is sent what was drawn of another shows the same, and goes on in the same way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Emulator, EmulatorLibrary } from '../../../../daemon/screen/emulator.ts'
import { lastCut } from '../../../../vt/sequence-scanner.ts'
import { coreOf } from '../../../../vt/xterm.ts'
import { budget } from '../../../support/fuzz.ts'
import { isRegular, printed, stateOf } from '../../../support/terminal/terminal-output.ts'

const library = await EmulatorLibrary.load()
const open = (columns = 20, rows = 5) => library.create({ columns, rows }, () => {})
const print = (emulator: Emulator, text: string) => emulator.print(Buffer.from(text))

/** A terminal on which so much was printed, and one that was sent what was drawn of it. */
function twins(
  text: string,
  columns?: number,
  rows?: number,
): { reference: Emulator; client: Emulator; drawn: string } {
  const reference = open(columns, rows)
  print(reference, text)
  const drawn = reference.draw()
  const client = open(columns, rows)
  print(client, drawn)
  return { reference, client, drawn }
}

const rowOf = (emulator: Emulator, row: number) => emulator.terminal.buffer.active.getLine(row)?.translateToString(true)

test('what is drawn of a screen shows the same, and what follows goes on from it', () => {
  const columns = fc.integer({ min: 2, max: 20 })
  const rows = fc.integer({ min: 1, max: 8 })
  fc.assert(
    fc.property(printed, printed, columns, rows, (before, after, ...size) => {
      const first = Buffer.from(before.join(''))
      const whole = first.subarray(0, lastCut(first))
      const reference = open(...size)
      reference.print(whole)
      fc.pre(isRegular(reference.terminal))
      const drawn = reference.draw()
      const client = open(...size)
      print(client, drawn)
      assert.deepEqual(stateOf(client.terminal), stateOf(reference.terminal), `drawn: ${JSON.stringify(drawn)}`)
      // A mark that combines with what was printed in another character set finds it no more.
      const begun = [first.subarray(whole.length), Buffer.from('\x07')]
      const rest = Buffer.concat([...begun, Buffer.from(after.join(''))])
      reference.print(rest)
      client.print(rest)
      assert.deepEqual(stateOf(client.terminal), stateOf(reference.terminal), `after: ${JSON.stringify(drawn)}`)
    }),
    budget(400),
  )
})

test('in insert mode the last character can be repeated, and combined with, as if there had been no drawing', () => {
  for (const before of ['\x1b[4h12', 'abcdef\x1b[1;3H\x1b[4h12', 'ab漢def\x1b[1;3H\x1b[4h字', '\x1b[4h1234567890']) {
    for (const after of ['\x1b[b', '\x1b[3bx', '\u0301', 'xy']) {
      const { reference, client, drawn } = twins(before, 10, 3)
      for (const emulator of [reference, client]) print(emulator, after)
      assert.deepEqual(stateOf(client.terminal), stateOf(reference.terminal), JSON.stringify([before, after, drawn]))
    }
  }
})

test('a flood of plain lines leaves what it would leave if each were carried out', () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'abc \t漢é👍'), maxLength: 60 }),
    fc.constantFrom('', '\r', 'over\rwritten', '\n', 'x'.repeat(41)),
  )
  const flood = fc.array(fc.tuple(line, fc.constantFrom('\r\n', '\r\n', '\r\n', '\n')), { maxLength: 60, size: 'max' })
  const first = fc.constantFrom('', '', '\x1b[1m', '\x1b(0', '\x0e', '\u009b31m', '\x1b[2;3r', '\x1b[6')
  const size = [fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 8 })] as const
  fc.assert(
    fc.property(printed, first, flood, printed, ...size, (before, unlike, lines, after, columns, rows) => {
      // As one, it is taken for a flood; in pieces, it is not.
      const start = `${before.join('')}\x18`
      const text = lines.map((pair) => pair.join('')).join('')
      const long = unlike + text.repeat(1 + Math.ceil(2000 / Math.max(1, text.length)))
      const whole = open(columns, rows)
      print(whole, start)
      whole.print(Buffer.from(long))
      const pieces = open(columns, rows)
      print(pieces, start)
      for (const character of long) print(pieces, character)
      for (const emulator of [whole, pieces]) print(emulator, after.join(''))
      fc.pre(isRegular(pieces.terminal) && isRegular(whole.terminal))
      assert.deepEqual(stateOf(whole.terminal), stateOf(pieces.terminal), JSON.stringify(long))
    }),
    budget(60),
  )
})

test('a screen on which nothing was printed is drawn as nothing, but for where the cursor is', () => {
  assert.equal(open().draw(), '\x1b[1;1H')
})

test('what follows a character combines with it, or repeats it', () => {
  for (const [before, after, row] of [
    ['cafe', '\u0301', 'cafe\u0301'],
    ['x=', '\x1b[3b', 'x===='],
    ['漢', '\u0301', '漢\u0301'],
    ['\x1b[?6h\x1b[2;3rab', '\u0301', ''],
  ] as const) {
    const { reference, client } = twins(before)
    for (const emulator of [reference, client]) print(emulator, after)
    assert.deepEqual(stateOf(client.terminal), stateOf(reference.terminal))
    assert.equal(rowOf(client, 0), row)
  }
})

test('colours, styles of lines and links come back', () => {
  for (const text of [
    '\x1b[4:3;58:2::1:2:3mcurly\x1b[4:1;59msingle',
    '\x1b[21mdouble\x1b[58:5:9mred',
    '\x1b[1;2;3;5;7;8;9;53mall\x1b[22;38;5;200;48;2;1;2;3m more',
    '\x1b[94;101mbright',
    '\x1b]8;;http://example.org/\x1b\\link\x1b]8;;\x1b\\ none',
    '\x1b[44m\x1b[2J\x1b[3;3Hblue all over',
  ]) {
    const { reference, client, drawn } = twins(text)
    assert.deepEqual(stateOf(client.terminal), stateOf(reference.terminal), JSON.stringify(drawn))
  }
  assert.ok(twins('\x1b]8;;http://x.org/\x1b\\link').drawn.includes('\x1b]8;;http://x.org/\x1b\\link'))
})

test('the modes that the emulator does not know come back too', () => {
  const drawn = (text: string) => twins(text).drawn.replace('\x1b[1;1H', '')
  for (const on of [
    '\x1b[?2004h',
    '\x1b[?1003h\x1b[?1006h',
    '\x1b[?1004h',
    '\x1b[?25l',
    '\x1b[5 q',
    '\x1b[>4;2m',
    '\x1b[?1h',
    '\x1b[?67h',
    '\x1b[?7727h',
    '\x1b[?9001h',
  ]) {
    assert.equal(drawn(on), on)
  }
  // tmux and screen know the keypad by this name only.
  for (const keypad of ['\x1b=', '\x1b[?66h']) assert.equal(drawn(keypad), '\x1b=')
  assert.equal(drawn('\x1b[?1000h\x1b[?1002h'), '\x1b[?1002h', 'one mouse mode replaces another')
  assert.equal(drawn('\x1b[?1002;1006h\x1b[?1002;1006l\x1b[?25l\x1b[?25h\x1b[?2004h\x1b[!p'), '')
  assert.equal(drawn('\x1b=\x1b[?2004h\x1b]0;title\x07\x1bc'), '')
  assert.equal(drawn('\x1b]0;my title\x07'), '\x1b]2;my title\x1b\\')
  assert.equal(drawn('\x1b[>1u\x1b[>3u\x1b[<u\x1b[=4;2u'), '\x1b[>5u')
  assert.equal(drawn('\x1b[>1u\x1b[<9u'), '')
  // Each screen has a keyboard of its own.
  const both = twins('\x1b[>1u\x1b[?1049h\x1b[=2u').drawn
  assert.ok(both.startsWith('\x1b[>1u') && both.includes('\x1b[?1049h') && both.endsWith('\x1b[=2;1u'))
})

test('a larger terminal shows it in its corner', () => {
  const reference = open(10, 3)
  print(reference, 'a line longer than the terminal is wide\x1b[2;4H漢\x1b[3;10H.')
  const larger = open(40, 10)
  print(larger, reference.draw())
  for (let row = 0; row < 3; row++) assert.equal(rowOf(larger, row), rowOf(reference, row))
  assert.equal(rowOf(larger, 3), '')
})

test('the emulator counts emoji as terminals do', () => {
  const emulator = open()
  print(emulator, '👍a✓b❤c漢d')
  const { cursorX } = emulator.terminal.buffer.active
  assert.equal(cursorX, 2 + 1 + 1 + 1 + 1 + 1 + 2 + 1)
})

test('the emulator answers what a terminal is asked', () => {
  const answers: string[] = []
  const emulator = library.create({ columns: 20, rows: 5 }, (text) => answers.push(text))
  print(emulator, 'ab\x1b[6n\x1b[c\x1b[5n')
  assert.deepEqual(answers, ['\x1b[1;3R', '\x1b[?1;2c', '\x1b[0n'])
})

test('drawing leaves the emulator as it is', () => {
  const text = '\x1b[41mred漢\x1b[?1049h\x1b[2;4ralt\x1b7\x1b[3;20Hx'
  const { reference } = twins(text)
  print(reference, 'y\x1b[1J')
  const undrawn = open()
  print(undrawn, `${text}y\x1b[1J`)
  assert.deepEqual(stateOf(reference.terminal), stateOf(undrawn.terminal))
})

test('the private members that are used are what they are taken for', () => {
  const emulator = open(4, 2)
  print(emulator, 'abcd')
  const { buffers, coreService, _charsetService, _inputHandler, _oscLinkService } = coreOf(emulator.terminal)
  const { active } = buffers
  assert.deepEqual([active.x, active.y, active.ybase, active.scrollTop, active.scrollBottom], [4, 0, 0, 0, 1])
  assert.deepEqual(
    [active.savedX, active.savedY, active.savedCharset, active.savedCurAttrData.fg],
    [0, 0, undefined, 0],
  )
  assert.equal(active.tabs[0], true)
  assert.deepEqual([coreService.modes.insertMode, coreService.decPrivateModes.origin], [false, false])
  assert.equal(coreService.decPrivateModes.wraparound, true)
  assert.deepEqual([_charsetService.charset, _charsetService.glevel], [undefined, 0])
  assert.notEqual(_inputHandler._parser.precedingJoinState, 0)
  print(emulator, '\r')
  assert.equal(_inputHandler._parser.precedingJoinState, 0)
  assert.equal(_oscLinkService.getLinkData(1), undefined)
})
