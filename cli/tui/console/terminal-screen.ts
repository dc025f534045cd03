// The console of a process that has a terminal: a terminal emulator that nobody sees, whose screen and scrollback are read
// as lines. What the process writes moves the emulator's cursor, and nothing else.

import type { IBufferCell, IMarker, Terminal } from '@xterm/headless'
import { setBounds } from '../../../vt/bounded-emulator.ts'
import { setWidths } from '../../../vt/emulator-widths.ts'
import type { TerminalSize } from '../protocol-types.ts'
import { plain, RGB, type Style } from '../screen/style.ts'
import type { ConsoleContent, ConsoleLine, StyleRun } from './lines.ts'

/** Lines above the screen that are kept. */
const SCROLLBACK = 1000
/** Bytes taken in without a look at the time: a few short sequences may cost what pages of text do. */
const PIECE = 256

/** Loads the emulator, which only processes with terminals need. */
export async function openTerminalScreen(size: TerminalSize): Promise<TerminalScreen> {
  const { Terminal } = (await import('@xterm/headless')).default
  const options = { cols: size.columns, rows: size.rows, scrollback: SCROLLBACK, allowProposedApi: true }
  const terminal = new Terminal(options)
  setWidths(terminal)
  setBounds(terminal)
  return new TerminalScreen(terminal)
}

export class TerminalScreen implements ConsoleContent {
  readonly #terminal: Terminal
  readonly #lines = new Map<number, ConsoleLine>()
  #notes: string[] = []
  #revision = 0
  #cursorShown = true
  /** A line of the emulator whose number is known; it moves when lines are dropped. */
  #known: { readonly marker: IMarker; readonly number: number } | undefined

  /** @internal Use {@link openTerminalScreen}. */
  constructor(terminal: Terminal) {
    this.#terminal = terminal
    const watch = (final: 'h' | 'l') =>
      terminal.parser.registerCsiHandler({ prefix: '?', final }, (parameters) => {
        if (parameters.includes(25)) this.#cursorShown = final === 'h'
        return false
      })
    watch('h')
    watch('l')
  }

  get revision(): number {
    return this.#revision
  }

  get first(): number {
    return this.#isAlternate ? 0 : this.#numberOf(0)
  }

  get end(): number {
    return this.#endOfScreen() + this.#notes.length
  }

  line(number: number): ConsoleLine | undefined {
    const end = this.#endOfScreen()
    if (number >= end) {
      const text = this.#notes[number - end]
      return text === undefined ? undefined : { kind: 'note', text }
    }
    const known = this.#lines.get(number)
    if (known !== undefined) return known
    const read = this.#read(number - this.first)
    if (read !== undefined) this.#lines.set(number, read)
    return read
  }

  /** The cell of the cursor, while it is to be seen. */
  get cursor(): { readonly line: number; readonly column: number } | undefined {
    if (!this.#cursorShown) return undefined
    const { baseY, cursorY, cursorX } = this.#terminal.buffer.active
    return { line: this.first + baseY + cursorY, column: cursorX }
  }

  /** What the program wants of the keys. */
  get modes(): { readonly applicationCursorKeys: boolean; readonly bracketedPaste: boolean } {
    const { applicationCursorKeysMode, bracketedPasteMode } = this.#terminal.modes
    return { applicationCursorKeys: applicationCursorKeysMode, bracketedPaste: bracketedPasteMode }
  }

  /** What a terminal answers to what a program asks. */
  onAnswer(answer: (text: string) => void): void {
    this.#terminal.onData(answer)
  }

  /** Resolves when it has been taken in. If that takes long, others have their turns meanwhile, and see how far it is. */
  write(bytes: Uint8Array | string): Promise<void> {
    let at = 0
    // The emulator looks at the time between one piece and the next.
    for (; bytes.length - at > PIECE; at += PIECE) {
      this.#terminal.write(bytes.slice(at, at + PIECE), () => this.#changed())
    }
    return new Promise((resolve) => {
      this.#terminal.write(bytes.slice(at), () => {
        this.#changed()
        resolve()
      })
    })
  }

  note(text: string): void {
    this.#notes.push(text)
    this.#changed()
  }

  /** Another run begins: undoes the modes that the last one has left, and draws this text as a border between them. */
  async nextRun(text: string): Promise<void> {
    this.#notes = []
    // Leaving an alternate screen where there is none would put the cursor where one was entered last.
    const leave = this.#isAlternate ? '\x1b[?1049l' : ''
    await this.write(`\x1b\\${leave}\x1b[!p\x1b[m`)
    const { active } = this.#terminal.buffer
    const isFresh = active.cursorX === 0
    await this.write(`${isFresh ? '' : '\r\n'}\x1b[2m── ${text} ──\x1b[m\r\n`)
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#terminal.resize(columns, rows)
    this.#changed()
  }

  /** As a terminal that was just switched on. */
  reset(): void {
    this.#terminal.reset()
    this.#cursorShown = true
    this.#known = undefined
    this.#changed()
  }

  dispose(): void {
    this.#terminal.dispose()
  }

  #changed(): void {
    this.#revision += 1
    this.#lines.clear()
    if (!this.#isAlternate) this.#number()
  }

  get #isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate'
  }

  /** The number of a line of the emulator. */
  #numberOf(line: number): number {
    return this.#known === undefined ? line : this.#known.number + line - this.#known.marker.line
  }

  /** Takes care that the number of some line is known, also after those known before were dropped. */
  #number(): void {
    const { baseY, cursorY } = this.#terminal.buffer.active
    const here = baseY + cursorY
    if (this.#known !== undefined && !this.#known.marker.isDisposed) {
      // One near the cursor lasts longest.
      if (here - this.#known.marker.line < SCROLLBACK / 2) return
      const number = this.#numberOf(here)
      this.#known.marker.dispose()
      this.#known = this.#mark(number)
    } else this.#known = this.#mark((this.#known?.number ?? 0) + here)
  }

  #mark(number: number): { marker: IMarker; number: number } | undefined {
    const marker = this.#terminal.registerMarker(0)
    return marker === undefined ? undefined : { marker, number }
  }

  /** The number after the last line that has something in it, or the cursor. */
  #endOfScreen(): number {
    const { active } = this.#terminal.buffer
    if (this.#isAlternate) return active.length
    let last = active.length - 1
    const cursor = active.baseY + active.cursorY
    while (last > cursor && (active.getLine(last)?.translateToString(true) ?? '') === '') last -= 1
    return this.#numberOf(last) + 1
  }

  #read(y: number): ConsoleLine | undefined {
    const line = this.#terminal.buffer.active.getLine(y)
    if (line === undefined) return undefined
    let text = ''
    const runs: StyleRun[] = []
    let current = plain
    let cell = this.#terminal.buffer.active.getNullCell()
    for (let x = 0; x < line.length; x++) {
      cell = line.getCell(x, cell) ?? cell
      // The second half of a wide character.
      if (cell.getWidth() === 0) continue
      const style = cell.isAttributeDefault() ? plain : styleOf(cell)
      if (!isSame(style, current)) {
        runs.push({ at: text.length, style })
        current = style
      }
      text += cell.isInvisible() ? ' ' : cell.getChars() || ' '
    }
    const kept = current === plain ? text.trimEnd() : text
    return { kind: 'text', channel: 1, text: kept, runs: runs.filter(({ at }) => at < kept.length) }
  }
}

function styleOf(cell: IBufferCell): Style {
  return {
    ...(cell.isFgDefault() ? {} : { fg: (cell.isFgRGB() ? RGB : 0) + cell.getFgColor() }),
    ...(cell.isBgDefault() ? {} : { bg: (cell.isBgRGB() ? RGB : 0) + cell.getBgColor() }),
    ...(cell.isBold() ? { bold: true } : {}),
    ...(cell.isDim() ? { dim: true } : {}),
    ...(cell.isItalic() ? { italic: true } : {}),
    ...(cell.isUnderline() ? { underline: true } : {}),
    ...(cell.isInverse() ? { inverse: true } : {}),
    ...(cell.isStrikethrough() ? { strike: true } : {}),
  }
}

const isSame = (one: Style, other: Style): boolean =>
  one === other ||
  (one.fg === other.fg &&
    one.bg === other.bg &&
    one.bold === other.bold &&
    one.dim === other.dim &&
    one.italic === other.italic &&
    one.underline === other.underline &&
    one.inverse === other.inverse &&
    one.strike === other.strike)
