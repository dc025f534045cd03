// One line of text being typed: pure operations on a text and a cursor, the keys for them as readline has them, and the part
// that fits into a field.

import { cells, graphemeCells, graphemes, prefix } from '../../../vt/cell-widths.ts'

export interface EditorState {
  readonly text: string
  /** Where the next letter goes, in UTF-16 units; never inside a grapheme. */
  readonly cursor: number
}

export const emptyLine: EditorState = { text: '', cursor: 0 }
export const editorOf = (text: string): EditorState => ({ text, cursor: text.length })

/** Characters that one line may have. */
export const LINE_MAX = 64 * 1024

export type EditOperation =
  | 'left'
  | 'right'
  | 'word left'
  | 'word right'
  | 'start'
  | 'end'
  | 'erase left'
  | 'erase right'
  | 'erase word'
  | 'erase to start'
  | 'erase to end'

/** The text with this put in at the cursor. */
export function inserted({ text, cursor }: EditorState, more: string): EditorState {
  const room = Math.max(0, LINE_MAX - text.length)
  const piece = more.length <= room ? more : more.slice(0, room)
  return { text: text.slice(0, cursor) + piece + text.slice(cursor), cursor: cursor + piece.length }
}

export function edited(state: EditorState, operation: EditOperation): EditorState {
  const { text, cursor } = state
  const moved = (to: number): EditorState => ({ text, cursor: to })
  const without = (from: number, to: number): EditorState => ({
    text: text.slice(0, from) + text.slice(to),
    cursor: from,
  })
  switch (operation) {
    case 'left':
      return moved(before(text, cursor))
    case 'right':
      return moved(after(text, cursor))
    case 'word left':
      return moved(wordStart(text, cursor))
    case 'word right':
      return moved(wordEnd(text, cursor))
    case 'start':
      return moved(0)
    case 'end':
      return moved(text.length)
    case 'erase left':
      return without(before(text, cursor), cursor)
    case 'erase right':
      return without(cursor, after(text, cursor))
    case 'erase word':
      return without(blankWordStart(text, cursor), cursor)
    case 'erase to start':
      return without(0, cursor)
    case 'erase to end':
      return without(cursor, text.length)
  }
}

function before(text: string, cursor: number): number {
  let last = 0
  for (const grapheme of graphemes(text.slice(0, cursor))) last = grapheme.length
  return cursor - last
}

function after(text: string, cursor: number): number {
  const [next] = graphemes(text.slice(cursor))
  return cursor + (next?.length ?? 0)
}

const isWord = (character: string) => /[\p{L}\p{N}_]/u.test(character)
const isBlank = (character: string) => /\s/.test(character)

function wordStart(text: string, cursor: number): number {
  let at = cursor
  while (at > 0 && !isWord(text.charAt(at - 1))) at--
  while (at > 0 && isWord(text.charAt(at - 1))) at--
  return at
}

function wordEnd(text: string, cursor: number): number {
  let at = cursor
  while (at < text.length && !isWord(text.charAt(at))) at++
  while (at < text.length && isWord(text.charAt(at))) at++
  return at
}

/** As Ctrl-W has it: a word is what stands between blanks. */
function blankWordStart(text: string, cursor: number): number {
  let at = cursor
  while (at > 0 && isBlank(text.charAt(at - 1))) at--
  while (at > 0 && !isBlank(text.charAt(at - 1))) at--
  return at
}

/** The part of a line that a field of so many cells shows: with the cursor in it, which takes a cell after the last letter. */
export function editorWindow(
  { text, cursor }: EditorState,
  width: number,
): { readonly left: string; readonly under: string; readonly right: string } {
  const [under = ' '] = graphemes(text.slice(cursor))
  let left = text.slice(0, cursor)
  let right = text.slice(cursor + (cursor < text.length ? under.length : 0))
  const room = Math.max(0, width - Math.max(1, graphemeCells(under)))
  // The cursor keeps a third of the field to its right, if there is text for it.
  const rightRoom = Math.min(cells(right), Math.floor(room / 3))
  if (cells(left) > room - rightRoom) left = `…${tail(left, room - rightRoom - 1)}`
  right = prefix(right, room - cells(left)).text
  return { left, under, right }
}

function tail(text: string, width: number): string {
  let used = 0
  let kept = ''
  for (const grapheme of [...graphemes(text)].reverse()) {
    used += graphemeCells(grapheme)
    if (used > width) break
    kept = grapheme + kept
  }
  return kept
}

/** Lines typed before, for Up and Down. */
export interface History {
  /** The oldest first. */
  readonly lines: readonly string[]
  /** Which of them is in the field; undefined: none, a new one is. */
  readonly at: number | undefined
  /** The new line, while an older one is looked at. */
  readonly draft: string
}

export const emptyHistory: History = { lines: [], at: undefined, draft: '' }
const HISTORY_MAX = 200

/** The line has been sent. */
export function remembered(history: History, line: string): History {
  const repeats = line.trim() === '' || history.lines.at(-1) === line
  const lines = repeats ? history.lines : [...history.lines, line].slice(-HISTORY_MAX)
  return { lines, at: undefined, draft: '' }
}

/** Up or Down was pressed with this in the field. */
export function recalled(history: History, current: string, step: -1 | 1): { history: History; text: string } {
  const at = (history.at ?? history.lines.length) + step
  if (at < 0 || at > history.lines.length) return { history, text: current }
  const draft = history.at === undefined ? current : history.draft
  if (at === history.lines.length) return { history: { ...history, at: undefined, draft: '' }, text: draft }
  return { history: { ...history, at, draft }, text: history.lines[at] ?? '' }
}
