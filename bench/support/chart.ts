// Draws charts as SVG, with nothing but text and shapes. Colours are chosen to be read on white and on black, and the text
// changes with the reader's setting (prefers-color-scheme).

import { numberText } from './table.ts'

export interface Bar {
  readonly label: string
  readonly value: number
  /** Ours stands out, the floor stands back. */
  readonly kind: 'ours' | 'floor' | 'peer'
}

export interface Panel {
  readonly title: string
  readonly unit: string
  readonly draw: { readonly bars: readonly Bar[] } | { readonly lines: readonly Line[]; readonly xTitle: string }
}

export interface Line {
  readonly label: string
  readonly ours: boolean
  /** To tell it from another line of ours. */
  readonly dashed?: boolean
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

const WIDTH = 860
const PANEL_WIDTH = WIDTH / 2
const BAR_HEIGHT = 22
const LABEL_WIDTH = 140
const VALUE_WIDTH = 90
const PLOT_HEIGHT = 260
const COLOURS = ['#d9822b', '#8a6fd1', '#2a9d8f', '#c2557a', '#7f8c3b', '#5b84b1']

/** Two panels side by side. */
export function chart(about: string, left: Panel, right: Panel): string {
  const height = Math.max(heightOf(left), heightOf(right))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(about)}">
<title>${escaped(about)}</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.small { font-size: 11px }
.ours { fill: #1f6feb } .floor { fill: #8b949e } .peer { fill: #d9822b }
.grid { stroke: #8b949e; stroke-opacity: .3 }
.line { fill: none; stroke-width: 2 } .line.ours { stroke: #1f6feb; stroke-width: 3; fill: none }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #58a6ff } .line.ours { stroke: #58a6ff } }
</style>
${panel(left, 0)}
${panel(right, PANEL_WIDTH)}
</svg>
`
}

function heightOf({ draw }: Panel): number {
  return 'bars' in draw ? 50 + draw.bars.length * (BAR_HEIGHT + 6) : PLOT_HEIGHT + 90
}

function panel({ title, unit, draw }: Panel, x: number): string {
  const head = text(x + 10, 22, `${title}, ${unit}`, 'title')
  return `${head}\n${'bars' in draw ? bars(draw.bars, x) : lines(draw.lines, draw.xTitle, x)}`
}

function bars(list: readonly Bar[], x: number): string {
  const most = Math.max(...list.map(({ value }) => value))
  const room = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH
  return list
    .map(({ label, value, kind }, index) => {
      const y = 40 + index * (BAR_HEIGHT + 6)
      const length = Math.max(1, (value / most) * room)
      const left = x + LABEL_WIDTH
      return [
        text(left - 8, y + 15, label, '', 'end'),
        `<rect class="${kind}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
        text(left + length + 6, y + 15, numberText(value)),
      ].join('\n')
    })
    .join('\n')
}

/** Both axes logarithmic; a zero on the x axis stands at its beginning. */
function lines(list: readonly Line[], xTitle: string, x: number): string {
  const all = list.flatMap(({ points }) => points)
  const [left, right, top, bottom] = [x + 60, x + PANEL_WIDTH - 20, 45, 45 + PLOT_HEIGHT - 40]
  const highest = Math.ceil(Math.log10(Math.max(...all.map((point) => point.y))))
  const lowest = Math.floor(Math.log10(Math.min(...all.map((point) => point.y))))
  const longest = Math.log10(Math.max(...all.map((point) => point.x)))
  // One step of the axis lies between none and the first.
  const atX = (value: number) => left + ((right - left) * (value === 0 ? 0 : Math.log10(value) + 0.5)) / (longest + 0.5)
  const atY = (value: number) => bottom - ((bottom - top) * (Math.log10(value) - lowest)) / (highest - lowest)
  const grid = range(lowest, highest).flatMap((power) => {
    const y = atY(10 ** power)
    return [
      `<line class="grid" x1="${left}" y1="${y.toFixed(1)}" x2="${right}" y2="${y.toFixed(1)}"/>`,
      text(left - 6, y + 4, (10 ** power).toLocaleString('en-US', { maximumFractionDigits: 3 }), 'small', 'end'),
    ]
  })
  const ticks = [...new Set(all.map((point) => point.x))].map((value) =>
    text(atX(value), bottom + 18, value.toLocaleString('en-US'), 'small', 'middle'),
  )
  const drawn = list.flatMap(({ label, ours, dashed = false, points }, index) => {
    const colour = COLOURS[index % COLOURS.length]
    const style = ours
      ? `class="line ours"${dashed ? ' stroke-dasharray="6 4"' : ''}`
      : `class="line" style="stroke:${colour}"`
    const path = points.map((point) => `${atX(point.x).toFixed(1)},${atY(point.y).toFixed(1)}`).join(' ')
    const legendX = left + (index % 3) * 128
    const legendY = bottom + 58 + Math.floor(index / 3) * 16
    return [
      `<polyline ${style} points="${path}"/>`,
      ...points.map(
        (point) =>
          `<circle ${ours ? 'class="ours"' : `fill="${colour}"`} cx="${atX(point.x).toFixed(1)}" cy="${atY(point.y).toFixed(1)}" r="3"/>`,
      ),
      `<line ${style} x1="${legendX}" y1="${legendY - 4}" x2="${legendX + 18}" y2="${legendY - 4}"/>`,
      text(legendX + 23, legendY, label, 'small'),
    ]
  })
  return [...grid, ...ticks, text((left + right) / 2, bottom + 36, xTitle, 'small', 'middle'), ...drawn].join('\n')
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
