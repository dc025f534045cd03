// A state of the UI as the screen shows it: drawn by the real views, and read by a real terminal emulator, so that what a
// test sees is what a person would.

import xterm from '@xterm/headless'
import { createElement } from 'react'
import type { ConsoleContent } from '../../../cli/tui/console/lines.ts'
import { Renderer } from '../../../cli/tui/screen/renderer.tsx'
import type { ColourDepth } from '../../../cli/tui/screen/style.ts'
import { themeFor } from '../../../cli/tui/screen/theme.ts'
import type { UiState } from '../../../cli/tui/store/state.ts'
import { App } from '../../../cli/tui/views/app.tsx'
import type { CursorPlace } from '../../../cli/tui/views/view-props.ts'

export interface Shown {
  readonly content?: ConsoleContent | undefined
  readonly cursor?: CursorPlace | undefined
  readonly depth?: ColourDepth
}

/** The bytes of each row, from a renderer of its own or from one that has drawn other things before. */
export async function screenRows(
  state: UiState,
  { content, cursor, depth = 'none' }: Shown = {},
  used?: Renderer,
): Promise<string[]> {
  const renderer = used ?? new Renderer(depth)
  try {
    const view = createElement(App, {
      state,
      theme: themeFor(depth),
      consoleOf: () => (content === undefined ? undefined : { content, cursor }),
    })
    return await renderer.render(view, state.size.columns, state.size.rows)
  } finally {
    if (used === undefined) renderer.end()
  }
}

/** The text of each row, for what does not depend on the terminal. */
export async function screenText(state: UiState, shown: Shown = {}): Promise<string[]> {
  // The views place rows by columns; here they follow each other.
  return (await screenRows(state, shown)).map((row) => withoutSequences(row).trimEnd())
}

const ESCAPE = String.fromCharCode(27)
/** What rows may hold: colours, going to a column, erasing what is right of it. */
const sequences = new RegExp(`${ESCAPE}\\[[\\d;]*[mGK]`, 'g')

export const withoutSequences = (row: string): string => row.replace(sequences, '')

/** The parameters of all that sets a style in a row. */
export const stylesIn = (row: string): string[] =>
  (row.match(sequences) ?? []).filter((each) => each.endsWith('m')).flatMap((each) => each.slice(2, -1).split(';'))

/** The screen of a terminal of that size that was sent the rows, one line more than it should have used. */
export async function terminalRows(rows: readonly string[], columns: number): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: columns + 20, rows: rows.length + 1, allowProposedApi: true })
  const bytes = rows.map((row, at) => `\x1b[${at + 1}H${row}`).join('')
  await new Promise<void>((resolve) => terminal.write(bytes, resolve))
  const { active } = terminal.buffer
  const text = Array.from({ length: rows.length + 1 }, (_, at) => active.getLine(at)?.translateToString(true) ?? '')
  terminal.dispose()
  return text
}
