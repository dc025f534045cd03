// The colours of the pictures: a dark window on light and dark pages alike, so that a picture needs no second version.

import type { Colour, Style } from './screen.ts'

export const theme = {
  background: '#0d1117',
  foreground: '#e6edf3',
  frame: '#444c56',
  bar: '#21262d',
  title: '#adbac7',
  cursor: '#adbac7',
} as const

/** Black to white, and their bright versions, as legible on the theme's background. */
const sixteen = [
  '#484f58',
  '#ff7b72',
  '#56d364',
  '#e3b341',
  '#79c0ff',
  '#d2a8ff',
  '#56d4dd',
  '#c9d1d9',
  '#8b949e',
  '#ffa198',
  '#7ee787',
  '#f2cc60',
  '#a5d6ff',
  '#e2c5ff',
  '#b3f0ff',
  '#ffffff',
] as const

/** The first eight as grounds, dark enough for the theme's letters. */
const grounds = ['#30363d', '#8e2323', '#1a6b2f', '#7a5600', '#1f4f99', '#6639a6', '#0b6672', '#6e7681'] as const

/** The steps of the colour cube of xterm. */
const cube = [0, 95, 135, 175, 215, 255]

function hex(colour: Colour, fallback: string): string {
  if (colour === undefined) return fallback
  if (typeof colour === 'string') return colour
  const basic = sixteen[colour]
  if (basic !== undefined) return basic
  const grey = 8 + 10 * (colour - 232)
  const levels =
    colour >= 232
      ? [grey, grey, grey]
      : [Math.floor((colour - 16) / 36), Math.floor((colour - 16) / 6) % 6, (colour - 16) % 6].map(
          (at) => cube[at] ?? 0,
        )
  return `#${levels.map((level) => level.toString(16).padStart(2, '0')).join('')}`
}

/** What a cell is painted with. No background: that of the window. */
export interface Paint {
  readonly foreground: string
  readonly background: string | undefined
}

export function paintOf({ foreground, background, inverse, bold, dim }: Style): Paint {
  // Bold makes the first eight colours bright, as most terminals do.
  const number = bold && typeof foreground === 'number' && foreground < 8 ? foreground + 8 : foreground
  if (inverse) {
    return { foreground: hex(background, theme.background), background: hex(number, theme.foreground) }
  }
  const ground = background === undefined ? undefined : groundOf(background, foreground)
  // Black on a colour is meant to be dark; on the window itself it is meant to be seen.
  const letters = ground !== undefined && foreground === 0 ? theme.background : hex(number, theme.foreground)
  return { foreground: dim ? mix(letters, ground ?? theme.background) : letters, background: ground }
}

function groundOf(background: Colour, foreground: Colour): string {
  const dark = typeof background === 'number' && foreground !== 0 ? grounds[background] : undefined
  return dark ?? hex(background, theme.background)
}

/** Dim: two thirds of the way from the ground to the letters' colour. A plain colour, since some viewers ignore opacity. */
function mix(letters: string, ground: string): string {
  const channels = [1, 3, 5].map((at) => {
    const from = Number.parseInt(ground.slice(at, at + 2), 16)
    const to = Number.parseInt(letters.slice(at, at + 2), 16)
    return Math.round(from + ((to - from) * 2) / 3)
  })
  return `#${channels.map((level) => level.toString(16).padStart(2, '0')).join('')}`
}
