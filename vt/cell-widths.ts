// THE RULE of widths: how many cells of a terminal a character takes, and a text. The emulators go by it, and so does
// whatever is aligned or cut for a screen. Pure.
//
// A character takes two cells where Unicode has it wide (UAX #11; emoji are), none where it combines with the one before or
// has no shape, else one. A text takes what its characters take, except that an emoji of several characters takes two: newer
// terminals show it as one, and the others need more. An emulator, which sees one character after the other, is one of the others.

import { eastAsianWidth } from 'get-east-asian-width'

/** Marks that combine, what says how others are shown, controls. U+00AD is a hyphen that terminals show. */
const shapeless = /^(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u
/** Behind these characters none is remembered: ideographs, all wide, and then nothing but what is rare. */
const REMEMBERED = 0x20000
/** By character: its cells and 1; 0: not looked up yet. */
const remembered = new Uint8Array(REMEMBERED)

/** Cells that one character takes. @param code its code point */
export function characterCells(code: number): 0 | 1 | 2 {
  if (code >= REMEMBERED) return lookUp(code)
  const known = remembered[code]
  if (known) return (known - 1) as 0 | 1 | 2
  const width = lookUp(code)
  remembered[code] = width + 1
  return width
}

function lookUp(code: number): 0 | 1 | 2 {
  if (isJoiningJamo(code) || shapeless.test(String.fromCodePoint(code))) return 0
  return eastAsianWidth(code)
}

/** The vowels and final consonants of Hangul, which stand in the cells of the consonant before. */
const isJoiningJamo = (code: number): boolean =>
  (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7c6) || (code >= 0xd7cb && code <= 0xd7fb)

/**
 * Texts of characters that take one cell each and do not join with others: ASCII, letters of Europe, punctuation, arrows and
 * box drawing. All others are taken apart into graphemes, which costs a hundred times as much.
 */
const simple =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc]*$/

/** Whether each UTF-16 unit of a text is a character of one cell that does not join with others. */
export const isSimple = (text: string): boolean => simple.test(text)

let segmenter: Intl.Segmenter | undefined

/** What a reader takes for the characters of a text: each may be made of several. */
export function* graphemes(text: string): Generator<string, undefined> {
  segmenter ??= new Intl.Segmenter('en')
  for (const { segment } of segmenter.segment(text)) yield segment
}

/** An emoji made of several characters: coloured by a selector, of several joined, with a colour of skin, or a keycap. */
const joinedEmoji =
  /^(?:\p{Extended_Pictographic}.*(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{EMod})|[\d#*]\ufe0f?\u20e3)/u
/** The longest emoji has some 30 UTF-16 units. Marks without end may follow a character. */
const EMOJI_MAX = 50

/** Cells that one grapheme takes. */
export function graphemeCells(grapheme: string): number {
  const first = grapheme.codePointAt(0) ?? 0
  if (grapheme.length === 1 || (grapheme.length === 2 && first > 0xffff)) return characterCells(first)
  if (grapheme.length <= EMOJI_MAX && joinedEmoji.test(grapheme)) return 2
  let sum = 0
  for (const character of grapheme) sum += characterCells(character.codePointAt(0) ?? 0)
  return sum
}

/** Cells that a text takes. */
export function cells(text: string): number {
  if (isSimple(text)) return text.length
  let sum = 0
  for (const grapheme of graphemes(text)) sum += graphemeCells(grapheme)
  return sum
}

/** The part of a text that fits into so many cells, and how many it takes. */
export function prefix(text: string, width: number): { readonly text: string; readonly cells: number } {
  if (isSimple(text)) {
    const kept = text.length <= width ? text : text.slice(0, Math.max(0, width))
    return { text: kept, cells: kept.length }
  }
  let end = 0
  let used = 0
  for (const grapheme of graphemes(text)) {
    const next = graphemeCells(grapheme)
    if (used + next > width) break
    used += next
    end += grapheme.length
  }
  return { text: text.slice(0, end), cells: used }
}

/** A text in at most so many cells, with "…" where something is missing. */
export function cutText(text: string, width: number): string {
  if (width <= 0) return ''
  if (cells(text) <= width) return text
  return `${prefix(text, width - 1).text}…`
}

/** A text in exactly so many cells. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutText(text, width)
  const padding = ' '.repeat(Math.max(0, width - cells(cut)))
  return align === 'right' ? padding + cut : cut + padding
}
