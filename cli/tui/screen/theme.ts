// The colours of the UI by what they mean. The hues are those of Okabe and Ito ("Color Universal Design", 2008), which
// people with any colour vision tell apart; even so, nothing is said by a colour alone.

import { type ColourDepth, plain, RGB, type Style } from './style.ts'

export interface Theme {
  readonly text: Style
  /** What is there for who looks for it. */
  readonly dim: Style
  /** Rules between panes. */
  readonly rule: Style
  readonly strong: Style
  /** Where the keys go: the one colour that stands out. */
  readonly accent: Style
  readonly accentStrong: Style
  /** A key, where it is told what it does. */
  readonly key: Style
  readonly good: Style
  readonly warn: Style
  readonly bad: Style
  /** The mark of lines from standard error. */
  readonly stderr: Style
  /** What a search found, and the one of them that it stands on. */
  readonly match: Style
  readonly matchHere: Style
  /** The cell that a typed letter goes to. */
  readonly cursor: Style
}

interface Hues {
  readonly sky: number
  readonly green: number
  readonly orange: number
  readonly vermilion: number
  readonly grey: number
  readonly darkGrey: number
}

const hues: Record<Exclude<ColourDepth, 'none'>, Hues> = {
  rgb: {
    sky: RGB + 0x56b4e9,
    green: RGB + 0x1fb58a,
    orange: RGB + 0xe69f00,
    vermilion: RGB + 0xe8703a,
    grey: RGB + 0x8c919a,
    darkGrey: RGB + 0x565c66,
  },
  '256': { sky: 74, green: 36, orange: 178, vermilion: 166, grey: 245, darkGrey: 240 },
  '16': { sky: 6, green: 2, orange: 3, vermilion: 1, grey: 8, darkGrey: 8 },
}

/** The theme for a terminal. Without colours, weight, underline and inverse do what they can. */
export function themeFor(depth: ColourDepth): Theme {
  if (depth === 'none') {
    return {
      text: plain,
      dim: { dim: true },
      rule: { dim: true },
      strong: { bold: true },
      accent: plain,
      accentStrong: { bold: true },
      key: { bold: true },
      good: plain,
      warn: plain,
      bad: { bold: true },
      stderr: { bold: true },
      match: { underline: true },
      matchHere: { inverse: true },
      cursor: { inverse: true },
    }
  }
  const hue = hues[depth]
  return {
    text: plain,
    dim: { fg: hue.grey },
    rule: { fg: hue.darkGrey },
    strong: { bold: true },
    accent: { fg: hue.sky },
    accentStrong: { fg: hue.sky, bold: true },
    key: { fg: hue.sky },
    good: { fg: hue.green },
    warn: { fg: hue.orange },
    bad: { fg: hue.vermilion },
    stderr: { fg: hue.vermilion },
    match: { fg: hue.orange, underline: true },
    matchHere: { fg: hue.orange, inverse: true },
    cursor: { inverse: true },
  }
}
