// How a piece of text looks, and the bytes that make a terminal show it so. Colours are numbers: a palette index, or RGB
// with a mark. Pure: which colours the terminal has comes in.

/** 0–255: a colour of the palette; from {@link RGB} on: 24 bits of red, green and blue. */
export type Colour = number
export const RGB = 0x1_00_00_00

export interface Style {
  readonly fg?: Colour | undefined
  readonly bg?: Colour | undefined
  readonly bold?: boolean | undefined
  readonly dim?: boolean | undefined
  readonly italic?: boolean | undefined
  readonly underline?: boolean | undefined
  readonly inverse?: boolean | undefined
  readonly strike?: boolean | undefined
}

/** How many colours the terminal has. */
export type ColourDepth = 'none' | '16' | '256' | 'rgb'

export const plain: Style = {}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The colours to use. NO_COLOR (https://no-color.org) turns them off, and FORCE_COLOR overrides everything: 0 for none,
 * 1, 2 and 3 for 16, 256 and 16 million.
 */
export function colourDepth(env: Environment): ColourDepth {
  const forced = env.FORCE_COLOR
  if (forced !== undefined && forced !== '') {
    if (forced === '0' || forced === 'false') return 'none'
    return forced === '3' ? 'rgb' : forced === '2' ? '256' : '16'
  }
  const term = env.TERM ?? ''
  if ((env.NO_COLOR ?? '') !== '' || term === 'dumb' || term === '') return 'none'
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '') || /-direct\b/.test(term)) return 'rgb'
  return /256|kitty|alacritty|ghostty|wezterm|tmux|screen/.test(term) ? '256' : '16'
}

/** The parameters of the escape sequence that sets this style on a terminal in its default one; empty: none. */
export function sgrParameters(style: Style, depth: ColourDepth): string {
  const parameters: (number | string)[] = []
  if (style.bold) parameters.push(1)
  if (style.dim) parameters.push(2)
  if (style.italic) parameters.push(3)
  if (style.underline) parameters.push(4)
  if (style.inverse) parameters.push(7)
  if (style.strike) parameters.push(9)
  if (depth !== 'none') {
    if (style.fg !== undefined) parameters.push(colourParameters(style.fg, 30, depth))
    if (style.bg !== undefined) parameters.push(colourParameters(style.bg, 40, depth))
  }
  return parameters.join(';')
}

function colourParameters(colour: Colour, base: 30 | 40, depth: ColourDepth): string {
  if (colour >= RGB) {
    if (depth !== 'rgb') return colourParameters(nearestInPalette(colour), base, depth)
    return `${base + 8};2;${(colour >> 16) & 0xff};${(colour >> 8) & 0xff};${colour & 0xff}`
  }
  if (colour < 8) return String(base + colour)
  if (colour < 16) return String(base + 60 + colour - 8)
  return `${base + 8};5;${colour}`
}

/** The colour of the 6×6×6 cube, or the grey, that is about this one. */
function nearestInPalette(colour: Colour): number {
  const [red, green, blue] = [(colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff]
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 12) {
    return Math.min(255, Math.max(232, 232 + Math.round((red - 8) / 10)))
  }
  const step = (value: number) => (value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40))
  return 16 + 36 * step(red) + 6 * step(green) + step(blue)
}
