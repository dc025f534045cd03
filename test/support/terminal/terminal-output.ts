// What programs print to terminals, made at random: text of all widths, and the sequences that move, colour, scroll, erase and
// switch. And what an emulator shows, in a form that can be compared.

import fc from 'fast-check'
import { type Attributes, coreOf, isUnderlined, newCell, type ScreenBuffer, type Terminal } from '../../../vt/xterm.ts'

const small = fc.nat(12)
const csi = (parameters: fc.Arbitrary<string>, final: string) => parameters.map((text) => `\x1b[${text}${final}`)
const numbers = fc.array(small, { maxLength: 3 }).map((list) => list.join(';'))
const color = fc.oneof(
  fc.constantFrom('30', '37', '42', '91', '107', '39', '49'),
  fc.nat(255).map((n) => `38;5;${n}`),
  fc.nat(255).map((n) => `48;5;${n}`),
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map(([r, g, b]) => `48;2;${r};${g};${b}`),
)
const flag = fc.constantFrom('', '0', '1', '2', '3', '4', '5', '7', '8', '9', '22', '24', '27', '53', '55')
const mode = fc.constantFrom(
  1,
  5,
  6,
  7,
  9,
  12,
  25,
  45,
  47,
  66,
  1000,
  1002,
  1003,
  1004,
  1006,
  1047,
  1048,
  1049,
  2004,
  2026,
)

/** Words of text, some of them wide, combined, or emoji. */
export const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abcdefgh ~qx`'), maxLength: 30 }),
  fc.constantFrom('漢字', 'é̀', '👍', '🇩🇪', 'ｱ', 'ä', '✓', '─│'),
)

const sequences: fc.Arbitrary<string>[] = [
  csi(fc.oneof(flag, color), 'm'),
  ...[...'ABCDEFGHIJKLMPSTXZ@`abdefrgsu'].map((final) => csi(numbers, final)),
  csi(fc.constantFrom('4', '20', ''), 'h'),
  csi(fc.constantFrom('4', '20', ''), 'l'),
  mode.map((number) => `\x1b[?${number}h`),
  mode.map((number) => `\x1b[?${number}l`),
  fc.constantFrom('\x1b[!p', '\x1bc', '\x1b#8', '\x1b[?1049h', '\x1b[?1049l', '\x1b[2J\x1b[H', '\x1b[3J'),
  fc.constantFrom('\x1b7', '\x1b8', '\x1bD', '\x1bE', '\x1bH', '\x1bM', '\x1b=', '\x1b>', '\x1bn', '\x1bo'),
  fc.constantFrom('\x1b(0', '\x1b(B', '\x1b)0', '\x1b)A', '\x0e', '\x0f', '\x1b(4'),
  fc.constantFrom('\x1b[5 q', '\x1b[0 q', '\x1b[>1u', '\x1b[<u', '\x1b[=3;2u', '\x1b[>4;2m'),
  fc.constantFrom('\x1b]0;a title\x07', '\x1b]2;other\x1b\\', '\x1bP$qm\x1b\\'),
  fc.constantFrom('\x1b_an\x1b\\', '\x1b]52;c;eA==\x07', '\x1b[c', '\x1b[6n', '\x1b[>c', '\x1b[?6n'),
  fc.constantFrom('\r', '\n', '\r\n', '\b', '\t', '\x07', '\x0b', '\x1b[2;3r', '\x1b[;5r', '\x1b[r'),
  // Broken ones.
  fc.constantFrom('\x1b', '\x1b[', '\x1b[1', '\x1b]x', '\x1bP', '\x18', '\x1b[1\n2m', '\u009b31m', '\u0085', '\x1b[?'),
]

/** Anything that a program may print. */
export const printed = fc.array(
  fc.oneof({ arbitrary: text, weight: 2 }, { arbitrary: fc.oneof(...sequences), weight: 3 }),
  {
    maxLength: 40,
    size: 'max',
  },
)

/** All that counts of what a terminal shows, and of how it will go on. */
export function stateOf(terminal: Terminal): object {
  const core = coreOf(terminal)
  const { buffers, coreService, _inputHandler, _charsetService } = core
  const { normal, alt, active } = buffers
  return {
    screens: (active === alt ? [normal, alt] : [normal]).map((buffer) => ({
      rows: rowsOf(terminal, buffer),
      region: [buffer.scrollTop, buffer.scrollBottom],
      tabs: Array.from({ length: core.cols }, (_, column) => buffer.tabs[column] === true),
      saved: [
        Math.min(buffer.savedX, core.cols - 1),
        Math.min(Math.max(buffer.savedY - buffer.ybase, 0), core.rows - 1),
        penOf(terminal, buffer.savedCurAttrData, false),
        buffer.savedCharset,
      ],
    })),
    alternate: active === alt,
    cursor: [active.x, active.y],
    pen: penOf(terminal, _inputHandler._curAttrData, true),
    modes: [coreService.modes, coreService.decPrivateModes.origin, coreService.decPrivateModes.wraparound],
    charset: [_charsetService.charset, _charsetService.glevel],
  }
}

function rowsOf(terminal: Terminal, buffer: ScreenBuffer): string[] {
  const cell = newCell(terminal)
  return Array.from({ length: terminal.rows }, (_, row) => {
    let line = ''
    for (let column = 0, width = 1; column < terminal.cols; column += width) {
      buffer.lines.get(buffer.ybase + row)?.loadCell(column, cell)
      width = cell.getWidth() === 2 ? 2 : 1
      // A cell that was erased and one with a space look alike; and so does one with a mark
      // that found no character, and one with half a character at the edge.
      const none = cell.getWidth() === 0 || column + width > terminal.cols
      const text = none ? ' ' : cell.getChars() || ' '
      line +=
        text === ' ' && cell.isBgDefault() && !seenBlank(cell) ? ' ' : `${text}${penOf(terminal, cell, text !== ' ')}`
    }
    return line
  })
}

/** Whether a space shows its flags: a line, or the foreground as background. */
function seenBlank(attributes: Attributes): boolean {
  return [isUnderlined(attributes), attributes.isInverse(), attributes.isStrikethrough(), attributes.isOverline()].some(
    Boolean,
  )
}

function penOf(terminal: Terminal, attributes: Attributes, whole: boolean): string {
  const { hasLink, ext } = extendedOf(terminal, attributes)
  const background = colorOf(attributes.bg)
  if (!whole && !seenBlank(attributes)) return `(${background})`
  const lined = whole && !hasLink && isUnderlined(attributes)
  // Flags in the upper bits; 0x10000000 of the background says that there is more.
  const flags = [attributes.fg & ~0x03ffffff, attributes.bg & ~0x13ffffff].join()
  return `(${colorOf(attributes.fg)},${background},${flags},${lined ? ext : 0},${hasLink})`
}

/** Mode and colour; what is left of another mode's colour does not count. */
function colorOf(bits: number): string {
  const mode = (bits >>> 24) & 3
  return `${mode}:${(bits & [0, 0xff, 0xff, 0xffffff][mode]!).toString(16)}`
}

/** The emulator forgets a link with the last line it was in. A style of 0 is a single line. */
function extendedOf(terminal: Terminal, attributes: Attributes): { hasLink: boolean; ext: number } {
  if (attributes.hasExtendedAttrs() === 0) return { hasLink: false, ext: 0 }
  const { urlId, ext } = attributes.extended
  const single = 1 << 26
  const styled = (ext & 0x1c000000) === single ? ext & ~0x1c000000 : ext
  return { hasLink: coreOf(terminal)._oscLinkService.getLinkData(urlId) !== undefined, ext: styled }
}

/**
 * Whether it can be drawn exactly. Restoring the cursor may bring back a character set that is not designated any more; and a
 * mark that finds no character to combine with may take the cursor past the edge. What the alternate screen keeps while it is
 * not shown (cursor, region, tabs) is not drawn: whoever switches to it sets its own. And at the edge of a terminal that does not
 * wrap, the emulator may overwrite one half of a wide character and keep the other; whether it does depends on how what was
 * printed was handed to it.
 */
export function isRegular(terminal: Terminal): boolean {
  const { _charsetService, buffers, cols, rows } = coreOf(terminal)
  if (hasHalfCharacter(terminal)) return false
  const { charset, glevel, _charsets } = _charsetService
  if (charset !== _charsets[glevel] || buffers.active.x > cols) return false
  const { savedX, savedY, savedCharset, savedCurAttrData, scrollTop, scrollBottom, tabs } = buffers.alt
  const kept = savedX + savedY + savedCurAttrData.fg + savedCurAttrData.bg + scrollTop
  const fresh = kept === 0 && savedCharset === undefined && scrollBottom === rows - 1
  const tabsFresh = Array.from({ length: cols }, (_, n) => (tabs[n] === true) === (n % 8 === 0)).every(Boolean)
  return buffers.active === buffers.alt || (fresh && tabsFresh)
}

function hasHalfCharacter(terminal: Terminal): boolean {
  const { normal, alternate } = terminal.buffer
  return [normal, alternate].some((buffer) => {
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row)
      for (let column = 0; column < terminal.cols; column++) {
        const next = line?.getCell(column + 1)
        if (line?.getCell(column)?.getWidth() === 2 && next?.getWidth() !== 0) return true
      }
    }
    return false
  })
}
