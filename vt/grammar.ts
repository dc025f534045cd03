// THE GRAMMAR of escape sequences, as terminals read them (ECMA-48): the state machine of vt100.net/emu/dec_ansi_parser, and
// the classes of characters that it is made of. It says where sequences begin and end, and nothing of what they do. Whoever
// reads output or keys uses this one: sequence-scanner.ts, sequence-reader.ts, typed-sequence.ts.

/** Between sequences. */
export const GROUND = 0
/** After ESC. */
export const ESCAPE = 1
export const ESCAPE_INTERMEDIATE = 2
const CSI_ENTRY = 3
const CSI_PARAM = 4
export const CSI_INTERMEDIATE = 5
/** A control sequence that is no valid one: nothing of it is carried out. */
export const CSI_IGNORE = 6
/** SOS, PM, APC. */
export const IGNORED_STRING = 7
export const OSC_STRING = 8
const DCS_ENTRY = 9
const DCS_PARAM = 10
const DCS_INTERMEDIATE = 11
export const DCS_IGNORE = 12
export const DCS_STRING = 13
const STATES = 14

/** One of the states above. */
export type State = number

export const BEL = 0x07
export const CAN = 0x18
export const SUB = 0x1a
export const ESC = 0x1b
/** Stands for any character beyond C1. */
export const OTHER = 0xa0

export const isIntermediate = (code: number): boolean => code >= 0x20 && code < 0x30
/** A digit, `:` or `;`, or what may stand before them: `<`, `=`, `>`, `?`. */
export const isParameter = (code: number): boolean => code >= 0x30 && code < 0x40
export const isFinal = (code: number): boolean => code >= 0x40 && code < 0x7f

/** Whether the state is inside a string: OSC, DCS, SOS, PM or APC. */
export const isString = (state: State): boolean => state >= IGNORED_STRING

/** What begins after `ESC` and one of these; any other final character ends the sequence. */
const introduced: ReadonlyMap<number, State> = new Map([
  [0x5b, CSI_ENTRY],
  [0x5d, OSC_STRING],
  [0x50, DCS_ENTRY],
  [0x58, IGNORED_STRING],
  [0x5e, IGNORED_STRING],
  [0x5f, IGNORED_STRING],
])

/**
 * The state after a character, at `(state << 8) | code`: for each state, and each code point up to {@link OTHER}, which stands for
 * all that are greater.
 */
export const transitions = new Uint8Array(STATES << 8)
for (let state = 0; state < STATES; state++) {
  for (let code = 0; code <= OTHER; code++) transitions[(state << 8) | code] = after(state, code)
}

function after(state: State, code: number): State {
  const anywhere = afterAnywhere(code)
  if (anywhere !== undefined) return anywhere
  const skipped = code < 0x20 || code === 0x7f
  switch (state) {
    case ESCAPE:
      if (skipped) return state
      return isIntermediate(code) ? ESCAPE_INTERMEDIATE : (introduced.get(code) ?? GROUND)
    case ESCAPE_INTERMEDIATE:
      return skipped || isIntermediate(code) ? state : GROUND
    case CSI_ENTRY:
    case CSI_PARAM:
    case CSI_INTERMEDIATE:
      if (skipped) return state
      if (isIntermediate(code)) return CSI_INTERMEDIATE
      if (!isParameter(code)) return GROUND
      return mayFollow(code, state === CSI_ENTRY, state === CSI_INTERMEDIATE) ? CSI_PARAM : CSI_IGNORE
    case CSI_IGNORE:
      return isFinal(code) ? GROUND : state
    case OSC_STRING:
      return code === BEL ? GROUND : state
    case DCS_ENTRY:
    case DCS_PARAM:
    case DCS_INTERMEDIATE:
      if (skipped) return state
      if (isIntermediate(code)) return DCS_INTERMEDIATE
      if (isFinal(code)) return DCS_STRING
      if (!isParameter(code)) return GROUND
      return mayFollow(code, state === DCS_ENTRY, state === DCS_INTERMEDIATE) ? DCS_PARAM : DCS_IGNORE
    case IGNORED_STRING:
    case DCS_IGNORE:
    case DCS_STRING:
      return state
    default:
      return GROUND
  }
}

/** Parameters stand before intermediate characters, and `<`, `=`, `>` and `?` before all others. */
function mayFollow(parameter: number, first: boolean, intermediate: boolean): boolean {
  return parameter < 0x3c ? !intermediate : first
}

/** What begins or ends a sequence whatever went before: ESC, CAN, SUB, and the C1 characters. */
function afterAnywhere(code: number): State | undefined {
  if (code === ESC) return ESCAPE
  if (code === CAN || code === SUB) return GROUND
  if (code < 0x80 || code === OTHER) return undefined
  if (code === 0x90) return DCS_ENTRY
  if (code === 0x9b) return CSI_ENTRY
  if (code === 0x9d) return OSC_STRING
  return code === 0x98 || code === 0x9e || code === 0x9f ? IGNORED_STRING : GROUND
}
