// Runs the UI on this process's terminal until the user leaves, a signal ends it, or the terminal has gone. This is what the
// bundle dist/bin/ui.mjs exports; ndctl loads it only where it is asked for.

import { FullScreenTerminal } from '../terminal/full-screen-terminal.ts'
import type { InputEvent } from '../terminal/input-events.ts'
import type { Size } from '../terminal/size.ts'
import type { TerminalCalls } from '../terminal/terminal-calls.ts'
import type { Client, ProcessSummary } from './protocol-types.ts'
import { colourDepth } from './screen/style.ts'
import { Ui } from './ui.ts'

export interface RunUiOptions {
  readonly connect: (signal: AbortSignal) => Promise<Client>
  /** Where the daemon listens, for people. */
  readonly address: string
  /** A connection that is there already. */
  readonly client: Client
  /** A process to begin with: its console has the keys. */
  readonly open: ProcessSummary | undefined
  /** The system calls on our terminal. */
  readonly calls: TerminalCalls
  /** Whatever signal would end ndctl comes there, since the UI must leave the terminal in order first. */
  readonly onSignal: (deliver: (signal: string) => void) => void
}

/** How it ended: by the user, or of a signal. */
export type UiEnd = { readonly kind: 'quit' } | { readonly kind: 'signal'; readonly signal: string }

export async function runUi({ connect, address, client, open, calls, onSignal }: RunUiOptions): Promise<UiEnd> {
  let end: (how: UiEnd) => void = () => {}
  const ended = new Promise<UiEnd>((resolve) => {
    end = resolve
  })
  const quit = () => end({ kind: 'quit' })
  const endBy = (signal: string) => end({ kind: 'signal', signal })
  const events = {
    input: (event: InputEvent) => ui.input(event),
    resized: (size: Size) => ui.resized(size),
    spoiled: () => ui.redraw(),
    closed: () => endBy('SIGHUP'),
  }
  const terminal = new FullScreenTerminal(events, calls)
  const depth = colourDepth(process.env)
  const ui = new Ui({ screen: terminal, depth, connect, address, directory: process.cwd(), quit })
  onSignal(endBy)
  terminal.enter(true)
  try {
    return await Promise.race([ended, ui.run(client, open).then(() => ended)])
  } finally {
    terminal.leave()
    await ui.stop()
  }
}
