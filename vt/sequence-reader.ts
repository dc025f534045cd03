// Tells what the sequences say that stand in a stream of characters or of bytes. It takes one at a time, so a sequence may be
// cut anywhere, and remembers no more than the beginning of one. A sequence begins with ESC: C1 characters are like any other
// beyond ASCII, since in a stream of bytes they may be parts of a character.

import {
  CAN,
  CSI_IGNORE,
  CSI_INTERMEDIATE,
  ESCAPE,
  ESCAPE_INTERMEDIATE,
  GROUND,
  isIntermediate,
  isParameter,
  isString,
  OSC_STRING,
  OTHER,
  type State,
  SUB,
  transitions,
} from './grammar.ts'

/** Of a longer sequence, only so many characters are told. */
const KEPT_MAX = 256

/** Who is told of them. */
export interface SequenceListener {
  /** ESC, intermediate characters if any, and a final one. */
  escape?(intermediates: string, final: string): void
  /** `CSI parameters final`; intermediate characters are at the end of the parameters. */
  control?(parameters: string, final: string): void
  /** `OSC text`, without its end. */
  command?(text: string): void
}

export class SequenceReader {
  readonly #listener: SequenceListener
  #state: State = GROUND
  #kept = ''

  constructor(listener: SequenceListener) {
    this.#listener = listener
  }

  /** Whether a sequence has begun and not ended. */
  get inside(): boolean {
    return this.#state !== GROUND
  }

  /** Whether what has begun is a string, which may be of any length. */
  get inString(): boolean {
    return isString(this.#state)
  }

  /** Takes the next character; false if it is text: it neither begins a sequence nor goes on with one. */
  read(character: number): boolean {
    const code = character < 0x80 ? character : OTHER
    const before = this.#state
    const state = transitions[(before << 8) | code] ?? GROUND
    this.#state = state
    if (state === GROUND) {
      if (before === GROUND || code === OTHER) return false
      if (code !== CAN && code !== SUB) this.#ended(before, String.fromCharCode(code))
    } else if (state === ESCAPE) {
      // ESC ends a string; the backslash that belongs to it is an escape sequence of its own.
      if (before === OSC_STRING) this.#listener.command?.(this.#kept)
      this.#kept = ''
    } else if (state <= CSI_INTERMEDIATE) {
      if (isParameter(code) || isIntermediate(code)) this.#keep(character)
    } else if (state === OSC_STRING && before === OSC_STRING) this.#keep(character)
    return true
  }

  /** What has begun was cut off. */
  abandon(): void {
    this.#state = GROUND
  }

  #keep(character: number): void {
    if (this.#kept.length < KEPT_MAX) this.#kept += String.fromCharCode(character)
  }

  #ended(state: State, final: string): void {
    if (state === ESCAPE || state === ESCAPE_INTERMEDIATE) this.#listener.escape?.(this.#kept, final)
    else if (state === OSC_STRING) this.#listener.command?.(this.#kept)
    else if (state !== CSI_IGNORE) this.#listener.control?.(this.#kept, final)
  }
}
