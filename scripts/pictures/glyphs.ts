// Characters that must meet their neighbours: lines, blocks and braille dots are drawn as shapes, since no two fonts have
// them in the same size.

/** A rectangle of the picture, in its units. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const round = (value: number): string => String(Number(value.toFixed(2)))

/** The shapes of a character in this cell and colour; undefined: leave it to the font. */
export function glyph(character: string, cell: Box, colour: string): string | undefined {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x2800 && code <= 0x28ff) return braille(code - 0x2800, cell, colour)
  if (code >= 0x2580 && code <= 0x259f) return block(code, cell, colour)
  const arc = arcs[character]
  if (arc !== undefined) return stroke(arc(cell), colour, 1.2)
  const arms = boxArms[character]
  return arms === undefined ? undefined : lines(arms, cell, colour)
}

const rectangle = ({ x, y, width, height }: Box, colour: string, opacity = 1): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${colour}"${
    opacity === 1 ? '' : ` fill-opacity="${opacity}"`
  }/>`

const stroke = (path: string, colour: string, width: number): string =>
  `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>`

/** Weights of the four arms, up right down left: 0 none, 1 light, 2 heavy, 3 double. */
type Arms = readonly [up: number, right: number, down: number, left: number]

const boxArms: Readonly<Record<string, Arms>> = Object.fromEntries(
  Object.entries({
    '─': '0101',
    '━': '0202',
    '│': '1010',
    '┃': '2020',
    '┌': '0110',
    '┏': '0220',
    '┐': '0011',
    '┓': '0022',
    '└': '1100',
    '┗': '2200',
    '┘': '1001',
    '┛': '2002',
    '├': '1110',
    '┣': '2220',
    '┤': '1011',
    '┫': '2022',
    '┬': '0111',
    '┳': '0222',
    '┴': '1101',
    '┻': '2202',
    '┼': '1111',
    '╋': '2222',
    '╴': '0001',
    '╵': '1000',
    '╶': '0100',
    '╷': '0010',
    '╸': '0002',
    '╹': '2000',
    '╺': '0200',
    '╻': '0020',
    '═': '0303',
    '║': '3030',
    '╔': '0330',
    '╗': '0033',
    '╚': '3300',
    '╝': '3003',
    '╠': '3330',
    '╣': '3033',
    '╦': '0333',
    '╩': '3303',
    '╬': '3333',
  }).map(([character, digits]): [string, Arms] => {
    const [up = 0, right = 0, down = 0, left = 0] = [...digits].map(Number)
    return [character, [up, right, down, left]]
  }),
)

/** How wide each weight is drawn. */
const strokeWidths = { 1: 1.2, 2: 2.4, 3: 1 } as const

function lines(arms: Arms, cell: Box, colour: string): string {
  const middle = { x: cell.x + cell.width / 2, y: cell.y + cell.height / 2 }
  const ends = [
    [middle.x, cell.y],
    [cell.x + cell.width, middle.y],
    [middle.x, cell.y + cell.height],
    [cell.x, middle.y],
  ] as const
  const paths = { 1: '', 2: '', 3: '' }
  for (const [arm, [x, y]] of ends.entries()) {
    const weight = arms[arm]
    if (weight !== 1 && weight !== 2 && weight !== 3) continue
    for (const aside of weight === 3 ? [-1.5, 1.5] : [0]) {
      const [dx, dy] = arm % 2 === 0 ? [aside, 0] : [0, aside]
      paths[weight] += `M${round(middle.x + dx)} ${round(middle.y + dy)}L${round(x + dx)} ${round(y + dy)}`
    }
  }
  return ([1, 2, 3] as const)
    .map((weight) => (paths[weight] === '' ? '' : stroke(paths[weight], colour, strokeWidths[weight])))
    .join('')
}

/** The rounded corners: from the middle of one side to that of the other. */
const arcs: Readonly<Record<string, (cell: Box) => string>> = {
  '╭': (cell) => corner(cell, 1, 1),
  '╮': (cell) => corner(cell, -1, 1),
  '╰': (cell) => corner(cell, 1, -1),
  '╯': (cell) => corner(cell, -1, -1),
}

function corner(cell: Box, right: 1 | -1, down: 1 | -1): string {
  const [x, y] = [cell.x + cell.width / 2, cell.y + cell.height / 2]
  const [endX, endY] = [x + (right * cell.width) / 2, y + (down * cell.height) / 2]
  return `M${round(x)} ${round(endY)}Q${round(x)} ${round(y)} ${round(endX)} ${round(y)}`
}

/** U+2580 to U+259F: eighths, halves, shades and quadrants. */
function block(code: number, cell: Box, colour: string): string {
  const { x, y, width, height } = cell
  const eighth = code - 0x2580
  if (eighth === 0) return rectangle({ x, y, width, height: height / 2 }, colour)
  if (eighth <= 8)
    return rectangle({ x, y: y + (height * (8 - eighth)) / 8, width, height: (height * eighth) / 8 }, colour)
  if (eighth <= 15) return rectangle({ x, y, width: (width * (16 - eighth)) / 8, height }, colour)
  if (eighth === 16) return rectangle({ x: x + width / 2, y, width: width / 2, height }, colour)
  if (eighth <= 19) return rectangle(cell, colour, (eighth - 16) / 4)
  if (eighth === 20) return rectangle({ x, y, width, height: height / 8 }, colour)
  if (eighth === 21) return rectangle({ x: x + (width * 7) / 8, y, width: width / 8, height }, colour)
  // Quadrants: bits for upper left, upper right, lower left, lower right, from U+2596 on.
  const quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14][eighth - 22] ?? 0
  return [0, 1, 2, 3]
    .filter((at) => quadrants & (1 << at))
    .map((at) =>
      rectangle(
        { x: x + ((at % 2) * width) / 2, y: y + ((at >> 1) * height) / 2, width: width / 2, height: height / 2 },
        colour,
      ),
    )
    .join('')
}

/** Which column and row each bit of a braille character is. */
const dots = [0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2, 0, 3, 1, 3]

function braille(bits: number, cell: Box, colour: string): string {
  return Array.from({ length: 8 }, (_, bit) => bit)
    .filter((bit) => bits & (1 << bit))
    .map((bit) => {
      const x = cell.x + (cell.width * (1 + 2 * (dots[2 * bit] ?? 0))) / 4
      const y = cell.y + (cell.height * (1 + 2 * (dots[2 * bit + 1] ?? 0))) / 8
      return `<circle cx="${round(x)}" cy="${round(y)}" r="1" fill="${colour}"/>`
    })
    .join('')
}
