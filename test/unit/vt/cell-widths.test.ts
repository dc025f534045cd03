// The rule of widths, held against string-width, against the emulators that go by it, and against itself.

import { equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import xterm from '@xterm/headless'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { cells, characterCells, cutText, fitText, graphemeCells, isSimple } from '../../../vt/cell-widths.ts'
import { setWidths } from '../../../vt/emulator-widths.ts'

/** Characters that have a name. */
const characters = Array.from({ length: 0x30000 }, (_, code) => code).filter(
  (code) => !/[\p{Cc}\p{Cs}\p{Cn}\p{Co}]/u.test(String.fromCodePoint(code)),
)
/** Vowels and final consonants of Hangul, and the blanks in place of them: string-width counts a lone one, and terminals don't. */
const isJamo = (code: number) => (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7fb)
const shownByTerminals = [0xad, 0x115f, 0x3164, 0xffa0]

describe('a character', () => {
  it('is as wide as string-width has it', () => {
    for (const code of characters) {
      if (isJamo(code) || shownByTerminals.includes(code)) continue
      equal(characterCells(code), stringWidth(String.fromCodePoint(code)), code.toString(16))
    }
  })

  it('is simple only if it takes one cell, also beside others', () => {
    for (const code of characters) {
      const character = String.fromCodePoint(code)
      if (isSimple(character)) equal(characterCells(code), 1, code.toString(16))
    }
    equal(cells('ab…─'), 4)
  })

  it('is as wide in an emulator', () => {
    const terminal = new xterm.Terminal({ cols: 10, rows: 1, allowProposedApi: true })
    setWidths(terminal)
    const { _core } = terminal as unknown as {
      readonly _core: { readonly _inputHandler: { parse(text: string): void } }
    }
    for (const code of characters.filter((each, at) => at % 97 === 0 || (each >= 0x1f000 && each < 0x1fb00))) {
      _core._inputHandler.parse(`\ra${String.fromCodePoint(code)}`)
      equal(terminal.buffer.active.cursorX - 1, characterCells(code), code.toString(16))
    }
    terminal.dispose()
  })
})

describe('a text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 })

  it('takes two cells for an emoji, however many characters it has, and none for marks', () => {
    for (const emoji of ['🚀', '👩‍🚀', '👍🏽', '❤️', '1️⃣', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧‍👦', '🏳‍🌈']) equal(cells(emoji), 2, emoji)
    equal(cells('❤'), 1)
    equal(cells('é̀'), 1)
    equal(cells('한글'), 4)
    equal(cells('한'), 2)
    equal(cells('日本'), 4)
    equal(cells('ｱ'), 1)
    equal(cells(''), 0)
  })

  it('takes what its graphemes take, and is measured at once however many marks follow a character', () => {
    fc.assert(fc.property(text, text, (one, other) => equal(cells(`${one}\n${other}`), cells(one) + cells(other))))
    equal(graphemeCells(`a${'\u0301'.repeat(1_000_000)}`), 1)
  })

  it('is cut and filled to exactly so many cells', () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('left' as const, 'right' as const),
        (each, width, align) => {
          ok(cells(cutText(each, width)) <= width)
          equal(cells(fitText(each, width, align)), width)
        },
      ),
    )
    equal(cutText('abcdef', 4), 'abc…')
    equal(cutText('日本語', 4), '日…')
    equal(cutText('日本語', 5), '日本…')
    equal(cutText('abc', 3), 'abc')
    equal(cutText('abc', 0), '')
    equal(fitText('日本語', 4), '日… ')
  })
})
