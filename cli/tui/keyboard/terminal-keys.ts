// Keys and pastes as a program on a terminal gets them: as they came, but for the modes that the program has set.

/** What the program wants of the keys. */
export interface KeyModes {
  readonly applicationCursorKeys: boolean
  readonly bracketedPaste: boolean
}

/** Ctrl-D: the end of file of a terminal. */
export const endsInput = '\x04'

const cursorKeys: ReadonlySet<string> = new Set(['up', 'down', 'left', 'right', 'home', 'end'])

/** The bytes for a key. Cursor keys have other ones for programs that asked for them (DECCKM). */
export function keyBytes(key: string, raw: string, { applicationCursorKeys }: KeyModes): string {
  if (!cursorKeys.has(key) || !/^.[[O][A-H]$/.test(raw)) return raw
  return `\x1b${applicationCursorKeys ? 'O' : '['}${raw.slice(-1)}`
}

/** The bytes for a paste: Enter is a carriage return, and the program may want to know where it begins and ends. */
export function pasteBytes(text: string, { bracketedPaste }: KeyModes): string {
  const typed = text.replaceAll('\n', '\r')
  return bracketedPaste ? `\x1b[200~${typed}\x1b[201~` : typed
}
