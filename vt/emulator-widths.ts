// Makes an emulator (@xterm/headless) go by the rule of widths. Its own table is that of 2010, and has emoji in one cell.

import type { Terminal } from '@xterm/headless'
import { characterCells } from './cell-widths.ts'

const VERSION = 'netdaemon'

/** From now on, for good. */
export function setWidths(terminal: Terminal): void {
  terminal.unicode.register({ version: VERSION, wcwidth: characterCells, charProperties })
  terminal.unicode.activeVersion = VERSION
}

/** The properties of a character are a number: its width in bits 1 and 2, and bit 0 if it joins the one before. */
function charProperties(code: number, preceding: number): number {
  const width = characterCells(code)
  const before = (preceding >> 1) & 3
  const joins = width === 0 && preceding !== 0 && before !== 0
  return (Math.max(width, joins ? before : 0) << 1) | (joins ? 1 : 0)
}
