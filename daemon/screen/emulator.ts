// One terminal's emulator: it is told what the process prints, and can say how to draw what is then on the screen. All of it
// happens at once, without waiting: between two calls nothing changes.

import type { TerminalSize } from '../../proto/protocol.ts'
import { setBounds } from '../../vt/bounded-emulator.ts'
import { setWidths } from '../../vt/emulator-widths.ts'
import { lastCut } from '../../vt/sequence-scanner.ts'
import { type Charset, coreOf, newCell, type Terminal } from '../../vt/xterm.ts'
import { type Designators, drawScreen } from './draw-screen.ts'
import { runEmulatorCode } from './emulator-code.ts'
import { lastingFrom } from './plain-flood.ts'
import { TerminalModes } from './terminal-modes.ts'

/**
 * What is printed is handed on in pieces, of at most so many bytes if no sequence is longer: a few of them can cost what pages of
 * text do, and the time is looked at after each piece. Where one piece alone has taken all the time the next are smaller.
 */
const PIECE_BYTES_MAX = 128
const PIECE_BYTES_MIN = 8
/** Less at once is no flood. */
const FLOOD_BYTES = 1024

/** Makes emulators. */
export class EmulatorLibrary {
  readonly #Terminal: typeof Terminal
  readonly #designators: Designators

  /** Runs the emulator's code: some 15 ms and 6 MB, once. */
  static async load(): Promise<EmulatorLibrary> {
    return new EmulatorLibrary(runEmulatorCode().Terminal)
  }

  private constructor(constructor_: typeof Terminal) {
    this.#Terminal = constructor_
    this.#designators = findDesignators(this.#open({ columns: 2, rows: 1 }))
  }

  /** @param answer is given what a terminal answers when it is asked for its position, its kind and the like */
  create(size: TerminalSize, answer: (text: string) => void): Emulator {
    return new Emulator(this.#open(size), this.#designators, answer)
  }

  #open({ columns, rows }: TerminalSize): Terminal {
    const terminal = new this.#Terminal({
      cols: columns,
      rows,
      scrollback: 0,
      allowProposedApi: true,
      // Lines are not wrapped anew at a change of size: without scrollback that leaves the emulator without some of them,
      // and it throws. This is the only way to say so, and says nothing else.
      windowsPty: { backend: 'winpty', buildNumber: 1 },
      logLevel: 'off',
    })
    setWidths(terminal)
    setBounds(terminal)
    return terminal
  }
}

/** What an emulator takes: by itself, and for a character on each of its two screens. */
const EMULATOR_BYTES = 64 * 1024
const CELL_BYTES = 24

/** Bytes that an emulator of this size takes. */
export function emulatorBytes({ columns, rows }: TerminalSize): number {
  return EMULATOR_BYTES + columns * rows * CELL_BYTES
}

export class Emulator {
  readonly #terminal: Terminal
  readonly #designators: Designators
  readonly #modes: TerminalModes
  #pieceBytes = PIECE_BYTES_MAX

  /** @internal Emulators come from a library. */
  constructor(terminal: Terminal, designators: Designators, answer: (text: string) => void) {
    this.#terminal = terminal
    this.#designators = designators
    this.#modes = new TerminalModes(terminal)
    terminal.onData(answer)
  }

  /** @internal For tests: all that it knows. */
  get terminal(): Terminal {
    return this.#terminal
  }

  /**
   * The process has printed whole sequences. Carries out the first of them, and more as long as there is time.
   *
   * @returns how many bytes it has carried out
   */
  print(bytes: Uint8Array, hasTime: () => boolean = () => true): number {
    const { _inputHandler, buffers, rows } = coreOf(this.#terminal)
    const { scrollTop, scrollBottom } = buffers.active
    const scrollsWhole = scrollTop === 0 && scrollBottom === rows - 1
    let at = scrollsWhole && bytes.length >= FLOOD_BYTES ? lastingFrom(bytes, rows) : 0
    for (let pieces = 0; at < bytes.length; pieces++) {
      const end = pieceEnd(bytes, at, this.#pieceBytes)
      _inputHandler.parse(bytes.subarray(at, end))
      at = end
      if (hasTime()) continue
      const size = pieces === 0 ? this.#pieceBytes / 2 : this.#pieceBytes * 2
      this.#pieceBytes = Math.min(Math.max(size, PIECE_BYTES_MIN), PIECE_BYTES_MAX)
      break
    }
    return at
  }

  /** Back to the normal screen and the modes of a terminal at rest; what it shows stays. */
  undoModes(): void {
    // Leaving the alternate screen puts the cursor back, so it is not left where it is not shown.
    const leave = this.#terminal.buffer.active.type === 'alternate' ? '\x1b[?1049l' : ''
    this.print(Buffer.from(`\x1b\\${leave}\x1b[!p\x1b[20l\x1b(B\x0f\x1b[m`))
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#terminal.resize(columns, rows)
    const { normal, alt } = coreOf(this.#terminal).buffers
    // What the emulator leaves undone: the alternate screen, while it is not shown, stays too long and fails when it is; and
    // without being wrapped anew, lines keep what is beyond the edge, and deleting characters brings it back.
    if (alt.lines.length === 0) alt.lines.maxLength = rows
    const blank = newCell(this.#terminal)
    for (const { lines } of [normal, alt]) {
      for (let row = 0; row < lines.length; row++) lines.get(row)?.resize(columns, blank)
    }
  }

  /** What a terminal that has just been reset must be sent to show the same. */
  draw(): string {
    return drawScreen(this.#terminal, this.#modes, this.#designators)
  }

  dispose(): void {
    this.#terminal.dispose()
  }
}

/** Where a piece that begins there ends: between two sequences. */
function pieceEnd(bytes: Uint8Array, begin: number, least: number): number {
  for (let size = least; begin + size < bytes.length; size *= 2) {
    const cut = lastCut(bytes.subarray(begin, begin + size))
    if (cut > 0) return begin + cut
  }
  return bytes.length
}

/** The final characters of the sequences that designate character sets. The emulator knows the sets by what they are. */
function findDesignators(terminal: Terminal): Designators {
  const core = coreOf(terminal)
  const found = new Map<Charset, string>()
  for (const final of '0A4C5RQKY6Z7=') {
    core._inputHandler.parse(Buffer.from(`\x1b(${final}`))
    const charset = core._charsetService._charsets[0]
    if (charset !== undefined && !found.has(charset)) found.set(charset, final)
  }
  terminal.dispose()
  return found
}
