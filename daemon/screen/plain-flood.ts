// A flood of plain lines need not be carried out line by line: all but the last of them have scrolled off at its end. Logs and
// listings are such floods, and carrying one out costs ten times as much as reading it.

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const DELETE = 0x7f
/** The first byte of a C1 control character, whose second one is below this. */
const C1_LEAD = 0xc2
const C1_END = 0xa0

/**
 * From where on `bytes` count for a terminal that scrolls as a whole: what is before that has scrolled off when all have been
 * printed, and left nothing behind. 0 unless they are only text and whole lines, and many.
 *
 * @param rows of the terminal
 */
export function lastingFrom(bytes: Uint8Array, rows: number): number {
  // So many lines take the cursor to the bottom row from wherever it is, and then everything else off the screen.
  let linesLeft = 2 * rows
  for (let at = bytes.length - 1; at > 0; at--) {
    if (bytes[at] !== NEWLINE) continue
    linesLeft--
    // Text that does not return to the first column depends on what was before it.
    if (linesLeft > 0 || bytes[at - 1] !== RETURN) continue
    return isPlain(bytes, at) ? at - 1 : 0
  }
  return 0
}

/** Whether the first `length` bytes are characters, tabs and ends of lines only. */
function isPlain(bytes: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] ?? 0
    if (byte < SPACE ? byte !== NEWLINE && byte !== RETURN && byte !== TAB : byte === DELETE) return false
    if (byte === C1_LEAD && (bytes[at + 1] ?? 0) < C1_END) return false
  }
  return true
}
