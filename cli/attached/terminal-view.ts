// The output of a process with a terminal, on ours. It goes there unchanged; where some of it is missing, or was missed while
// the connection was away or we were stopped, the screen is drawn anew, since what comes next makes no sense on the old one.

import type { Attachment } from '../../client-lib/index.ts'
import type { Clock } from '../clock.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import { isLost } from '../connection/lost-connection.ts'
import type { ProcessEnd } from '../exit-status.ts'
import type { OwnTerminal } from '../terminal/own-terminal.ts'
import { borderSentence } from '../text/process-text.ts'
import { gapSentence } from './gap-notices.ts'

/** What it needs of our terminal. */
export type Screen = Pick<OwnTerminal, 'draw' | 'write' | 'flush' | 'enter' | 'leave' | 'notice' | 'nextRun'>

/** Screens are drawn anew no more often than that, however much is missed. */
const REDRAW_PERIOD_MS = 250

export class TerminalView {
  readonly #held: HeldProcess
  readonly #terminal: Screen
  readonly #clock: Clock
  readonly #tellsRuns: boolean
  /** While we are stopped: what going on calls. */
  #suspended: { readonly over: Promise<void>; end(): void } | undefined
  #drawnAt = 0

  /** @param tellsRuns whether a line says that another run begins */
  constructor(held: HeldProcess, terminal: Screen, clock: Clock, tellsRuns = false) {
    this.#tellsRuns = tellsRuns
    this.#held = held
    this.#terminal = terminal
    this.#clock = clock
  }

  /** Whether {@link suspend} was called, and {@link resume} not yet. */
  get suspended(): boolean {
    return this.#suspended !== undefined
  }

  /** Shows it to its end. @throws what the attachment does, OutputError, CliError */
  async toEnd(): Promise<ProcessEnd> {
    let isNew = true
    for (;;) {
      try {
        if (!isNew) await this.#redraw()
        isNew = false
        const missed = await this.#show(this.#held.attachment)
        const suspended = await this.#whileSuspended()
        if (missed || (suspended && this.#held.ended === undefined)) continue
        await this.#terminal.flush()
        return await this.#held.attachment.exited
      } catch (error) {
        if (!isLost(error)) throw error
        await this.#held.reattach(error, 'screen')
        await this.#whileSuspended()
        isNew = true
      }
    }
  }

  /** Leaves the process and the terminal alone, until {@link resume}. */
  async suspend(): Promise<void> {
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#suspended = { over, end }
    this.#held.detach()
    await this.#terminal.flush()
    this.#terminal.leave(true)
  }

  /** Goes on; the terminal has been in other hands, also if {@link suspend} was not called. */
  resume(): void {
    this.#terminal.enter()
    if (this.#suspended === undefined) this.#suspended = { over: Promise.resolve(), end: () => {} }
    this.#held.detach()
    this.#suspended.end()
  }

  /** Shows what one attachment brings; true if the screen has to be drawn anew. */
  async #show({ stream, output }: Attachment): Promise<boolean> {
    if (stream.screen !== undefined) await this.#terminal.draw(stream.screen)
    let begun = stream.screen !== undefined
    for await (const item of output) {
      if (item.kind === 'data') {
        const wait = this.#terminal.write(item.bytes)
        if (wait !== undefined) await wait
        begun = true
      } else if (item.kind === 'gap') {
        if (begun) return true
        // Of the history that was asked for, the beginning is not kept any more.
        this.#terminal.notice(gapSentence(item.from, item.to))
      } else if (item.kind === 'run' && item.event === 'began') {
        this.#terminal.nextRun()
        if (this.#tellsRuns) this.#terminal.notice(borderSentence(this.#held.process.id, item))
      }
    }
    return false
  }

  /** Waits until we go on; false if we were not stopped. */
  async #whileSuspended(): Promise<boolean> {
    if (this.#suspended === undefined) return false
    await this.#suspended.over
    this.#suspended = undefined
    return true
  }

  async #redraw(): Promise<void> {
    const waitMs = this.#drawnAt + REDRAW_PERIOD_MS - this.#clock.now()
    if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve))
    this.#drawnAt = this.#clock.now()
    await this.#held.redraw()
  }
}
