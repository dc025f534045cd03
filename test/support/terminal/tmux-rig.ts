// A terminal to look at: a tmux server of the test's own with one window, a shell in it, and ndctl for that shell. Everything
// is waited for by what the screen shows.

import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { terminalCalls } from '../../../cli/terminal/terminal-calls.ts'
import { PATIENCE_MS } from '../wait.ts'
import type { CliRig } from './cli-rig.ts'

const execute = promisify(execFile)

const PERIOD_MS = 20
/** What programs can switch on in a terminal, as tmux knows it. The prompt is waited for with all of it off. */
const FLAGS = [
  ...['alternate_on', 'cursor_flag', 'keypad_flag', 'keypad_cursor_flag', 'insert_flag', 'origin_flag', 'wrap_flag'],
  ...[
    'mouse_any_flag',
    'mouse_button_flag',
    'mouse_standard_flag',
    'mouse_all_flag',
    'mouse_sgr_flag',
    'mouse_utf8_flag',
  ],
  'scroll_region_upper',
]
/** 1 where no scroll region ends above the last line. */
const BELOW_REGION = 'below_region=#{e|-:#{pane_height},#{scroll_region_lower}}'
const PROMPT = 'OUT>'

/** Shells that a terminal may have, as they are started, and what makes them ask with the prompt and nothing else. */
const shells = {
  bash: { start: 'bash --norc', prepare: 'PROMPT_COMMAND=; set +o history' },
  zsh: { start: 'zsh -f +o prompt_sp', prepare: 'true' },
  dash: { start: 'dash', prepare: 'true' },
} as const
export type Shell = keyof typeof shells

export class Tmux {
  readonly #rig: CliRig
  readonly #socket: string

  private constructor(rig: CliRig, name: string) {
    this.#rig = rig
    this.#socket = `${rig.directory}/${name}`
  }

  /** Opens a terminal whose shell waits for a command. It is closed by {@link close}, or with the test's processes. */
  static async open(
    rig: CliRig,
    size: { columns: number; rows: number },
    name = 'tmux',
    shell: Shell = 'bash',
  ): Promise<Tmux> {
    const tmux = new Tmux(rig, name)
    const { start, prepare } = shells[shell]
    const geometry = ['-x', String(size.columns), '-y', String(size.rows)]
    await tmux.#run('-f', '/dev/null', 'new-session', '-d', '-c', rig.directory, ...geometry, start)
    await tmux.command(`PS1='${PROMPT} '; ${prepare}; clear`)
    return tmux
  }

  async close(): Promise<void> {
    // It has gone already if its shell has ended.
    await this.#run('kill-server').catch(() => undefined)
  }

  /** Types a line, and waits until it has been carried out and the shell asks for another. */
  async command(line: string): Promise<void> {
    await this.type(`${line}; tmux wait-for -S carried-out`)
    await this.keys('Enter')
    await this.#run('wait-for', 'carried-out')
    await this.prompt()
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#run('send-keys', '-l', text)
  }

  /** Strikes keys by tmux's names for them: `Enter`, `C-p`. */
  async keys(...names: string[]): Promise<void> {
    await this.#run('send-keys', ...names)
  }

  /** What is shown, a string for each line. */
  async screen(): Promise<string[]> {
    return (await this.#run('capture-pane', '-p')).split('\n')
  }

  /** Waits until what is shown is so. */
  async shows(what: string | RegExp | ((lines: readonly string[]) => boolean)): Promise<string[]> {
    const holds = (lines: readonly string[]) => {
      if (typeof what === 'function') return what(lines)
      const text = lines.join('\n')
      return typeof what === 'string' ? text.includes(what) : what.test(text)
    }
    return await this.#until(`${what} to be shown`, () => this.screen(), holds)
  }

  /** Waits for the shell's prompt under all that is shown. */
  prompt(): Promise<string[]> {
    return this.shows((lines) => lines.findLast((line) => line !== '') === PROMPT)
  }

  /** What programs have switched on. */
  async flags(): Promise<string> {
    return await this.#run(
      'display-message',
      '-p',
      `${FLAGS.map((flag) => `${flag}=#{${flag}}`).join(' ')} ${BELOW_REGION}`,
    )
  }

  async untilFlags(what: string, holds: (flags: string) => boolean): Promise<void> {
    await this.#until(what, () => this.flags(), holds)
  }

  /** The modes of its terminal at this moment, its size apart; by stty, which needs no shell of that terminal. */
  async stty(): Promise<string> {
    const tty = await this.#run('display-message', '-p', '#{pane_tty}')
    return withoutSize((await execute('stty', ['-a', '-F', tty.trim()])).stdout)
  }

  /** The modes of its terminal, its size apart, as a program that the shell runs finds them. */
  async modes(): Promise<string> {
    const file = join(this.#rig.directory, 'modes')
    await this.command(`stty -a >${file}`)
    return withoutSize(readFileSync(file, 'utf8'))
  }

  /** The same as the kernel has it (struct termios), at once. */
  async termios(): Promise<string> {
    const tty = (await this.#run('display-message', '-p', '#{pane_tty}')).trim()
    const fd = openSync(tty, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
    const modes = terminalCalls().getModes(fd)
    closeSync(fd)
    return modes?.toString('hex') ?? 'no terminal'
  }

  /** The process that the shell runs in the foreground. */
  async job(): Promise<number> {
    const shell = (await this.#run('display-message', '-p', '#{pane_pid}')).trim()
    const children = () => Promise.resolve(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim())
    return Number(await this.#until('a job of the shell', children, (pids) => /^\d+$/.test(pids)))
  }

  /** The process group in the foreground of its terminal, once that is not the shell's own; its number is that of its leader. */
  async foreground(): Promise<number> {
    const shell = (await this.#run('display-message', '-p', '#{pane_pid}')).trim()
    const look = async () => {
      const stat = readFileSync(`/proc/${shell}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5] ?? ''
    }
    return Number(await this.#until('a job in the foreground', look, (group) => group !== shell))
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#run('resize-window', '-x', String(columns), '-y', String(rows))
  }

  async #until<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
    const begun = performance.now()
    for (;;) {
      const seen = await look()
      if (holds(seen)) return seen
      if (performance.now() - begun > PATIENCE_MS) {
        const lines = Array.isArray(seen) ? seen.join('\n').trimEnd() : seen
        throw new Error(`waited in vain for ${what}; there is:\n${lines}`)
      }
      await sleep(PERIOD_MS)
    }
  }

  async #run(...args: string[]): Promise<string> {
    const env = { ...process.env, ...this.#rig.env, TMUX: undefined, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }
    return (await execute('tmux', ['-S', this.#socket, ...args], { env })).stdout.replace(/\n$/, '')
  }
}

const withoutSize = (modes: string): string => modes.replace(/rows \d+; columns \d+; /, '')
