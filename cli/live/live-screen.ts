// Lines that are drawn anew on the whole terminal until somebody leaves: what "top" and "list --watch" are on a terminal.
// However it ends, the terminal is restored (see FullScreenTerminal).

import { done, type Outcome } from '../exit-status.ts'
import { SignalRelay } from '../signals/signal-relay.ts'
import { FullScreenTerminal } from '../terminal/full-screen-terminal.ts'
import { terminalCalls } from '../terminal/terminal-calls.ts'

const HOME = '\x1b[H'
const ERASE_LINE = '\x1b[K'
const ERASE_BELOW = '\x1b[J'

export interface LiveContent {
  /** The lines to be seen now; those that have no room below are left out. They must be no wider than the terminal. */
  lines(columns: number): readonly string[]
  /** A key, as `c` or `ctrl+l`. */
  key?(key: string): void
}

export class LiveScreen {
  readonly #content: LiveContent
  readonly #terminal: FullScreenTerminal
  #end: (outcome: Outcome) => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(content: LiveContent) {
    this.#content = content
    this.#terminal = new FullScreenTerminal(
      {
        input: (event) => {
          if (event.kind === 'key') this.#key(event.key)
        },
        resized: () => this.redraw(),
        spoiled: () => this.redraw(),
        closed: () => this.#end({ kind: 'signal', signal: 'SIGHUP' }),
      },
      terminalCalls(),
    )
  }

  /** Until a person leaves, a signal comes, or `work` fails. */
  async show(work: (signal: AbortSignal) => Promise<void>): Promise<Outcome> {
    using signals = new SignalRelay()
    const working = new AbortController()
    const ended = new Promise<Outcome>((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    signals.connect((signal) => this.#end({ kind: 'signal', signal }))
    this.#terminal.enter(false)
    try {
      work(working.signal).catch(this.#fail)
      return await ended
    } finally {
      working.abort()
      this.#terminal.leave()
    }
  }

  redraw(): void {
    // A slow terminal gets the next picture instead of all of them.
    if (this.#terminal.isBusy) return
    const { columns, rows } = this.#terminal.size
    const lines = this.#content.lines(columns).slice(0, rows)
    this.#terminal.write(HOME + lines.map((line) => line + ERASE_LINE).join('\r\n') + ERASE_BELOW)
  }

  #key(key: string): void {
    if (key === 'q' || key === 'ctrl+c' || key === 'escape') this.#end(done)
    else if (key === 'ctrl+z') this.#terminal.suspend()
    else {
      this.#content.key?.(key)
      this.redraw()
    }
  }
}
