// From the bytes of a terminal to keys, mouse reports and pastes. Bytes may come in any pieces. What is not understood is
// dropped as a whole: no part of a report may end up as typed text.

import { beginsString, TYPED_MAX, typedSequence } from '../../vt/typed-sequence.ts'
import type { InputEvent, KeyEvent, MouseEvent } from './input-events.ts'

/** A longer paste is cut: it would be typed line by line, for minutes. */
export const PASTE_MAX = 1024 * 1024
/** No answer of a terminal is longer. */
const ANSWER_MAX = 4096

const PASTE_BEGIN = '\x1b[200~'
const PASTE_END = '\x1b[201~'

/** Keys by the last letter of `CSI … letter` or `SS3 letter`. */
const lettered: Readonly<Record<string, string>> = {
  ...{ A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', E: 'begin' },
  ...{ P: 'f1', Q: 'f2', R: 'f3', S: 'f4', M: 'enter', Z: 'shift+tab' },
}
/** Keys by the number of `CSI number ~`. */
const numbered: Readonly<Record<number, string>> = {
  ...{ 1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end' },
  ...{ 11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10' },
  ...{ 23: 'f11', 24: 'f12' },
}
const controls: Readonly<Record<string, string>> = {
  ...{ '\r': 'enter', '\n': 'ctrl+j', '\t': 'tab', '\x7f': 'backspace', '\b': 'backspace', '\0': 'ctrl+space' },
  ...{ '\x1c': 'ctrl+\\', '\x1d': 'ctrl+]', '\x1e': 'ctrl+^', '\x1f': 'ctrl+_' },
}

export class InputDecoder {
  readonly #decoder = new TextDecoder()
  /** Characters that may be the beginning of a sequence. */
  #waiting = ''
  #paste: { text: string; cut: boolean } | undefined

  /** Whether a key may be unfinished: ask {@link flush} if nothing follows soon. A lone Escape is one. */
  get unfinished(): boolean {
    return this.#waiting !== '' && this.#paste === undefined
  }

  write(bytes: Uint8Array): InputEvent[] {
    return this.#read(this.#waiting + this.#decoder.decode(bytes, { stream: true }), false)
  }

  /** Nothing followed: what waits is all there is of it. */
  flush(): InputEvent[] {
    return this.unfinished ? this.#read(this.#waiting, true) : []
  }

  #read(text: string, final: boolean): InputEvent[] {
    const events: InputEvent[] = []
    let rest = text
    this.#waiting = ''
    while (rest !== '') {
      if (this.#paste !== undefined) {
        rest = this.#pasted(rest, events)
        continue
      }
      if (rest.startsWith(PASTE_BEGIN)) {
        this.#paste = { text: '', cut: false }
        rest = rest.slice(PASTE_BEGIN.length)
        continue
      }
      const { length, event } = next(rest, final)
      if (length === 0) {
        this.#waiting = rest
        break
      }
      if (event !== undefined) events.push(event)
      rest = rest.slice(length)
    }
    return events
  }

  /** Takes what belongs to the paste; the rest. */
  #pasted(text: string, events: InputEvent[]): string {
    const paste = this.#paste
    if (paste === undefined) return text
    const end = text.indexOf(PASTE_END)
    // The end of the paste may be cut in two.
    const safe = end === -1 ? text.length - partialEnd(text) : end
    const room = PASTE_MAX - paste.text.length
    if (safe > room) paste.cut = true
    paste.text += text.slice(0, Math.min(safe, room))
    if (end === -1) {
      this.#waiting = text.slice(safe)
      return ''
    }
    this.#paste = undefined
    events.push({ kind: 'paste', text: pastedText(paste.text), cut: paste.cut })
    return text.slice(end + PASTE_END.length)
  }
}

/** How many characters at the end may begin {@link PASTE_END}. */
function partialEnd(text: string): number {
  for (let length = PASTE_END.length - 1; length > 0; length--) {
    if (text.endsWith(PASTE_END.slice(0, length))) return length
  }
  return 0
}

const pastedText = (text: string) => text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])\p{Cc}/gu, '')

interface Step {
  /** Characters that it took; 0: more must come before it can be told. */
  readonly length: number
  readonly event?: InputEvent
}

const incomplete: Step = { length: 0 }

/** The first event of the text. @param final nothing will follow */
function next(text: string, final: boolean): Step {
  if (!text.startsWith('\x1b')) return character(text, '')
  if (text.length === 1) return final ? { length: 1, event: key('escape', text) } : incomplete
  const second = text.charAt(1)
  if (second === '[') return sequence(text, final)
  if (second === 'O') return shifted(text, final)
  if (beginsString(second)) return answer(text, final)
  if (second === '\x1b') {
    // Alt with a key that is a sequence itself; or Escape twice.
    const inner = next(text.slice(1), final)
    if (inner.length === 0) return incomplete
    if (inner.length === 1) return { length: 1, event: key('escape', '\x1b') }
    return withAlt(inner)
  }
  return character(text.slice(1), '\x1b')
}

function withAlt({ length, event }: Step): Step {
  if (event?.kind !== 'key') return { length: length + 1 }
  return { length: length + 1, event: key(modified(event.key, 0b010), `\x1b${event.raw}`) }
}

/** A key that is one character; after ESC, with alt. */
function character(text: string, before: '' | '\x1b'): Step {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0)
  const raw = before + first
  const length = raw.length
  const alt = before === '' ? '' : 'alt+'
  const control = controls[first]
  if (control !== undefined) return { length, event: key(alt === '' ? control : modified(control, 0b010), raw) }
  const code = first.charCodeAt(0)
  if (code < 0x20) {
    const letter = String.fromCharCode(code + 0x60)
    return { length, event: key(`ctrl+${alt}${letter}`, raw) }
  }
  if (code >= 0x80 && code < 0xa0) return { length }
  const name = first === ' ' ? 'space' : first
  if (alt !== '') return { length, event: key(alt + name, raw) }
  return { length, event: { ...key(name, raw), text: first } }
}

const key = (name: string, raw: string): KeyEvent => ({ kind: 'key', key: name, raw })

/** `CSI parameters intermediates final`. */
function sequence(text: string, final: boolean): Step {
  if (text.startsWith('\x1b[M')) {
    // A mouse report of the old kind, three bytes; never asked for, but some terminals know no other.
    return text.length < 6 && !final ? incomplete : { length: Math.min(6, text.length) }
  }
  const { length, parameters, intermediates, final: letter } = typedSequence(text)
  if (letter === undefined) {
    if (length < text.length || length > TYPED_MAX) return { length }
    // Alt with "[", when nothing follows.
    if (final) return text === '\x1b[' ? { length: 2, event: key('alt+[', text) } : { length: text.length }
    return incomplete
  }
  const raw = text.slice(0, length)
  if (parameters.startsWith('<')) {
    const event = mouse(parameters.slice(1), letter)
    return event === undefined ? { length } : { length, event }
  }
  // Answers of the terminal (`?`, `>`), and whether it has the focus.
  if (intermediates !== '' || /[?>=]/.test(parameters) || (parameters === '' && /[IO]/.test(letter))) return { length }
  const [number = 1, modifier = 1] = parameters.split(';').map((word) => (word === '' ? 1 : Number.parseInt(word, 10)))
  const name = letter === '~' ? numbered[number] : lettered[letter]
  if (name === undefined) return { length, event: key('unknown', raw) }
  return { length, event: key(modified(name, modifier - 1), raw) }
}

/** `SS3 letter`. */
function shifted(text: string, final: boolean): Step {
  const letter = text.charAt(2)
  if (letter === '') return final ? { length: 2, event: key('alt+O', text) } : incomplete
  const name = lettered[letter]
  return name === undefined ? { length: 3 } : { length: 3, event: key(name, text.slice(0, 3)) }
}

/** OSC, DCS, APC, PM, SOS: an answer of the terminal to something, up to its end. */
function answer(text: string, final: boolean): Step {
  for (let at = 2; at < text.length; at++) {
    if (text.charAt(at) === '\x07') return { length: at + 1 }
    if (text.startsWith('\x1b\\', at)) return { length: at + 2 }
  }
  if (text.length > ANSWER_MAX) return { length: text.length }
  if (final) return text.length === 2 ? character(text.slice(1), '\x1b') : { length: text.length }
  return incomplete
}

/** The name with modifiers: 1 is shift, 2 alt, 4 ctrl. */
function modified(name: string, bits: number): string {
  const parts = name.split('+')
  const base = parts.at(-1) ?? name
  const has = (word: string, bit: number) => parts.slice(0, -1).includes(word) || (bits & bit) !== 0
  return `${has('ctrl', 4) ? 'ctrl+' : ''}${has('alt', 2) ? 'alt+' : ''}${has('shift', 1) ? 'shift+' : ''}${base}`
}

/** `button;column;row`, as SGR mode 1006 has it. */
function mouse(parameters: string, letter: string): MouseEvent | undefined {
  const [button = Number.NaN, column = Number.NaN, row = Number.NaN] = parameters.split(';').map(Number)
  if (!(button >= 0 && column >= 1 && row >= 1)) return undefined
  const place = { kind: 'mouse', column: column - 1, row: row - 1 } as const
  if ((button & 64) !== 0) {
    const wheel = button & 3
    if (wheel > 1) return { ...place, action: 'other' }
    return { ...place, action: wheel === 0 ? 'wheel up' : 'wheel down' }
  }
  const isPress = letter === 'M' && (button & 3) === 0 && (button & 32) === 0
  return { ...place, action: isPress ? 'press' : 'other' }
}
