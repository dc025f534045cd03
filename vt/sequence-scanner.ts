// Finds where a terminal's output may be cut: between characters and escape sequences, never inside one. It is the state
// machine of the emulator (that of vt100.net/emu/dec_ansi_parser, over UTF-8) without what the sequences do, so that the
// emulator is only ever handed whole ones, and a client whose stream begins at a cut reads what follows as it was meant.

const GROUND = 0
const ESCAPE = 1
const ESCAPE_INTERMEDIATE = 2
const CSI_ENTRY = 3
const CSI_PARAM = 4
const CSI_INTERMEDIATE = 5
const CSI_IGNORE = 6
/** SOS, PM, APC. */
const IGNORED_STRING = 7
const OSC_STRING = 8
const DCS_ENTRY = 9
const DCS_PARAM = 10
const DCS_INTERMEDIATE = 11
const DCS_IGNORE = 12
const DCS_STRING = 13
const STATES = 14

/** Any character beyond C1. */
const OTHER = 0xa0
/** Bytes that are no character, and the beginning of one that does not go on. */
const NONE = -1
const BROKEN = -2
const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18

/** The state of a scanner; 0 is between sequences. */
export type ScanState = number

/** The state after a character, for each state and each character up to {@link OTHER}. */
const transitions = new Uint8Array(STATES << 8)
for (let state = 0; state < STATES; state++) {
  for (let code = 0; code <= OTHER; code++) transitions[(state << 8) | code] = after(state, code)
}

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
  return scan(bytes, GROUND, () => false).cut
}

/** The state at the end of `bytes`, which begin between sequences; undefined if they don't end in a string. */
export function stringAtEnd(bytes: Uint8Array): ScanState | undefined {
  const { state } = scan(bytes, GROUND, () => false)
  return swallowed.has(state) ? state : undefined
}

/** How many of `bytes` belong to a string that goes on there, and whether it ends after them. */
export function restOfString(bytes: Uint8Array, state: ScanState): { readonly length: number; readonly ends: boolean } {
  const { at, state: reached } = scan(bytes, state, (next) => next !== state)
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

function scan(bytes: Uint8Array, from: ScanState, stop: (state: ScanState) => boolean): Scanned {
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
    if (code !== NONE) state = transitions[(state << 8) | code] ?? GROUND
    if (state === GROUND) cut = next
    if (stop(state)) return { cut, state, at: { begin, next } }
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

function after(state: ScanState, code: number): ScanState {
  const anywhere = afterAnywhere(code)
  if (anywhere !== undefined) return anywhere
  const control = code < 0x20
  const intermediate = code >= 0x20 && code < 0x30
  const parameter = code >= 0x30 && code < 0x3c
  const prefix = code >= 0x3c && code < 0x40
  const final = code >= 0x40 && code < 0x7f
  const deleted = code === 0x7f
  switch (state) {
    case ESCAPE:
      if (control || deleted) return state
      if (intermediate) return ESCAPE_INTERMEDIATE
      return (
        new Map([
          [0x5b, CSI_ENTRY],
          [0x5d, OSC_STRING],
          [0x50, DCS_ENTRY],
          [0x58, IGNORED_STRING],
          [0x5e, IGNORED_STRING],
          [0x5f, IGNORED_STRING],
        ]).get(code) ?? GROUND
      )
    case ESCAPE_INTERMEDIATE:
      return control || deleted || intermediate ? state : GROUND
    case CSI_ENTRY:
    case CSI_PARAM:
    case CSI_INTERMEDIATE:
      if (control || deleted) return state
      if (intermediate) return CSI_INTERMEDIATE
      if (parameter) return state === CSI_INTERMEDIATE ? CSI_IGNORE : CSI_PARAM
      if (prefix) return state === CSI_ENTRY ? CSI_PARAM : CSI_IGNORE
      return GROUND
    case CSI_IGNORE:
      return final ? GROUND : state
    case IGNORED_STRING:
      return code === OTHER ? GROUND : state
    case OSC_STRING:
      return code === BEL ? GROUND : state
    case DCS_ENTRY:
    case DCS_PARAM:
    case DCS_INTERMEDIATE:
      if (control || deleted) return state
      if (intermediate) return DCS_INTERMEDIATE
      if (parameter) return state === DCS_INTERMEDIATE ? DCS_IGNORE : DCS_PARAM
      if (prefix) return state === DCS_ENTRY ? DCS_PARAM : DCS_IGNORE
      return final ? DCS_STRING : GROUND
    case DCS_IGNORE:
    case DCS_STRING:
      return state
    default:
      return GROUND
  }
}

/** What begins or ends a sequence whatever went before: ESC, CAN, SUB, and the C1 characters. */
function afterAnywhere(code: number): ScanState | undefined {
  if (code === ESC) return ESCAPE
  if (code === CAN || code === 0x1a) return GROUND
  if (code < 0x80 || code === OTHER) return undefined
  if (code === 0x90) return DCS_ENTRY
  if (code === 0x9b) return CSI_ENTRY
  if (code === 0x9d) return OSC_STRING
  return code === 0x98 || code === 0x9e || code === 0x9f ? IGNORED_STRING : GROUND
}
