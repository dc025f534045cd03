// Says what is being run while nothing ends: on a terminal in a line that goes away again, elsewhere in a line now and then, so
// that a log shows life and is not flooded.

const LINE_EVERY_MS = 1_000
const LOG_EVERY_MS = 30_000
const ERASE = '\r\x1b[K'

export class Progress implements Disposable {
  readonly #total: number
  readonly #isTerminal = process.stdout.isTTY
  /** What runs, and since when. */
  readonly #running = new Map<string, number>()
  #done = 0
  #saidAt = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(total: number) {
    this.#total = total
    this.#timer = setInterval(() => this.#say(), LINE_EVERY_MS)
  }

  begins(name: string): void {
    this.#running.set(name, performance.now())
  }

  /** It has ended: `print` prints what came of it. */
  ended(name: string, print: () => void): void {
    this.#running.delete(name)
    this.#done += 1
    if (this.#isTerminal) process.stdout.write(ERASE)
    print()
    this.#saidAt = performance.now()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) process.stdout.write(ERASE)
  }

  #say(): void {
    const now = performance.now()
    if (!this.#isTerminal && now - this.#saidAt < LOG_EVERY_MS) return
    this.#saidAt = now
    const running = Array.from(this.#running, ([name, since]) => `${name} (${Math.round((now - since) / 1000)} s)`)
    const text = `… ${this.#done} of ${this.#total} files done; running ${running.join(', ')}`
    if (this.#isTerminal) process.stdout.write(ERASE + text.slice(0, Math.max(0, process.stdout.columns - 1)))
    else console.log(text)
  }
}
