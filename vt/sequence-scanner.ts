// Finds where a terminal's output may be cut: between characters and escape sequences, never inside one. It reads as the
// emulator does, so that the emulator is only ever handed whole ones, and a client whose stream begins at a cut reads what
// follows as it was meant.

import {
  CAN,
  DCS_IGNORE,
  DCS_STRING,
  GROUND,
  IGNORED_STRING,
  OSC_STRING,
  OTHER,
  type State,
  transitions,
} from './grammar.ts'

/** Bytes that are no character, and the beginning of one that does not go on. */
const NONE = -1
const BROKEN = -2

/** The state of a scanner; 0 is between sequences. */
export type ScanState = State

/** As the emulator reads: to it, SOS, PM and APC hold nothing beyond C1. */
const read = Uint8Array.from(transitions)
read[(IGNORED_STRING << 8) | OTHER] = GROUND

/** What a string was begun with, in a form that means nothing to any terminal, so that the rest of it is swallowed. */
const swallowed = new Map<ScanState, string>([
  [IGNORED_STRING, '\x1b_'],
  [OSC_STRING, '\x1b]netdaemon;'],
  [DCS_IGNORE, '\x1bP'],
  [DCS_STRING, '\x1bP~'],
])

/**
 * Where `bytes`, which begin between sequences, can be cut last: after so many of them. What follows is the beginning of
 * something.
 */
export function lastCut(bytes: Uint8Array): number {
  return scan(bytes, GROUND, NONE).cut
}

/** The state at the end of `bytes`, which begin between sequences; undefined if they don't end in a string. */
export function stringAtEnd(bytes: Uint8Array): ScanState | undefined {
  const { state } = scan(bytes, GROUND, NONE)
  return swallowed.has(state) ? state : undefined
}

/** How many of `bytes` belong to a string that goes on there, and whether it ends after them. */
export function restOfString(bytes: Uint8Array, state: ScanState): { readonly length: number; readonly ends: boolean } {
  const { at, state: reached } = scan(bytes, state, state)
  // What begins something else by itself is not a part of it.
  return { length: reached === GROUND ? at.next : at.begin, ends: reached !== state }
}

/** What a terminal must be sent to be inside a string, whose rest it then takes without doing anything. */
export function enterString(state: ScanState): string {
  return swallowed.get(state) ?? ''
}

/** Ends a string without doing what it says (CAN). */
export const cancelString = Uint8Array.of(CAN)

interface Scanned {
  /** After the last character that led to the ground state. */
  readonly cut: number
  readonly state: ScanState
  /** The character at which it stopped. */
  readonly at: { readonly begin: number; readonly next: number }
}

/** @param within stops at the first character that leads to another state than this; NONE: reads all */
function scan(bytes: Uint8Array, from: ScanState, within: ScanState | typeof NONE): Scanned {
  let state = from
  let cut = 0
  let next = 0
  while (next < bytes.length) {
    const begin = next
    let code = bytes[next++] ?? 0
    if (code >= 0x80) {
      const character = decode(bytes, begin)
      if (character === undefined) return { cut, state, at: { begin, next: begin } }
      next = character.next
      // It shows only with the next byte that this was none: the emulator waits for that too.
      if (character.code === BROKEN) continue
      code = Math.min(character.code, OTHER)
    }
    if (code !== NONE) state = read[(state << 8) | code] ?? GROUND
    if (state === GROUND) cut = next
    if (within !== NONE && state !== within) return { cut, state, at: { begin, next } }
  }
  return { cut, state, at: { begin: next, next } }
}

/** A character of several bytes, or what is none instead of its code; undefined if its end is missing. */
function decode(bytes: Uint8Array, begin: number): { code: number; next: number } | undefined {
  const lead = bytes[begin] ?? 0
  const more = (lead & 0xe0) === 0xc0 ? 1 : (lead & 0xf0) === 0xe0 ? 2 : (lead & 0xf8) === 0xf0 ? 3 : 0
  let next = begin + 1
  if (more === 0) return { code: NONE, next }
  let code = lead & (0x3f >> more)
  for (let n = 0; n < more; n++) {
    const byte = bytes[next]
    if (byte === undefined) return undefined
    if ((byte & 0xc0) !== 0x80) return { code: BROKEN, next }
    code = (code << 6) | (byte & 0x3f)
    next++
  }
  const least = [0x80, 0x800, 0x10000][more - 1] ?? 0
  const none = code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || code === 0xfeff
  return { code: none ? NONE : code, next }
}
