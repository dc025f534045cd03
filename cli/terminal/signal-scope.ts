// Whom a signal was meant for that has reached ndctl: a terminal sends its signals to the whole job in its foreground, a program
// sends one to a process alone. The kernel does not tell Node who sent it; so it goes by what a terminal could have sent.

import { controllingTerminal } from './foreground.ts'

/** Ctrl-C, Ctrl-\, Ctrl-Z, and another size of the window. */
const BY_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGWINCH'])

export class SignalScope {
  readonly #had = controllingTerminal() !== 'none'

  of(signal: string): 'group' | 'process' {
    const terminal = controllingTerminal()
    const sent = signal === 'SIGHUP' ? this.#had && terminal === 'none' : BY_TERMINAL.has(signal) && terminal === 'ours'
    return sent ? 'group' : 'process'
  }
}
