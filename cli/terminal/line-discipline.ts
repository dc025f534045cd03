// The modes of our terminal's line discipline (termios(3)): what it does to typed and written bytes before we, or it, get
// them. Changed for as long as we are attached, and put back exactly as they were: while the terminal is ours. One that another
// job has by now is that job's business, and the kernel would stop us for touching it (SIGTTOU).

import type { Modes, TerminalCalls } from './terminal-calls.ts'

const FLAGS = { input: 0, output: 4, control: 8, local: 12 } as const
const CHARACTERS = 17
const INDEX = { VTIME: 5, VMIN: 6, VSTART: 8, VEOL: 11 } as const

const IGNBRK = 0o1
const BRKINT = 0o2
const PARMRK = 0o10
const ISTRIP = 0o40
const INLCR = 0o100
const IGNCR = 0o200
const ICRNL = 0o400
const IXON = 0o2000
const IXANY = 0o4000
const OPOST = 0o1
const ISIG = 0o1
const ICANON = 0o2
const ECHO = 0o10
const ECHONL = 0o100
const IEXTEN = 0o100000
const CSIZE = 0o60
const CS8 = 0o60
const PARENB = 0o400

type Flag = keyof typeof FLAGS

function change(modes: Modes, flag: Flag, off: number, on = 0): void {
  const at = FLAGS[flag]
  modes.writeUInt32LE(((modes.readUInt32LE(at) & ~off) | on) >>> 0, at)
}

/** Every byte both ways as it is: cfmakeraw(3). */
export const rawModes = (saved: Modes): Modes => unprocessedModes(rawKeyModes(saved))

/** Typed bytes come as they are; what is written goes out as before, so that others can write there while we are stopped. */
export function rawKeyModes(saved: Modes): Modes {
  const modes = Buffer.from(saved)
  change(modes, 'input', IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
  change(modes, 'local', ECHO | ECHONL | ICANON | ISIG | IEXTEN)
  change(modes, 'control', CSIZE | PARENB, CS8)
  modes[CHARACTERS + INDEX.VMIN] = 1
  modes[CHARACTERS + INDEX.VTIME] = 0
  return modes
}

/** What is written goes out as it is; typing stays as it was. */
export function unprocessedModes(saved: Modes): Modes {
  const modes = Buffer.from(saved)
  change(modes, 'output', OPOST)
  return modes
}

/**
 * Lines as before, and the key ends one, too: it is read at once, without Return. If it is the key that makes stopped output
 * go on (Ctrl-Q), that is given up for any key that does.
 */
export function keyEndsLine(saved: Modes, key: number): Modes {
  const modes = Buffer.from(saved)
  if (modes[CHARACTERS + INDEX.VSTART] === key) {
    modes[CHARACTERS + INDEX.VSTART] = 0
    if ((modes.readUInt32LE(FLAGS.input) & IXON) !== 0) change(modes, 'input', 0, IXANY)
  }
  modes[CHARACTERS + INDEX.VEOL] = key
  return modes
}

/** The key that makes stopped output go on. */
export const startKey = (modes: Modes): number | undefined => modes[CHARACTERS + INDEX.VSTART]

/** One terminal's modes, changed and put back. */
export class LineDiscipline {
  readonly #fd: number
  readonly #calls: TerminalCalls
  #saved: Modes | undefined
  #set: Modes | undefined

  constructor(fd: number, calls: TerminalCalls) {
    this.#fd = fd
    this.#calls = calls
  }

  /** The modes that {@link restore} goes back to; undefined while they are in force. */
  get saved(): Modes | undefined {
    return this.#saved
  }

  /** Changes the modes, or, if they have been changed already, does so again, from what they were at first. */
  change(to: (saved: Modes) => Modes): void {
    this.#saved ??= this.#calls.getModes(this.#fd)
    if (this.#saved === undefined) return
    this.#set = to(this.#saved)
    this.#calls.setModes(this.#fd, this.#set)
  }

  /** Changes the modes, unless they are still as the last change made them. What they are otherwise is what we go back to. */
  hold(to: (saved: Modes) => Modes): void {
    if (this.#set !== undefined && this.#saved !== undefined) {
      if (this.#calls.getModes(this.#fd)?.equals(this.#set)) return
      this.#saved = undefined
    }
    this.change(to)
  }

  /** Puts them back. Idempotent. */
  restore(): void {
    const saved = this.#saved
    if (saved === undefined || !this.#calls.inForeground()) return
    this.#saved = undefined
    this.#calls.setModes(this.#fd, saved)
  }

  /** Puts them back, unless another program of the terminal has changed them since. */
  restoreOwn(): void {
    if (this.#saved === undefined || this.#set === undefined || !this.#calls.inForeground()) return
    if (this.#calls.getModes(this.#fd)?.equals(this.#set)) this.restore()
    else this.#saved = undefined
  }
}
