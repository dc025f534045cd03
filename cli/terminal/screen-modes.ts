// What a program has changed in our terminal, read from the bytes that it wrote there, and how to undo just that: what it
// never touched is not touched here either, so that nothing of the user's screen is cleared or moved. (xterm's ctlseqs;
// kitty's keyboard protocol.)

import { ESC } from '../../vt/grammar.ts'
import { SequenceReader } from '../../vt/sequence-reader.ts'

const LF = 0x0a
const CR = 0x0d
const SO = 0x0e

/** DEC private modes that are set in a terminal at rest. */
const SET_AT_REST: ReadonlySet<number> = new Set([7, 25])
/**
 * Those that a program may set and that hurt a shell. Not what Alt sends (1034 to 1039): what is at rest there differs between
 * terminals, and every shell knows both.
 */
const UNDONE: ReadonlySet<number> = new Set([
  // cursor keys, reverse video, wrap, cursor, keypad, backarrow key, margins
  ...[1, 5, 7, 12, 25, 45, 66, 67, 69],
  // mouse, focus, paste
  ...[9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004],
  // synchronized output, colour scheme and size reports
  ...[2026, 2031, 2048],
  // mintty's Escape key, keys as Windows has them
  ...[7727, 9001],
])
/** Screens beside the normal one; 1049 restores the cursor, too. */
const ALTERNATE: ReadonlySet<number> = new Set([47, 1047, 1049])
const ORIGIN = 6
/** OSC commands that change a colour, and those that put it back. */
const COLOURS: ReadonlyMap<string, string> = new Map([
  ...(['4', '5'] as const).map((number): [string, string] => [number, `10${number}`]),
  ...Array.from({ length: 10 }, (_, at): [string, string] => [String(10 + at), String(110 + at)]),
])

export class ScreenModes {
  readonly #sequences = new SequenceReader({
    escape: (intermediates, final) => this.#escape(intermediates, final),
    control: (parameters, final) => this.#control(parameters, final),
    command: (text) => this.#command(text),
  })
  /** Those that differ from a terminal at rest. */
  readonly #changed = new Set<number>()
  #alternate: number | undefined
  readonly #colours = new Set<string>()
  /** Sequences that undo what has no other state, by what they undo. */
  readonly #undo = new Map<string, string>()
  /** What has been in {@link #undo} at any time: restoring the cursor may restore it, too. */
  readonly #noted = new Map<string, string>()
  /** SO was written: other letters may be on. */
  #shifted = false
  #origin = false
  /** What each screen has of its own, in some terminals at least: a scroll region, and keyboard settings pushed, or set below. */
  #region = { normal: false, alternate: false }
  #pushed = { normal: 0, alternate: 0 }
  #keyboardSet = { normal: false, alternate: false }
  /** The last byte that was no part of a sequence, on this screen and on the normal one under it. */
  #last = LF
  #lastBelow = LF

  /** Whether the normal screen's last line is ended, as far as that can be known. */
  get atLineStart(): boolean {
    return (this.#alternate === undefined ? this.#last : this.#lastBelow) === LF
  }

  /** Whether a screen is shown that is gone when it is left. */
  get alternate(): boolean {
    return this.#alternate !== undefined
  }

  /** These bytes went to our terminal. */
  wrote(bytes: Uint8Array): void {
    // Wherever it stands: undoing it does no harm.
    this.#shifted ||= bytes.includes(SO)
    for (let at = 0; at < bytes.length; at++) {
      if (!this.#sequences.inside) {
        const found = bytes.indexOf(ESC, at)
        const end = found < 0 ? bytes.length : found
        if (end > at) this.#text(bytes[end - 1] ?? 0, end - at)
        if (found < 0) return
        at = found
      }
      const byte = bytes[at] ?? 0
      if (!this.#sequences.read(byte)) this.#text(byte, 1)
    }
  }

  /** So many bytes of text, and the last of them. A lone carriage return leaves a line empty that is. */
  #text(last: number, count: number): void {
    if (last !== CR || count > 1 || this.#last !== LF) this.#last = last
  }

  /** The sequences that put the terminal to rest, in an order in which none disturbs another. */
  undoing(): string {
    const parts: string[] = []
    if (this.#alternate !== undefined) this.#restoreCursor()
    // Ends a sequence that was cut off in the middle.
    if (this.#sequences.inside) parts.push('\x18\x1b\\')
    if (this.#changed.has(2026)) parts.push('\x1b[?2026l')
    if (this.#alternate !== undefined) {
      parts.push(this.#undoKeyboard('alternate'))
      // The cursor goes into the corner by this; leaving the screen brings it back.
      if (this.#region.alternate) parts.push(this.#alternate === 1049 ? '\x1b[r' : '\x1b7\x1b[r\x1b8')
      parts.push(`\x1b[?${this.#alternate}l`)
    }
    parts.push(this.#undoKeyboard('normal'))
    // The cursor goes into the corner by these: it is brought back, or, where it has none to come back to, down.
    if (this.#origin) parts.push('\x1b[?6l\x1b[r\x1b[999;1H')
    else if (this.#region.normal) parts.push('\x1b7\x1b[r\x1b8')
    for (const mode of this.#changed) {
      if (mode !== 2026) parts.push(`\x1b[?${mode}${SET_AT_REST.has(mode) ? 'h' : 'l'}`)
    }
    if (this.#shifted) parts.push('\x0f')
    parts.push(...this.#undo.values())
    for (const colour of this.#colours) parts.push(`\x1b]${COLOURS.get(colour)}\x1b\\`)
    return parts.join('')
  }

  /** The undoing has been written. */
  undone(): void {
    this.#sequences.abandon()
    this.#shifted = false
    this.#changed.clear()
    this.#undo.clear()
    this.#noted.clear()
    this.#colours.clear()
    this.#reset()
  }

  /** RIS. Not all terminals put everything right (xterm.js leaves the cursor hidden); what does no harm is undone anyway. */
  #reset(): void {
    this.#alternate = undefined
    this.#origin = false
    this.#region = { normal: false, alternate: false }
    this.#pushed = { normal: 0, alternate: 0 }
    this.#keyboardSet = { normal: false, alternate: false }
  }

  #escape(intermediates: string, final: string): void {
    if (intermediates === '(') this.#note('letters', final !== 'B', '\x1b(B')
    else if (intermediates !== '') return
    else if (final === '=' || final === '>') this.#note('keypad', final === '=', '\x1b>')
    else if (final === 'n' || final === 'o') this.#shifted = true
    else if (final === '8') this.#restoreCursor()
    else if (final === 'c') this.#reset()
  }

  #control(parameters: string, final: string): void {
    if ((final === 'h' || final === 'l') && /^\??[\d;]*$/.test(parameters)) {
      const on = final === 'h'
      const numbers = parameters.replace('?', '').split(';').map(Number)
      for (const number of numbers) {
        if (parameters.startsWith('?')) this.#private(number, on)
        else if (number === 4) this.#note('insert', on, '\x1b[4l')
        else if (number === 20) this.#note('newline', on, '\x1b[20l')
      }
    } else if (final === 'm' && /^[\d;:]*$/.test(parameters)) {
      this.#note('colours', !/^0*$/.test(parameters), '\x1b[m')
    } else if (final === 'm' && parameters.startsWith('>4')) {
      this.#note('other keys', !/^>4(;0?)?$/.test(parameters), '\x1b[>4m')
    } else if (final === 'r' && /^[\d;]*$/.test(parameters)) {
      this.#region[this.#screen] = !/^[0;]*$/.test(parameters)
    } else if (final === 's' && /^\d+;\d*$|^;\d+$/.test(parameters)) {
      this.#region[this.#screen] = true
    } else if ((final === 'K' || final === 'J') && /^[02]?$/.test(parameters)) {
      // From the beginning of a line, as after a prompt: then it is empty.
      if (this.#last === CR) this.#last = LF
    } else if (final === 'q' && parameters.endsWith(' ')) {
      this.#note('cursor', !/^0? $/.test(parameters), '\x1b[0 q')
    } else if (final === 'u' && parameters === '') this.#restoreCursor()
    else if (final === 'u') this.#keyboard(parameters)
    else if (final === 'p' && parameters === '!') this.#region[this.#screen] = this.#origin = false
  }

  #private(mode: number, on: boolean): void {
    if (ALTERNATE.has(mode)) this.#switchScreen(on ? (this.#alternate ?? mode) : undefined)
    else if (mode === ORIGIN) this.#origin = on
    else if (UNDONE.has(mode)) {
      if (on === SET_AT_REST.has(mode)) this.#changed.delete(mode)
      else this.#changed.add(mode)
    }
  }

  get #screen(): 'normal' | 'alternate' {
    return this.#alternate === undefined ? 'normal' : 'alternate'
  }

  #switchScreen(alternate: number | undefined): void {
    if (this.#alternate === undefined) this.#lastBelow = this.#last
    else if (alternate === undefined) {
      this.#last = this.#lastBelow
      this.#restoreCursor()
      // Some terminals have one region for all screens.
      this.#region = { normal: this.#region.normal || this.#region.alternate, alternate: false }
    }
    this.#alternate = alternate
  }

  /** `CSI > flags u` pushes, `CSI < count u` pops, `CSI = flags u` sets. */
  #keyboard(parameters: string): void {
    const screen = this.#screen
    if (parameters.startsWith('>')) this.#pushed[screen]++
    else if (parameters.startsWith('<')) {
      const count = Number(parameters.slice(1) || 1)
      this.#pushed[screen] = Math.max(0, this.#pushed[screen] - count)
    } else if (parameters.startsWith('=') && this.#pushed[screen] === 0) {
      // What is set above something pushed goes with it.
      this.#keyboardSet[screen] = !/^=0?(;1?)?$/.test(parameters)
    }
  }

  #undoKeyboard(screen: 'normal' | 'alternate'): string {
    const popped = this.#pushed[screen] > 0 ? `\x1b[<${this.#pushed[screen]}u` : ''
    return this.#keyboardSet[screen] ? `${popped}\x1b[=0u` : popped
  }

  /** `number;…` */
  #command(text: string): void {
    const [number = '', ...rest] = text.split(';')
    if (COLOURS.has(number)) {
      // One that ends in "?" asks.
      if (!text.endsWith('?')) this.#colours.add(number)
    } else if (rest.length === 0) {
      for (const [set, reset] of COLOURS) if (reset === number) this.#colours.delete(set)
    } else if (number === '8') this.#note('link', rest.slice(1).join('') !== '', '\x1b]8;;\x1b\\')
  }

  #note(what: string, changed: boolean, undo: string): void {
    if (changed) {
      this.#undo.set(what, undo)
      this.#noted.set(what, undo)
    } else this.#undo.delete(what)
  }

  /** The cursor goes where it was saved, with the colours and letters that were in force there. */
  #restoreCursor(): void {
    for (const what of ['colours', 'letters']) {
      const undo = this.#noted.get(what)
      if (undo !== undefined) this.#undo.set(what, undo)
    }
  }
}
