// Finds the control sequences in what a program writes to its terminal (ECMA-48): escape and control sequences, and operating
// system commands. Takes output in pieces of any size, changes none of it, and remembers no more than one sequence's beginning.

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a
const BACKSLASH = 0x5c
/** What comes after so many bytes of a sequence is of no interest. */
const KEPT_MAX = 64

/** Who is told of them. */
export interface SequenceListener {
  /** Bytes that belong to no sequence end with this one. */
  text(last: number): void
  /** ESC, intermediate bytes if any, and a final one. */
  escape(intermediates: string, final: string): void
  /** `CSI parameters final`. */
  control(parameters: string, final: string): void
  /** `OSC text`, without its end. */
  command(text: string): void
}

type State = 'text' | 'escape' | 'control' | 'command' | 'string' | 'command escape' | 'string escape'

export class ControlSequences {
  readonly #listener: SequenceListener
  #state: State = 'text'
  #kept = ''

  constructor(listener: SequenceListener) {
    this.#listener = listener
  }

  /** Whether a sequence has begun and not ended. */
  get inSequence(): boolean {
    return this.#state !== 'text'
  }

  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#state !== 'text') {
        this.#step(bytes[at] ?? 0)
        continue
      }
      const found = bytes.indexOf(ESC, at)
      const end = found < 0 ? bytes.length : found
      if (end > at) this.#listener.text(bytes[end - 1] ?? 0)
      if (found < 0) return
      at = found
      this.#begin('escape')
    }
  }

  /** What has begun was cut off. */
  abandon(): void {
    this.#state = 'text'
  }

  #begin(state: State): void {
    this.#state = state
    this.#kept = ''
  }

  #keep(byte: number): void {
    if (this.#kept.length < KEPT_MAX) this.#kept += String.fromCharCode(byte)
  }

  #step(byte: number): void {
    if (byte === CAN || byte === SUB) this.#state = 'text'
    else if (this.#state === 'escape') this.#escape(byte)
    else if (this.#state === 'control') this.#control(byte)
    else if (this.#state === 'command') {
      if (byte === ESC) this.#state = 'command escape'
      else if (byte === BEL) this.#endCommand()
      else this.#keep(byte)
    } else if (this.#state === 'string') {
      if (byte === ESC) this.#state = 'string escape'
    } else {
      if (this.#state === 'command escape') this.#endCommand()
      this.#begin('escape')
      if (byte === BACKSLASH) this.#state = 'text'
      else this.#escape(byte)
    }
  }

  /** A byte after ESC. */
  #escape(byte: number): void {
    const letter = String.fromCharCode(byte)
    if (byte === ESC) this.#begin('escape')
    else if (byte < 0x20 || byte === 0x7f) return
    else if (byte < 0x30) this.#keep(byte)
    else if (this.#kept !== '') this.#endEscape(letter)
    else if (letter === '[') this.#begin('control')
    else if (letter === ']') this.#begin('command')
    else if ('PX^_'.includes(letter)) this.#begin('string')
    else this.#endEscape(letter)
  }

  #endEscape(final: string): void {
    this.#state = 'text'
    this.#listener.escape(this.#kept, final)
  }

  #control(byte: number): void {
    if (byte === ESC) this.#begin('escape')
    else if (byte < 0x20 || byte === 0x7f) return
    else if (byte < 0x40) this.#keep(byte)
    else {
      this.#state = 'text'
      this.#listener.control(this.#kept, String.fromCharCode(byte))
    }
  }

  #endCommand(): void {
    this.#state = 'text'
    this.#listener.command(this.#kept)
  }
}
