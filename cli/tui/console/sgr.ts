// The parameters of "select graphic rendition" (ECMA-48, CSI … m), applied to a style. Unknown ones change nothing, and
// "conceal" neither: what a process writes is to be seen.

import { type Colour, plain, RGB, type Style } from '../screen/style.ts'

/** The style after these parameters, as `1;38;5;208`. */
export function applySgr(style: Style, parameters: string): Style {
  let next: Style = style
  // With colons, all of a colour is one parameter; with semicolons it spreads over several.
  const groups = parameters.split(';').map((group) => group.split(':').map((word) => (word === '' ? 0 : Number(word))))
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] ?? []
    const [code = 0] = group
    if (code === 38 || code === 48) {
      const whole = group.length > 1
      const words = whole ? group.slice(1) : groups.slice(at + 1, at + 5).map(([word = 0]) => word)
      const { colour, used } = extendedColour(words, whole)
      if (!whole) at += used
      if (colour !== undefined) next = code === 38 ? { ...next, fg: colour } : { ...next, bg: colour }
    } else if (code === 4 && group[1] === 0) next = { ...next, underline: false }
    else next = applyCode(next, code)
  }
  return isPlain(next) ? plain : next
}

function applyCode(style: Style, code: number): Style {
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 }
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 }
  if (code >= 90 && code <= 97) return { ...style, fg: code - 90 + 8 }
  if (code >= 100 && code <= 107) return { ...style, bg: code - 100 + 8 }
  switch (code) {
    case 0:
      return plain
    case 1:
      return { ...style, bold: true }
    case 2:
      return { ...style, dim: true }
    case 3:
      return { ...style, italic: true }
    case 4:
    case 21:
      return { ...style, underline: true }
    case 7:
      return { ...style, inverse: true }
    case 9:
      return { ...style, strike: true }
    case 22:
      return { ...style, bold: false, dim: false }
    case 23:
      return { ...style, italic: false }
    case 24:
      return { ...style, underline: false }
    case 27:
      return { ...style, inverse: false }
    case 29:
      return { ...style, strike: false }
    case 39:
      return { ...style, fg: undefined }
    case 49:
      return { ...style, bg: undefined }
    default:
      return style
  }
}

/** `5;N` or `2;R;G;B` (with colons also `2::R:G:B`), and how many words that was. */
function extendedColour(words: readonly number[], whole: boolean): { colour: Colour | undefined; used: number } {
  if (words[0] === 5) return { colour: byte(words[1]), used: 2 }
  if (words[0] !== 2) return { colour: undefined, used: 0 }
  const [red, green, blue] = (whole && words.length > 4 ? words.slice(2) : words.slice(1)).map(byte)
  if (red === undefined || green === undefined || blue === undefined) return { colour: undefined, used: 4 }
  return { colour: RGB + (red << 16) + (green << 8) + blue, used: 4 }
}

const byte = (word: number | undefined): number | undefined =>
  word !== undefined && Number.isInteger(word) && word >= 0 && word <= 255 ? word : undefined

function isPlain(style: Style): boolean {
  return style !== plain && Object.values(style).every((value) => value === undefined || value === false)
}
