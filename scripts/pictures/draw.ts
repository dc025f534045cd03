// Draws a screen as an SVG: a window with a title, every word at its column. Any font will do: each word is stretched to the
// columns that it takes, and lines and blocks are shapes. The same screen gives the same bytes.

import { paintOf, theme } from './colours.ts'
import { type Box, glyph } from './glyphs.ts'
import type { Cell, Screen, Style } from './screen.ts'

const CELL = { width: 8.4, height: 18 } as const
const FONT_SIZE = 14
/** From the top of a line to where its letters stand. */
const BASELINE = 13.5
const MARGIN = 12
const BAR = 30

export interface PictureOptions {
  /** In the window's bar. */
  readonly title: string
  /** What is to be seen, for those who can't see it; the title if absent. */
  readonly description?: string
  readonly cursor?: boolean
}

export function drawScreen(screen: Screen, { title, description = title, cursor = false }: PictureOptions): string {
  const width = screen.columns * CELL.width + 2 * MARGIN
  const height = BAR + screen.rows * CELL.height + 1.5 * MARGIN
  const top = BAR + MARGIN / 2
  const body = screen.lines.flatMap((line, row) => drawLine(line, top + row * CELL.height))
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" role="img" aria-label="${asXml(description)}">`,
    `<title>${asXml(description)}</title>`,
    `<style>text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: pre } .b { font-weight: 700 } .i { font-style: italic }</style>`,
    `<rect x="0.5" y="0.5" width="${n(width - 1)}" height="${n(height - 1)}" rx="8" fill="${theme.background}" stroke="${theme.frame}"/>`,
    `<path d="M1 ${BAR}V8.5a7.5 7.5 0 0 1 7.5 -7.5H${n(width - 8.5)}a7.5 7.5 0 0 1 7.5 7.5V${BAR}z" fill="${theme.bar}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, at) => `<circle cx="${18 + 18 * at}" cy="15.5" r="5.5" fill="${fill}"/>`,
    ),
    `<text x="${n(width / 2)}" y="20" text-anchor="middle" fill="${theme.title}" style="font-size: 13px">${asXml(title)}</text>`,
    ...(cursor ? drawCursor(screen, top) : []),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

const n = (value: number): string => String(Number(value.toFixed(2)))

const asXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function drawCursor({ cursor }: Screen, top: number): string[] {
  if (cursor === undefined) return []
  const [x, y] = [MARGIN + cursor.column * CELL.width, top + cursor.row * CELL.height]
  return [
    `<rect x="${n(x)}" y="${n(y)}" width="${CELL.width}" height="${CELL.height}" fill="${theme.cursor}" fill-opacity="0.7"/>`,
  ]
}

/** Letters of one style without a blank between, and the columns that they take. */
interface Word {
  text: string
  readonly column: number
  columns: number
  readonly style: Style
}

function drawLine(line: readonly Cell[], y: number): string[] {
  const grounds: string[] = []
  const shapes: string[] = []
  const words: Word[] = []
  let column = 0
  let word: Word | undefined
  let ground: { box: Box; colour: string } | undefined
  const endGround = () => {
    if (ground !== undefined) grounds.push(fill(ground.box, ground.colour))
  }
  for (const { text, width, style } of line) {
    const { foreground, background } = paintOf(style)
    const box = { x: MARGIN + column * CELL.width, y, width: width * CELL.width, height: CELL.height }
    if (background !== undefined && ground?.colour === background) {
      ground.box = { ...ground.box, width: ground.box.width + box.width }
    } else {
      endGround()
      ground = background === undefined ? undefined : { box, colour: background }
    }
    const shape = text === ' ' ? '' : glyph(text, box, foreground)
    // A wide letter may come from another font: it is put at its own column.
    if (word !== undefined && (shape !== undefined || width === 2 || !sameStyle(word.style, style))) word = undefined
    if (shape !== undefined) {
      if (shape !== '') shapes.push(shape)
    } else if (word === undefined) {
      word = { text, column, columns: width, style }
      words.push(word)
      if (width === 2) word = undefined
    } else {
      word.text += text
      word.columns += width
    }
    if (style.underline) shapes.push(fill({ ...box, y: y + BASELINE + 2, height: 1 }, foreground))
    if (style.strikethrough) shapes.push(fill({ ...box, y: y + CELL.height / 2, height: 1 }, foreground))
    column += width
  }
  endGround()
  return [...grounds, ...words.map((each) => drawWord(each, y)), ...(shapes.length === 0 ? [] : [shapes.join('')])]
}

const fill = ({ x, y, width, height }: Box, colour: string): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${colour}"/>`

function drawWord({ text, column, columns, style }: Word, y: number): string {
  const classes = [...(style.bold ? ['b'] : []), ...(style.italic ? ['i'] : [])].join(' ')
  const attributes = [
    `x="${n(MARGIN + column * CELL.width)}"`,
    `y="${n(y + BASELINE)}"`,
    `textLength="${n(columns * CELL.width)}"`,
    'lengthAdjust="spacingAndGlyphs"',
    ...(classes === '' ? [] : [`class="${classes}"`]),
    `fill="${paintOf(style).foreground}"`,
  ]
  return `<text ${attributes.join(' ')}>${asXml(text)}</text>`
}

const sameStyle = (a: Style, b: Style): boolean => {
  const [one, other] = [paintOf(a), paintOf(b)]
  return one.foreground === other.foreground && a.bold === b.bold && a.italic === b.italic
}
