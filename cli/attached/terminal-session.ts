// Joins an attached process with a terminal to ours: which parts of our stdio are terminals decides how. Both `start` and
// `attach` end up here, when there is a terminal to show it on.

import { isatty } from 'node:tty'
import type { Attachment, AttachOptionsInput, Client, TerminalSize } from '../../client-lib/index.ts'
import { systemClock } from '../clock.ts'
import type { GlobalValues } from '../command-line/command.ts'
import { hold } from '../connection/hold.ts'
import type { Outcome } from '../exit-status.ts'
import type { SignalRelay } from '../signals/signal-relay.ts'
import { OwnTerminal, terminalSize } from '../terminal/own-terminal.ts'
import { terminalCalls } from '../terminal/terminal-calls.ts'
import type { AttachedSettings } from './attach-options.ts'
import { stayAtTerminal } from './on-terminal.ts'

export interface SessionTerms extends AttachedSettings {
  readonly options: GlobalValues
  readonly attach: Omit<AttachOptionsInput, 'from' | 'size'>
  /** Whether our stdin goes to the process, and whether its end does, if it is no keyboard. */
  readonly stdin: 'none' | 'bytes' | 'bytes and end'
  /** What signals sent to ndctl do, when our keyboard makes none. */
  readonly signals: 'forward' | 'detach'
  /** Whether the process follows the size of our terminal. */
  readonly resizes: boolean
}

/** The size of our terminal, for a process that is to have one. */
export const ownSize = (): TerminalSize => terminalSize(terminalCalls())

/** Shows it until it ends, or is left. */
export async function showOnTerminal(
  client: Client,
  attachment: Attachment,
  signals: SignalRelay,
  terms: SessionTerms,
): Promise<Outcome> {
  const { options, attach, resizes, retryMs } = terms
  const hasKeyboard = isatty(0)
  using terminal = new OwnTerminal(terminalCalls(), systemClock, hasKeyboard)
  const held = hold(client, attachment, options, {
    retryMs,
    attach: () => ({ ...attach, ...(resizes ? { size: terminal.size } : {}) }),
    notice: (sentence) => terminal.notice(sentence),
  })
  terminal.enter()
  return await stayAtTerminal(held, terminal, signals, {
    input: hasKeyboard ? (terms.stdin === 'none' ? 'ignored keys' : 'keys') : terms.stdin,
    signals: terms.signals,
    resizes,
    detachKeys: terms.detachKeys,
    clock: systemClock,
    quiet: options.quiet ?? false,
  })
}
