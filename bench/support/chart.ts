// Draws charts as SVG, with nothing but text and shapes. A chart stands on a card of its own background, in the colours of the
// pictures of terminals, so that one file is readable on light and on dark pages.

import { theme } from '../../scripts/pictures/colours.ts'
import { numberText } from './table.ts'

export interface Bar {
  readonly label: string
  readonly value: number
  /** Ours stands out, a floor stands back. */
  readonly kind: 'ours' | 'floor' | 'peer'
}

export interface Panel {
  readonly title: string
  /** What is measured and in which unit, below the title. */
  readonly about: string
  readonly draw: { readonly bars: readonly Bar[] } | { readonly lines: readonly Line[]; readonly axes: Axes }
}

/** What the axes of lines say. Both are logarithmic. */
export interface Axes {
  readonly x: string
  /** What stands at x = 0, which a logarithmic axis doesn't have: in a column of its own, left of the axis. */
  readonly zero: string
  /** Behind the numbers of the y axis. */
  readonly unit: string
}

export interface Line {
  readonly label: string
  readonly ours: boolean
  /** To tell it from another line of ours. */
  readonly dashed?: boolean
  readonly points: readonly Point[]
}

interface Point {
  readonly x: number
  readonly y: number
}

const WIDTH = 920
const MARGIN = 14
const PANEL_WIDTH = (WIDTH - 2 * MARGIN) / 2
const HEAD_HEIGHT = 64
const BAR_HEIGHT = 20
const BAR_STEP = 27
const LABEL_WIDTH = 184
const VALUE_WIDTH = 62
const PLOT_HEIGHT = 220
const ZERO_WIDTH = 44
const LEGEND_STEP = 18
const OURS = '#58a6ff'
const FLOOR = '#8b949e'
const PEER = '#d29922'
/** For the lines of peers, in the order in which they first appear. */
const COLOURS = ['#d2a8ff', '#f0b72f', '#3fb950', '#ff7b72', '#79c0ff', '#c9d1d9']

/** Two panels side by side. */
export function chart(about: string, left: Panel, right: Panel): string {
  const height = Math.max(heightOf(left), heightOf(right))
  const colours = coloursOf([left, right])
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="${escaped(about)}">
<title>${escaped(about)}</title>
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: ${theme.foreground} }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 12px; fill: #adbac7 }
.grid { stroke: #30363d } .axis { stroke: #6e7681 }
.line { fill: none; stroke-width: 2 }
</style>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.frame}"/>
${panel(left, MARGIN, colours)}
${panel(right, MARGIN + PANEL_WIDTH, colours)}
</svg>
`
}

function heightOf({ draw }: Panel): number {
  if ('bars' in draw) return HEAD_HEIGHT + draw.bars.length * BAR_STEP + MARGIN
  return HEAD_HEIGHT + PLOT_HEIGHT + 60 + Math.ceil(draw.lines.length / 2) * LEGEND_STEP + MARGIN
}

/** One colour for each peer, the same in both panels. */
function coloursOf(panels: readonly Panel[]): ReadonlyMap<string, string> {
  const peers = panels.flatMap(({ draw }) => ('lines' in draw ? draw.lines.filter(({ ours }) => !ours) : []))
  const labels = [...new Set(peers.map(({ label }) => label))]
  return new Map(labels.map((label, index) => [label, COLOURS[index % COLOURS.length] ?? FLOOR]))
}

function panel({ title, about, draw }: Panel, x: number, colours: ReadonlyMap<string, string>): string {
  const body = 'bars' in draw ? bars(draw.bars, x) : lines(draw.lines, draw.axes, x, colours)
  return [text(x + 6, 28, title, 'title'), text(x + 6, 47, about, 'small'), body].join('\n')
}

function bars(list: readonly Bar[], x: number): string {
  const most = Math.max(...list.map(({ value }) => value))
  const room = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH
  return list
    .map(({ label, value, kind }, index) => {
      const y = HEAD_HEIGHT + index * BAR_STEP
      const length = Math.max(1, (value / most) * room)
      const left = x + LABEL_WIDTH
      const colour = kind === 'ours' ? OURS : kind === 'floor' ? FLOOR : PEER
      return [
        text(left - 8, y + 15, label, '', 'end'),
        `<rect fill="${colour}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
        text(left + length + 6, y + 15, numberText(value)),
      ].join('\n')
    })
    .join('\n')
}

/** Both axes logarithmic. Points at x = 0 stand in a column left of the x axis, and no line leads to them. */
function lines(list: readonly Line[], axes: Axes, x: number, colours: ReadonlyMap<string, string>): string {
  const all = list.flatMap(({ points }) => points)
  const scale = scaleOf(all, x)
  const { atX, atY, begin, right, top, bottom } = scale
  const zeroX = atX(0)
  const grid = range(scale.lowest, scale.highest).flatMap((power) => {
    const y = atY(10 ** power)
    const words = `${(10 ** power).toLocaleString('en-US', { maximumFractionDigits: 3 })} ${axes.unit}`
    return [segment('grid', x + ZERO_WIDTH + 20, y, right, y), text(x + ZERO_WIDTH + 14, y + 4, words, 'small', 'end')]
  })
  const values = [...new Set(all.map((point) => point.x))].filter((value) => value > 0)
  const ticks = values.flatMap((value) => [
    segment('axis', atX(value), bottom, atX(value), bottom + 4),
    text(atX(value), bottom + 18, value.toLocaleString('en-US'), 'small', 'middle'),
  ])
  const hasZero = all.some((point) => point.x === 0)
  const zero = hasZero ? [text(zeroX, bottom + 18, axes.zero, 'small', 'middle')] : []
  const drawn = list.map((line) => drawLine(line, scale, line.ours ? OURS : (colours.get(line.label) ?? FLOOR)))
  const legend = list.map((line, index) => {
    const colour = line.ours ? OURS : (colours.get(line.label) ?? FLOOR)
    const legendX = x + 20 + (index % 2) * 212
    const legendY = bottom + 64 + Math.floor(index / 2) * LEGEND_STEP
    return [
      `<path ${strokeOf(line, colour)} d="M${legendX} ${legendY - 4}h24"/>`,
      text(legendX + 31, legendY, line.label, 'small'),
    ].join('\n')
  })
  return [
    ...grid,
    segment('axis', begin, bottom, right, bottom),
    segment('axis', begin, top, begin, bottom),
    ...ticks,
    ...zero,
    text((begin + right) / 2, bottom + 37, axes.x, 'small', 'middle'),
    ...drawn,
    ...legend,
  ].join('\n')
}

/** Where values stand. */
interface Scale {
  atX(value: number): number
  atY(value: number): number
  /** Powers of ten. */
  readonly lowest: number
  readonly highest: number
  /** Where the x axis begins: right of the column of x = 0. */
  readonly begin: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function scaleOf(points: readonly Point[], x: number): Scale {
  const [top, bottom] = [HEAD_HEIGHT + 8, HEAD_HEIGHT + PLOT_HEIGHT]
  const left = x + ZERO_WIDTH + 20
  const [begin, right] = [left + (points.some((point) => point.x === 0) ? ZERO_WIDTH : 0), x + PANEL_WIDTH - 36]
  const highest = Math.ceil(Math.log10(Math.max(...points.map(({ y }) => y))))
  const lowest = Math.floor(Math.log10(Math.min(...points.map(({ y }) => y))))
  const powers = points.filter((point) => point.x > 0).map((point) => Math.log10(point.x))
  const [first, last] = [Math.min(...powers), Math.max(...powers)]
  // The first value stands a little right of the y axis.
  const step = (right - begin) / (last - first + 0.25)
  return {
    atX: (value) => (value === 0 ? left + ZERO_WIDTH / 2 : begin + step * (Math.log10(value) - first + 0.25)),
    atY: (value) => bottom - ((bottom - top) * (Math.log10(value) - lowest)) / (highest - lowest),
    ...{ lowest, highest, begin, right, top, bottom },
  }
}

function drawLine(line: Line, { atX, atY }: Scale, colour: string): string {
  const at = line.points.map(({ x, y }) => ({ isZero: x === 0, x: atX(x).toFixed(1), y: atY(y).toFixed(1) }))
  const path = at.filter(({ isZero }) => !isZero).map(({ x, y }) => `${x} ${y}`)
  const dots = at.map(({ x, y }) => `<circle fill="${colour}" cx="${x}" cy="${y}" r="3.5"/>`)
  return [...(path.length > 1 ? [`<path ${strokeOf(line, colour)} d="M${path.join('L')}"/>`] : []), ...dots].join('\n')
}

function strokeOf({ ours, dashed = false }: Line, colour: string): string {
  const style = `stroke: ${colour}${ours ? '; stroke-width: 3' : ''}${dashed ? '; stroke-dasharray: 6 4' : ''}`
  return `class="line" style="${style}"`
}

function segment(className: string, fromX: number, fromY: number, toX: number, toY: number): string {
  const [x1, y1, x2, y2] = [fromX, fromY, toX, toY].map((value) => value.toFixed(1))
  return `<line class="${className}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
}

function text(x: number, y: number, words: string, className = '', anchor = ''): string {
  const attributes = `${className === '' ? '' : ` class="${className}"`}${anchor === '' ? '' : ` text-anchor="${anchor}"`}`
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
