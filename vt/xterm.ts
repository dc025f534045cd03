// What netdaemon uses of @xterm/headless: its public interface, and the private members that a screen is drawn from. They
// are those of one pinned version, and tests check that they are what they are taken for.

import type { IBufferCell, Terminal } from '@xterm/headless'

export type { Terminal }

/** The attributes of a cell, or of the next character. */
export type Attributes = Omit<IBufferCell, 'getWidth' | 'getChars' | 'getCode'> & {
  /** Foreground and flags, background and flags: equal numbers mean equal attributes, but for `extended`. */
  readonly fg: number
  readonly bg: number
  readonly extended: {
    /** Underline style and colour. */
    readonly ext: number
    /** The hyperlink it belongs to; 0: none. */
    readonly urlId: number
  }
  hasExtendedAttrs(): number
  getUnderlineStyle(): number
  getUnderlineColor(): number
  isUnderlineColorRGB(): boolean
  isUnderlineColorPalette(): boolean
}
export type Cell = Attributes & IBufferCell

const UNDERLINE = 0x10000000

/** A designated character set; undefined is ASCII. */
export type Charset = Readonly<Record<string, string | undefined>> | undefined

interface ScreenLine {
  loadCell(column: number, cell: Cell): Cell
  resize(columns: number, blank: Cell): boolean
}

/** One of the two screens. Without scrollback its lines are the rows. */
export interface ScreenBuffer {
  /** The column of the cursor; the number of columns: behind the last one, about to wrap. */
  readonly x: number
  readonly y: number
  readonly ybase: number
  readonly savedX: number
  readonly savedY: number
  readonly savedCurAttrData: Attributes
  readonly savedCharset: Charset
  readonly scrollTop: number
  readonly scrollBottom: number
  readonly tabs: Readonly<Record<number, boolean>>
  readonly lines: {
    /** 0 for the alternate screen while it is not shown. */
    readonly length: number
    maxLength: number
    get(row: number): ScreenLine | undefined
  }
}

export interface XtermCore {
  readonly cols: number
  readonly rows: number
  readonly buffers: { readonly normal: ScreenBuffer; readonly alt: ScreenBuffer; readonly active: ScreenBuffer }
  readonly coreService: {
    readonly modes: { readonly insertMode: boolean }
    readonly decPrivateModes: { readonly origin: boolean; readonly wraparound: boolean }
  }
  readonly _inputHandler: {
    /** Carries out what the bytes say before it returns: no handler of ours is asynchronous. */
    parse(bytes: Uint8Array): void
    readonly _curAttrData: Attributes
    /** Not 0 right after a character was printed: one that combines, or that repeats it, may follow. */
    readonly _parser: { readonly precedingJoinState: number }
  }
  readonly _charsetService: {
    readonly charset: Charset
    readonly glevel: number
    readonly _charsets: readonly Charset[]
  }
  readonly _oscLinkService: { getLinkData(linkId: number): { readonly uri: string } | undefined }
}

/** Whether it is underlined, and not only a part of a link, which `isUnderline` says of too. */
export function isUnderlined({ fg }: Attributes): boolean {
  return (fg & UNDERLINE) !== 0
}

/** A cell to load others into: the buffers' own methods hand out one that they use themselves. */
export function newCell(terminal: Terminal): Cell {
  return terminal.buffer.active.getNullCell() as Cell
}

/** The private part of a terminal. */
export function coreOf(terminal: Terminal): XtermCore {
  return (terminal as unknown as { readonly _core: XtermCore })._core
}
