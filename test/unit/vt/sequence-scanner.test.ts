// Where output may be cut, held against the emulator's own parser.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EmulatorLibrary } from '../../../daemon/screen/emulator.ts'
import { cancelString, enterString, lastCut, restOfString, stringAtEnd } from '../../../vt/sequence-scanner.ts'
import type { Terminal } from '../../../vt/xterm.ts'
import { budget } from '../../support/fuzz.ts'
import { printed } from '../../support/terminal/terminal-output.ts'

const library = await EmulatorLibrary.load()

interface Inner {
  readonly _core: {
    readonly _inputHandler: {
      readonly _parser: { readonly currentState: number }
      readonly _utf8Decoder: { readonly interim: Uint8Array }
    }
  }
}

/** Whether the emulator's parser is between characters and sequences. */
function between(terminal: Terminal): boolean {
  const { _parser, _utf8Decoder } = (terminal as unknown as Inner)._core._inputHandler
  return _parser.currentState === 0 && _utf8Decoder.interim[0] === 0
}

function betweenAfter(output: Buffer): boolean {
  const emulator = library.create({ columns: 10, rows: 3 }, () => {})
  emulator.print(output)
  return between(emulator.terminal)
}

const bytes = fc.oneof(
  printed.map((texts) => Buffer.from(texts.join(''))),
  // All kinds of broken characters and sequences.
  fc
    .array(
      fc.constantFrom(
        ...Buffer.from('\x1b\x1b[]P_X^;?0 19mhq\\\x07\x18\x1a\x7fa\n'),
        0xc2,
        0x9b,
        0x9c,
        0xe6,
        0xbc,
        0xa2,
        0xf0,
        0x80,
        0xff,
        0xc0,
      ),
      {
        maxLength: 60,
        size: 'max',
      },
    )
    .map((list) => Buffer.from(list)),
)

test('a cut is where the emulator is between sequences, and the last one that there is', () => {
  fc.assert(
    fc.property(bytes, (output) => {
      const cut = lastCut(output)
      // Not byte by byte: the emulator reads characters wrongly that are handed to it in pieces.
      for (let at = output.length; at > cut; at--)
        assert.ok(!betweenAfter(output.subarray(0, at)), `could be cut at ${at}`)
      assert.ok(betweenAfter(output.subarray(0, cut)), `cannot be cut at ${cut}`)
    }),
    budget(500),
  )
})

test('a character or a sequence that is not complete is not cut', () => {
  for (const [text, cut] of [
    ['abc', 3],
    ['abc\x1b', 3],
    ['abc\x1b[3', 3],
    ['abc\x1b[31m', 8],
    ['a\x1b]0;title', 1],
    ['a\x1b]0;title\x1b', 1],
    ['a\x1b]0;title\x1b\\', 12],
    ['a\x1b]0;title\x07', 11],
    ['a\x1bPq...', 1],
  ] as const) {
    assert.equal(lastCut(Buffer.from(text)), cut, JSON.stringify(text))
  }
  assert.equal(lastCut(Buffer.from('aé漢').subarray(0, 5)), 3)
  assert.equal(lastCut(Buffer.from('a\u009b31')), 1, 'CSI as one character')
})

test('the rest of a long string is known, however it is cut, and a terminal can be made to swallow it', () => {
  const kinds: [string, string][] = [
    ['\x1b]1337;', '\x07'],
    ['\x1b]1337;', '\x1b\\'],
    ['\x1bP1;2q', '\x1b\\'],
    ['\x1b_G', '\x1b\\'],
    ['\x1bPq', '\x18'],
  ]
  for (const [begin, end] of kinds) {
    const state = stringAtEnd(Buffer.from(`${begin}0123`))
    assert.ok(state !== undefined)
    assert.deepEqual(restOfString(Buffer.from('456'), state), { length: 3, ends: false })
    const ended = end === '\x1b\\' ? 3 : 4
    assert.deepEqual(restOfString(Buffer.from(`456${end}shown`), state), { length: ended, ends: true })
    const emulator = library.create({ columns: 20, rows: 2 }, () => {})
    emulator.print(Buffer.from(`${enterString(state)}456${end}shown`))
    assert.equal(emulator.terminal.buffer.active.getLine(0)?.translateToString(true), 'shown')
    const cancelled = library.create({ columns: 20, rows: 2 }, () => {})
    cancelled.print(Buffer.concat([Buffer.from(begin), cancelString, Buffer.from('shown')]))
    assert.equal(cancelled.terminal.buffer.active.getLine(0)?.translateToString(true), 'shown')
  }
  assert.equal(stringAtEnd(Buffer.from('abc')), undefined)
  assert.equal(stringAtEnd(Buffer.from('\x1b[1')), undefined)
})
