// Writes what an emulator shows as the text that makes a terminal which has just been reset show the same, and go on in the
// same way: both screens, cursors, regions, character sets and modes. Rows are addressed one by one, so that a terminal
// that is larger shows them in their places too.

import {
  type Attributes,
  type Cell,
  type Charset,
  coreOf,
  isUnderlined,
  newCell,
  type ScreenBuffer,
  type Terminal,
  type XtermCore,
} from '../../vt/xterm.ts'
import { Pen } from './attributes.ts'
import type { TerminalModes } from './terminal-modes.ts'

const TAB_WIDTH = 8
/** The final characters that designate each character set; see `designators`. */
export type Designators = ReadonlyMap<Charset, string>

/** The text; see above. */
export function drawScreen(terminal: Terminal, modes: TerminalModes, designators: Designators): string {
  return new Drawing(terminal, designators).whole(modes)
}

class Drawing {
  readonly #terminal: Terminal
  readonly #core: XtermCore
  readonly #designators: Designators
  readonly #pen: Pen
  #text = ''

  constructor(terminal: Terminal, designators: Designators) {
    this.#terminal = terminal
    this.#core = coreOf(terminal)
    this.#designators = designators
    this.#pen = new Pen(this.#core._oscLinkService)
  }

  whole(modes: TerminalModes): string {
    const { buffers, coreService, _charsetService, _inputHandler, rows } = this.#core
    const { normal, alt, active } = buffers
    this.#drawRows(normal)
    this.#drawTabs(normal)
    if (active === alt) {
      this.#drawRegion(normal)
      this.#text += modes.ofNormalScreen
      this.#enterAlternate(normal)
      this.#drawRows(alt)
      this.#drawTabs(alt)
      if (normal.scrollTop !== 0 || normal.scrollBottom !== rows - 1) this.#text += '\x1b[r'
    }
    this.#drawSavedCursor(active)
    this.#drawRegion(active)
    const { origin, wraparound } = coreService.decPrivateModes
    if (origin) this.#text += '\x1b[?6h'
    this.#moveTo(active, active.x, active.y, origin ? active.scrollTop : 0)
    if (!wraparound) this.#text += '\x1b[?7l'
    if (coreService.modes.insertMode) this.#text += '\x1b[4h'
    this.#drawCharsets()
    this.#text += active === alt ? modes.ofAlternateScreen : modes.ofNormalScreen
    this.#text += modes.ofBoth
    this.#usePen(_inputHandler._curAttrData)
    // In another character set it would be something else.
    const again = _charsetService.charset === undefined
    if (_inputHandler._parser.precedingJoinState !== 0 && again)
      this.#printLastAgain(active, origin ? active.scrollTop : 0, coreService.modes.insertMode)
    return this.#text
  }

  #drawRows(buffer: ScreenBuffer): void {
    const { cols, rows } = this.#core
    const cell = newCell(this.#terminal)
    for (let row = 0; row < rows; row++) {
      const line = buffer.lines.get(buffer.ybase + row)
      if (line === undefined) continue
      let reached: number | undefined
      // The right half of a wide character is written with the left; one that has lost it at the edge is not written.
      for (let column = 0, width = 1; column < cols; column += width) {
        line.loadCell(column, cell)
        width = cell.getWidth() === 2 ? 2 : 1
        // Never written to, or erased.
        const text = column + width > cols ? '' : textOf(cell)
        if (text === '' && cell.isBgDefault() && !showsInBlank(cell)) continue
        if (reached === undefined) this.#text += `\x1b[${row + 1};${column + 1}H`
        else if (reached < column) this.#text += `\x1b[${column - reached}C`
        this.#drawCell(cell, text)
        reached = column + width
      }
    }
  }

  #drawCell(cell: Cell, text: string): void {
    this.#usePen(cell)
    this.#text += text || ' '
  }

  /** Moves the cursor; `top` is the row that counts as the first. */
  #moveTo(buffer: ScreenBuffer, x: number, y: number, top: number): void {
    if (x < this.#core.cols) {
      this.#text += `\x1b[${y - top + 1};${x + 1}H`
      return
    }
    // Only a character written to the last column leads behind it: the one that is there.
    const { column, cell } = this.#before(buffer, this.#core.cols, y)
    this.#text += `\x1b[${y - top + 1};${column + 1}H`
    this.#drawCell(cell, column + cell.getWidth() > this.#core.cols ? '' : textOf(cell))
  }

  /**
   * Leaves the terminal as it is right after the character before the cursor, which one that combines with it may follow, or the
   * order to repeat it. In insert mode it makes room for itself, so it is taken out first.
   */
  #printLastAgain(buffer: ScreenBuffer, top: number, inserting: boolean): void {
    const { x, y } = buffer
    if (x === 0) return
    const { column, cell } = this.#before(buffer, x, y)
    // A change of size may have moved the cursor away from it; or it found no room, and this is another.
    if (textOf(cell) === '' || column + cell.getWidth() !== x || !this.#pen.has(cell)) return
    this.#text += `\x1b[${y - top + 1};${column + 1}H${inserting ? `\x1b[${cell.getWidth()}P` : ''}`
    this.#drawCell(cell, textOf(cell))
  }

  /** The character before a place, and where it begins. */
  #before(buffer: ScreenBuffer, x: number, y: number): { readonly column: number; readonly cell: Cell } {
    const line = buffer.lines.get(buffer.ybase + y)
    const cell = newCell(this.#terminal)
    if (x > 1 && line?.loadCell(x - 2, cell).getWidth() === 2) return { column: x - 2, cell }
    line?.loadCell(x - 1, cell)
    return { column: x - 1, cell }
  }

  #drawSavedCursor(buffer: ScreenBuffer): void {
    const { savedX, savedY, savedCurAttrData: saved, savedCharset, ybase } = buffer
    if (savedX === 0 && savedY <= ybase && savedCharset === undefined && saved.fg === 0 && saved.bg === 0) return
    this.#saveCursor(buffer, '\x1b7')
  }

  /** By 1049, the one alternate screen that all terminals know. Entering it saves the normal screen's cursor. */
  #enterAlternate(normal: ScreenBuffer): void {
    this.#saveCursor(normal, '\x1b[?1049h')
    this.#usePen(newCell(this.#terminal))
    // It is cleared in the background of that cursor.
    this.#text += normal.savedCurAttrData.isBgDefault() ? '\x1b[H' : '\x1b[H\x1b[2J'
  }

  /** Brings the cursor to where it is saved, as it is there, and saves it by this sequence. */
  #saveCursor(buffer: ScreenBuffer, saving: string): void {
    const { savedX, savedY, savedCurAttrData, savedCharset, ybase } = buffer
    this.#moveTo(buffer, savedX, Math.min(Math.max(savedY - ybase, 0), this.#core.rows - 1), 0)
    this.#usePen(savedCurAttrData)
    const designator = this.#designators.get(savedCharset)
    this.#text += designator === undefined ? saving : `\x1b(${designator}${saving}\x1b(B`
  }

  #drawRegion({ scrollTop, scrollBottom }: ScreenBuffer): void {
    if (scrollTop === 0 && scrollBottom === this.#core.rows - 1) return
    this.#text += `\x1b[${scrollTop + 1};${scrollBottom + 1}r`
  }

  /** Tab stops, if they are not where they are at first. */
  #drawTabs({ tabs }: ScreenBuffer): void {
    const { cols } = this.#core
    const columns = Array.from({ length: cols }, (_, column) => column)
    if (columns.every((column) => (tabs[column] === true) === (column % TAB_WIDTH === 0))) return
    this.#text += '\x1b[3g'
    for (const column of columns) if (tabs[column] === true) this.#text += `\x1b[${column + 1}G\x1bH`
  }

  #drawCharsets(): void {
    const { _charsets, charset: current, glevel } = this.#core._charsetService
    for (let index = 0; index < 4; index++) {
      // Restoring a cursor changes the set in use, and not what is designated.
      const designator = this.#designators.get(index === glevel ? current : _charsets[index])
      if (designator !== undefined) this.#text += `\x1b${'()*+'[index]}${designator}`
    }
    if (glevel > 0) this.#text += ['', '\x0e', '\x1bn', '\x1bo'][glevel] ?? ''
  }

  #usePen(attributes: Attributes): void {
    this.#text += this.#pen.become(attributes)
  }
}

/** What is in a cell; nothing if a mark that combines with a character found none. */
function textOf(cell: Cell): string {
  return cell.getWidth() === 0 ? '' : cell.getChars()
}

/** Whether these attributes can be seen where there is no character. */
function showsInBlank(attributes: Attributes): boolean {
  return [isUnderlined(attributes), attributes.isInverse(), attributes.isStrikethrough(), attributes.isOverline()].some(
    Boolean,
  )
}
