// A program in a real terminal, driven by a script: a tmux server of its own with one pane, keys sent to it, and its screen
// looked at. Nothing waits for a duration: the script says what must be on the screen before it goes on.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Screen, type Size, screenOf } from './screen.ts'

/** Longer than anything takes on the slowest machine. */
const DEADLINE_MS = 120_000
const LOOK_EVERY_MS = 50
/** A screen that was the same so many times is taken for settled. */
const SETTLED_LOOKS = 6
/** A screen that has changed for so long is taken as it is. */
const RESTLESS_LOOKS = 40

/** Nothing on the screen but the program, also after its end. */
const CONFIG = `set-option -g status off
set-option -g remain-on-exit on
set-option -g remain-on-exit-format ''
set-option -g default-terminal tmux-256color
set-option -g escape-time 0
`

export interface SessionOptions extends Size {
  readonly command: readonly string[]
  readonly cwd?: string
  /** What is set besides the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
}

export class TerminalSession implements AsyncDisposable {
  readonly size: Size
  readonly #env: NodeJS.ProcessEnv
  readonly #directory = mkdtempSync('/tmp/ndpic-')

  constructor({ columns, rows, command, cwd = '.', env = {} }: SessionOptions) {
    this.size = { columns, rows }
    this.#env = { ...process.env, ...env, TMUX: undefined }
    const size = ['-x', String(columns), '-y', String(rows)]
    const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
    const config = join(this.#directory, 'config')
    writeFileSync(config, CONFIG)
    this.#tmux('-f', config, 'new-session', '-d', ...size, '-c', cwd, `exec ${quoted}`)
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', '--', text)
  }

  /** Presses keys by their names in tmux: `Enter`, `C-c`, `Up`, `F1`. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', '--', ...keys)
  }

  /** The lines on its screen. */
  text(): string {
    return this.#tmux('capture-pane', '-p')
  }

  /** What the program has done to the terminal, and not undone. */
  modes(): { alternate: boolean; cursor: boolean; mouse: boolean; wrap: boolean } {
    const format = '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{wrap_flag}'
    const [alternate, cursor, mouse, wrap] = this.#tmux('display-message', '-p', format)
      .trim()
      .split(' ')
      .map((flag) => flag === '1')
    return { alternate: alternate === true, cursor: cursor === true, mouse: mouse === true, wrap: wrap === true }
  }

  resize({ columns, rows }: Size): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Resolves when the screen shows it: a text, or what fits. @throws Error with the screen when it never does */
  async shows(wanted: RegExp | string | ((text: string) => boolean)): Promise<void> {
    if (typeof wanted === 'function') await this.#until('what is wanted', wanted)
    else if (typeof wanted === 'string') await this.#until(`"${wanted}"`, (text) => text.includes(wanted))
    else await this.#until(`${wanted}`, (text) => wanted.test(text))
  }

  /** Resolves when something is on the screen and has stopped changing, or changes all the time. */
  async settled(): Promise<void> {
    let last = ''
    let same = 0
    let looks = 0
    await this.#until('something on the screen', (text) => {
      if (text.trim() === '') return false
      looks += 1
      same = text === last ? same + 1 : 0
      last = text
      return same >= SETTLED_LOOKS || looks >= RESTLESS_LOOKS
    })
  }

  /** What is on its screen, with colours. */
  async screen(): Promise<Screen> {
    const [column = 0, row = 0, visible = 0] = this.#tmux(
      'display-message',
      '-p',
      '#{cursor_x} #{cursor_y} #{cursor_flag}',
    )
      .split(' ')
      .map(Number)
    const lines = this.#tmux('capture-pane', '-p', '-e', '-N').replace(/\n$/, '').split('\n')
    const { cursor: _, ...screen } = await screenOf(lines.join('\r\n'), this.size)
    return visible === 1 ? { ...screen, cursor: { column, row } } : screen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#tmux('kill-server')
    } finally {
      rmSync(this.#directory, { recursive: true, force: true })
    }
  }

  async #until(what: string, holds: (text: string) => boolean): Promise<void> {
    const begun = performance.now()
    for (;;) {
      const text = this.text()
      if (holds(text)) return
      if (performance.now() - begun > DEADLINE_MS) throw new Error(`waited in vain for ${what}; the screen is\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  #tmux(...words: readonly string[]): string {
    return execFileSync('tmux', ['-S', join(this.#directory, 't'), ...words], { encoding: 'utf8', env: this.#env })
  }
}
