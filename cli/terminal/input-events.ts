// What comes from the terminal, as the UI sees it. A key is written as people write it: `a`, `ctrl+c`, `alt+b`, `shift+tab`,
// `up`, `f1`. Modifiers stand in the order ctrl, alt, shift.

export interface KeyEvent {
  readonly kind: 'key'
  readonly key: string
  /** What it writes, if it is a character without ctrl or alt. */
  readonly text?: string
  /** The bytes it came as, for programs that want every key. */
  readonly raw: string
}

export interface MouseEvent {
  readonly kind: 'mouse'
  readonly action: 'wheel up' | 'wheel down' | 'press' | 'other'
  /** Cells from the left and from the top, from 0. */
  readonly column: number
  readonly row: number
}

/** Text that was pasted: not typed, so never a command. */
export interface PasteEvent {
  readonly kind: 'paste'
  /** Lines end in "\n"; there are no other controls but tabs. */
  readonly text: string
  /** It was longer than can be taken; this is its beginning. */
  readonly cut: boolean
}

export type InputEvent = KeyEvent | MouseEvent | PasteEvent
