// The escape sequences that give a terminal the attributes of a cell: colours and flags (SGR), and its hyperlink (OSC 8).

import { type Attributes, isUnderlined, type XtermCore } from '../../vt/xterm.ts'

/** The colour mode of those that were set by their own codes. */
const SIXTEEN_COLORS = 0x1000000

/** What a terminal's pen is set to, and how it gets from there to another setting. */
export class Pen {
  readonly #links: XtermCore['_oscLinkService']
  #fg = 0
  #bg = 0
  #ext = 0
  #urlId = 0

  /** A pen that has just been reset. */
  constructor(links: XtermCore['_oscLinkService']) {
    this.#links = links
  }

  /** Whether the pen has these attributes. */
  has(attributes: Attributes): boolean {
    const { fg, bg, ext, urlId } = settingOf(attributes)
    return fg === this.#fg && bg === this.#bg && ext === this.#ext && urlId === this.#urlId
  }

  /** What must be sent for these attributes; nothing if the pen has them. */
  become(wanted: Attributes): string {
    const { fg, bg, ext, urlId } = settingOf(wanted)
    let text = ''
    if (fg !== this.#fg || bg !== this.#bg || ext !== this.#ext) text += graphicRendition(wanted)
    if (urlId !== this.#urlId) text += `\x1b]8;;${this.#links.getLinkData(urlId)?.uri ?? ''}\x1b\\`
    this.#fg = fg
    this.#bg = bg
    this.#ext = ext
    this.#urlId = urlId
    return text
  }
}

function settingOf(attributes: Attributes): { fg: number; bg: number; ext: number; urlId: number } {
  const { fg, bg, extended } = attributes
  return attributes.hasExtendedAttrs() === 0
    ? { fg, bg, ext: 0, urlId: 0 }
    : { fg, bg, ext: extended.ext, urlId: extended.urlId }
}

/** SGR from whatever was before. */
function graphicRendition(attributes: Attributes): string {
  const codes: (number | string)[] = [0]
  if (attributes.isBold()) codes.push(1)
  if (attributes.isDim()) codes.push(2)
  if (attributes.isItalic()) codes.push(3)
  if (isUnderlined(attributes)) codes.push(4)
  if (attributes.isBlink()) codes.push(5)
  if (attributes.isInverse()) codes.push(7)
  if (attributes.isInvisible()) codes.push(8)
  if (attributes.isStrikethrough()) codes.push(9)
  if (attributes.isOverline()) codes.push(53)
  if (attributes.isFgRGB()) codes.push(38, 2, ...rgb(attributes.getFgColor()))
  else if (attributes.isFgPalette()) codes.push(...palette(attributes.getFgColor(), attributes.getFgColorMode(), 30))
  if (attributes.isBgRGB()) codes.push(48, 2, ...rgb(attributes.getBgColor()))
  else if (attributes.isBgPalette()) codes.push(...palette(attributes.getBgColor(), attributes.getBgColorMode(), 40))
  return `\x1b[${codes.join(';')}m${underline(attributes)}`
}

/** Style and colour of an underline: sequences of their own, because terminals that don't know them ignore all of one. */
function underline(attributes: Attributes): string {
  // A link's cells claim to be dashed.
  if (attributes.hasExtendedAttrs() === 0 || !isUnderlined(attributes) || attributes.extended.urlId !== 0) return ''
  const style = attributes.getUnderlineStyle()
  const color = attributes.getUnderlineColor()
  let text = style > 1 ? `\x1b[4:${style}m` : ''
  if (attributes.isUnderlineColorRGB()) text += `\x1b[58:2::${rgb(color).join(':')}m`
  else if (attributes.isUnderlineColorPalette()) text += `\x1b[58:5:${color}m`
  return text
}

function rgb(color: number): [number, number, number] {
  return [(color >>> 16) & 0xff, (color >>> 8) & 0xff, color & 0xff]
}

/** The first sixteen colours have codes of their own, which terminals treat differently (bold may make them brighter). */
function palette(color: number, mode: number, base: number): number[] {
  if (mode !== SIXTEEN_COLORS) return [base + 8, 5, color]
  return [color < 8 ? base + color : base + 60 + color - 8]
}
