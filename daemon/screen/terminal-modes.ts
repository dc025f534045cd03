// The modes of a terminal that are about its keyboard, its mouse and its cursor's looks: what programs have switched on, so
// that a terminal that comes later is switched in the same way. The emulator itself knows only some of them.

import type { Terminal } from '../../vt/xterm.ts'

/** Which of a group is on: each replaces the others, and switching any off switches the group off. */
const groups: readonly ReadonlySet<number>[] = [
  // What the mouse reports, and how.
  new Set([9, 1000, 1001, 1002, 1003]),
  new Set([1005, 1006, 1015, 1016]),
]
/**
 * Private modes that are off at first and that a terminal may be put into at any time: cursor keys, reverse video, blinking
 * cursor, keypad, backarrow key, focus, alternate scroll, meta and modifier keys, bracketed paste, colour-scheme and
 * size reports, mintty's Escape key, Windows' keys. Not those that move the cursor or change the screen.
 */
const switchable = new Set([1, 5, 12, 45, 66, 67, 1004, 1007, 1034, 1035, 1036, 1039, 2004, 2031, 2048, 7727, 9001])
for (const group of groups) for (const mode of group) switchable.add(mode)
/** What switches a mode on where not all terminals know its number: of the keypad, tmux and screen know only the older name. */
const olderNames: ReadonlyMap<number, string> = new Map([[66, '\x1b=']])

const CURSOR_VISIBLE = 25
/** Levels of the keyboard protocol that a program may push. */
const KEYBOARD_LEVELS_MAX = 16
const TITLE_MAX = 4096

/** Flags of the keyboard protocol (CSI u), pushed and popped on each screen by itself. */
type Keyboard = { flags: number; readonly pushed: number[] }

export class TerminalModes {
  readonly #terminal: Terminal
  readonly #on = new Set<number>()
  readonly #keyboards: Record<'normal' | 'alternate', Keyboard> = {
    normal: { flags: 0, pushed: [] },
    alternate: { flags: 0, pushed: [] },
  }
  #cursorHidden = false
  #cursorStyle = 0
  #modifyOtherKeys = 0
  #title = ''

  /** Watches what the terminal is told, and changes nothing about it. */
  constructor(terminal: Terminal) {
    this.#terminal = terminal
    const { parser } = terminal
    type Parameters = (number | number[])[]
    const onCsi = (prefix: string, final: string, take: (parameters: readonly number[]) => void, intermediates = '') =>
      parser.registerCsiHandler(
        { final, ...(prefix === '' ? {} : { prefix }), ...(intermediates === '' ? {} : { intermediates }) },
        (parameters: Parameters) => {
          take(parameters.map((parameter) => (typeof parameter === 'number' ? parameter : (parameter[0] ?? 0))))
          return false
        },
      )
    onCsi('?', 'h', (modes) => this.#switch(modes, true))
    onCsi('?', 'l', (modes) => this.#switch(modes, false))
    onCsi('', 'q', ([style = 0]) => (this.#cursorStyle = style <= 6 ? style : 0), ' ')
    onCsi('', 'p', () => this.#reset(), '!')
    const keyboard = () => this.#keyboards[terminal.buffer.active.type]
    onCsi('>', 'u', ([flags = 0]) => push(keyboard(), flags))
    onCsi('<', 'u', ([count = 1]) => pop(keyboard(), count))
    onCsi('=', 'u', ([flags = 0, how = 1]) => change(keyboard(), flags, how))
    onCsi('>', 'm', ([resource = 0, value = 0]) => {
      if (resource === 4) this.#modifyOtherKeys = value
    })
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#reset()
      this.#title = ''
      return false
    })
    for (const [final, on] of [
      ['=', true],
      ['>', false],
    ] as const) {
      parser.registerEscHandler({ final }, () => {
        this.#switch([66], on)
        return false
      })
    }
    terminal.onTitleChange((title) => {
      this.#title = printable(title.slice(0, TITLE_MAX))
    })
  }

  /** What switches the normal screen's own modes. */
  get ofNormalScreen(): string {
    return keyboardText(this.#keyboards.normal)
  }

  /** What switches the alternate screen's own modes. */
  get ofAlternateScreen(): string {
    return keyboardText(this.#keyboards.alternate)
  }

  /** What switches those that both screens share. */
  get ofBoth(): string {
    const texts = Array.from(this.#on, (mode) => olderNames.get(mode) ?? `\x1b[?${mode}h`)
    // The emulator takes it for a setting, which no reset touches.
    if (this.#terminal.options.convertEol === true) texts.push('\x1b[20h')
    if (this.#modifyOtherKeys !== 0) texts.push(`\x1b[>4;${this.#modifyOtherKeys}m`)
    if (this.#cursorStyle !== 0) texts.push(`\x1b[${this.#cursorStyle} q`)
    if (this.#cursorHidden) texts.push(`\x1b[?${CURSOR_VISIBLE}l`)
    if (this.#title !== '') texts.push(`\x1b]2;${this.#title}\x1b\\`)
    return texts.join('')
  }

  #switch(modes: readonly number[], on: boolean): void {
    for (const mode of modes) {
      if (mode === CURSOR_VISIBLE) this.#cursorHidden = !on
      if (!switchable.has(mode)) continue
      const group = groups.find((members) => members.has(mode))
      for (const member of group ?? [mode]) this.#on.delete(member)
      if (on) this.#on.add(mode)
    }
  }

  #reset(): void {
    this.#on.clear()
    for (const keyboard of Object.values(this.#keyboards)) pop(keyboard, KEYBOARD_LEVELS_MAX + 1)
    this.#cursorHidden = false
    this.#cursorStyle = 0
    this.#modifyOtherKeys = 0
  }
}

function push(keyboard: Keyboard, flags: number): void {
  keyboard.pushed.push(keyboard.flags)
  if (keyboard.pushed.length > KEYBOARD_LEVELS_MAX) keyboard.pushed.shift()
  keyboard.flags = flags
}

function pop(keyboard: Keyboard, count: number): void {
  for (let n = 0; n < Math.max(1, count) && n <= KEYBOARD_LEVELS_MAX; n++) keyboard.flags = keyboard.pushed.pop() ?? 0
}

/** 1: to these flags; 2: these on; 3: these off. */
function change(keyboard: Keyboard, flags: number, how: number): void {
  if (how === 2) keyboard.flags |= flags
  else if (how === 3) keyboard.flags &= ~flags
  else keyboard.flags = flags
}

/** What brings a terminal's keyboard, at first without flags, to the same levels. */
function keyboardText({ flags, pushed }: Keyboard): string {
  const [bottom = flags, ...levels] = [...pushed, flags]
  const first = bottom === 0 ? '' : `\x1b[=${bottom};1u`
  return first + levels.map((level) => `\x1b[>${level}u`).join('')
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in it
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '')
}
