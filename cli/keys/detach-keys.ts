// The keys that detach, as people write them (docker's spelling: "ctrl-p,ctrl-q", "ctrl-a,d"), and as a terminal sends them.
// A program may have asked the terminal for another encoding of keys, in which Ctrl-P is an escape sequence; those are
// told apart here too. Pure.

import { ESC } from '../../vt/grammar.ts'
import { TYPED_MAX, typedSequence } from '../../vt/typed-sequence.ts'
import { UsageError } from '../complaint.ts'

/** One key: the byte that a terminal sends for it, and its name in the encodings that spell keys out. */
export interface Key {
  readonly byte: number
  /** The Unicode code point of the key itself, without Ctrl. */
  readonly code: number
  readonly ctrl: boolean
}

export const DETACH_KEYS_DEFAULT = 'ctrl-p,ctrl-q'
const LONGEST = 16

/**
 * Keys from words such as `ctrl-p,ctrl-q`, `ctrl-a,d` or `ctrl-]`; none from `none` or nothing.
 *
 * @param source where it was written, for the refusal: `--detach-keys`, or the variable
 */
export function parseDetachKeys(source: string, words: string): readonly Key[] {
  if (words === '' || words === 'none') return []
  const keys = words.split(',').map((word) => parseKey(word))
  const bad = keys.indexOf(undefined)
  if (bad >= 0 || keys.length > LONGEST) {
    const why = bad >= 0 ? `"${words.split(',')[bad]}" is not a key` : `at most ${LONGEST} keys are possible`
    throw new UsageError(`${source} takes keys such as ctrl-p,ctrl-q or ctrl-a,d, or "none", not "${words}": ${why}`)
  }
  return keys.filter((key) => key !== undefined)
}

/** One character, or `ctrl-` and one of a–z @ [ \ ] ^ _ */
function parseKey(word: string): Key | undefined {
  const code = word.codePointAt(0) ?? 0
  if (/^[!-~]$/.test(word)) return { byte: code, code, ctrl: false }
  const [, letter] = /^ctrl-([a-z@[\\\]^_])$/i.exec(word) ?? []
  if (letter === undefined) return word.toLowerCase() === 'del' ? { byte: 0x7f, code: 0x7f, ctrl: false } : undefined
  const upper = letter.toUpperCase().charCodeAt(0)
  return { byte: upper & 0x1f, code: letter.toLowerCase().charCodeAt(0), ctrl: true }
}

/** The keys for people: `Ctrl-P Ctrl-Q`. */
export function keyNames(keys: readonly Key[]): string {
  return keys
    .map(({ code, ctrl }) => (ctrl ? `Ctrl-${String.fromCharCode(code).toUpperCase()}` : nameOf(code)))
    .join(' ')
}

const nameOf = (code: number) => (code === 0x7f ? 'Del' : String.fromCharCode(code))

/** What one stretch of typed bytes is. */
export interface Stroke {
  /** How many bytes it takes. */
  readonly length: number
  /** `other`: not a key that could be part of a sequence; `silent`: a release, or Shift and the like by themselves. */
  readonly kind: 'key' | 'other' | 'silent'
  readonly byte?: number
  readonly code?: number
  readonly ctrl?: boolean
}

/** The stroke that begins at `at`. A sequence that is not complete there counts as other bytes. */
export function strokeAt(bytes: Uint8Array, at: number): Stroke {
  const byte = bytes[at] ?? 0
  if (byte !== ESC || bytes[at + 1] !== 0x5b) return { length: 1, kind: 'key', byte }
  const text = Buffer.from(bytes.subarray(at, at + TYPED_MAX)).toString('latin1')
  const { length, parameters, intermediates, final } = typedSequence(text)
  const key = final === undefined || intermediates !== '' ? undefined : spelledOut(parameters, final)
  return key === undefined ? { length, kind: 'other' } : { length, ...key }
}

const CTRL = 4
/** Caps Lock and Num Lock, which say nothing about what was meant. */
const LOCKS = 64 | 128
const RELEASE = 3

/**
 * A key of kitty's protocol (`CSI code;modifiers:event u`) or of xterm's modifyOtherKeys (`CSI 27;modifiers;code ~`).
 * https://sw.kovidgoyal.net/kitty/keyboard-protocol/, xterm's ctlseqs "formatOtherKeys".
 */
function spelledOut(parameters: string, final: string): Omit<Stroke, 'length'> | undefined {
  if (final === '_') return spelledByWindows(parameters)
  const fields = parameters
    .split(';')
    .map((field) => field.split(':').map((number) => Number(number === '' ? 1 : number)))
  const other = final === '~' && fields[0]?.[0] === 27
  if (!other && final !== 'u') return undefined
  const code = (other ? fields[2] : fields[0])?.[0]
  const [modifiers = 1, event = 1] = fields[1] ?? []
  if (code === undefined || Number.isNaN(code)) return undefined
  // 57441 to 57454: Shift, Ctrl and so on, and the locks are 57358 to 57360.
  const alone = (code >= 57441 && code <= 57454) || (code >= 57358 && code <= 57360)
  if (alone || event === RELEASE) return { kind: 'silent' }
  const held = (modifiers - 1) & ~LOCKS
  if (held !== 0 && held !== CTRL) return { kind: 'other' }
  return { kind: 'key', code, ctrl: held === CTRL }
}

/** Shift, Ctrl, Alt, the locks and the Windows keys by themselves. */
const WINDOWS_ALONE: ReadonlySet<number> = new Set([16, 17, 18, 20, 91, 92, 144, 145])
/** Either Alt; the right one with Ctrl is AltGr, which makes letters. */
const WINDOWS_ALT = 1 | 2
const WINDOWS_CTRL = 4 | 8

/**
 * A key as Windows has it (mode 9001): `CSI key;scan code;character;down;modifiers;repeat _`.
 * https://github.com/microsoft/terminal/blob/main/doc/specs/%234999%20-%20Improved%20keyboard%20handling%20in%20Conpty.md
 */
function spelledByWindows(parameters: string): Omit<Stroke, 'length'> | undefined {
  const [key = 0, , character = 0, down = 0, modifiers = 0] = parameters.split(';').map(Number)
  if (![key, character, down, modifiers].every(Number.isInteger)) return undefined
  if (down === 0 || WINDOWS_ALONE.has(key)) return { kind: 'silent' }
  const isAlt = (modifiers & WINDOWS_ALT) !== 0 && (modifiers & WINDOWS_CTRL) === 0
  return character === 0 || character > 0x7f || isAlt ? { kind: 'other' } : { kind: 'key', byte: character }
}

/** Whether a stroke is that key. */
export function isKey({ kind, byte, code, ctrl }: Stroke, key: Key): boolean {
  if (kind !== 'key') return false
  return byte === undefined ? code === key.code && ctrl === key.ctrl : byte === key.byte
}
