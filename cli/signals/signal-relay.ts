// Catches the signals that would end ndctl, and keeps them until there is a process to pass them to: if ndctl died between the
// request and the answer, it would leave a process behind without telling its id. What stops and continues is not among them
// (suspension.ts), nor what nobody can catch.

import { constants } from 'node:os'
import { listenToRealTime } from './real-time.ts'
import { openSignalActions, type SignalActions } from './signal-actions.ts'

/** What a terminal, a shell or a supervisor sends to end a program. */
const ASKING: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
/** Signals that nobody can catch, and those that stop and continue. */
const NOT_RELAYED = ['SIGKILL', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT']
/** Those that do nothing to a program that has not asked for them. */
const HARMLESS = ['SIGCHLD', 'SIGURG', 'SIGWINCH']
/** The kernel sends these to a program that it cannot let go on as it was: caught again and again, they would come for ever. */
const FAULTS = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS', 'SIGABRT'] as const

/** Those that end a program unless it does something about them; of two names for one number, the usual one. */
const ENDING = Object.entries(constants.signals)
  .filter(([, number], at, all) => all.findIndex(([, other]) => other === number) === at)
  .map(([name]) => name as NodeJS.Signals)
  .filter((name) => ![...NOT_RELAYED, ...HARMLESS].includes(name))

/** Whether a signal asks a program to end, as others do not that may end it too. */
export const asksToEnd = (signal: string): boolean => ASKING.has(signal)

export class SignalRelay implements Disposable {
  readonly #actions: SignalActions
  readonly #realTime: Disposable
  #deliver: ((signal: string) => void) | undefined
  #kept: string[] = []
  readonly #listeners = new Map<NodeJS.Signals, () => void>()

  constructor(actions: SignalActions = openSignalActions()) {
    this.#actions = actions
    this.#realTime = listenToRealTime((signal) => this.#receive(signal))
    for (const signal of ENDING) if (signal !== 'SIGPIPE') this.#listen(signal)
    this.#armFaults()
  }

  /**
   * From now on signals go there, the kept ones first.
   *
   * @param all also those that do nothing by themselves, and SIGPIPE, which our own writing may have caused
   */
  connect(deliver: (signal: string) => void, all = false): void {
    this.#deliver = deliver
    for (const signal of this.#kept.splice(0)) deliver(signal)
    if (all) for (const signal of [...HARMLESS, 'SIGPIPE']) this.#listen(signal as NodeJS.Signals)
  }

  [Symbol.dispose](): void {
    // Without any listener it would end us at the next thing that we say to nobody; Node ignores it from its start.
    if (this.#listeners.has('SIGPIPE')) process.on('SIGPIPE', () => {})
    for (const [signal, listener] of this.#listeners) process.removeListener(signal, listener)
    this.#listeners.clear()
    this.#realTime[Symbol.dispose]()
  }

  #listen(signal: NodeJS.Signals): void {
    const listener = () => {
      if ((FAULTS as readonly string[]).includes(signal)) this.#armFaults()
      this.#receive(signal)
    }
    this.#listeners.set(signal, listener)
    process.on(signal, listener)
  }

  #armFaults(): void {
    for (const signal of FAULTS) this.#actions.catchOnce(constants.signals[signal])
  }

  #receive(signal: string): void {
    if (this.#deliver === undefined) this.#kept.push(signal)
    else this.#deliver(signal)
  }
}
