// Catches the signals that end a program before there is a process to pass them to, and keeps them until then: if ndctl died
// between the request and the answer, it would leave a process behind without telling its id.

/** What a terminal, a shell or a supervisor sends to end a program. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
export type EndingSignal = (typeof ENDING_SIGNALS)[number]

export class SignalRelay implements Disposable {
  #deliver: ((signal: EndingSignal) => void) | undefined
  #kept: EndingSignal[] = []
  readonly #listeners = new Map<EndingSignal, () => void>()

  constructor() {
    for (const signal of ENDING_SIGNALS) {
      const listener = () => this.#receive(signal)
      this.#listeners.set(signal, listener)
      process.on(signal, listener)
    }
  }

  /** From now on signals go there, the kept ones first. */
  connect(deliver: (signal: EndingSignal) => void): void {
    this.#deliver = deliver
    for (const signal of this.#kept.splice(0)) deliver(signal)
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.removeListener(signal, listener)
    this.#listeners.clear()
  }

  #receive(signal: EndingSignal): void {
    if (this.#deliver === undefined) this.#kept.push(signal)
    else this.#deliver(signal)
  }
}
