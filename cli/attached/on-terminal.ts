// ndctl while our terminal shows a process that has one of its own: keys go there, its output comes here, window sizes
// follow. However it ends, our terminal is in order again before anything is said.

import type { Clock } from '../clock.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import { isLost } from '../connection/lost-connection.ts'
import { mirror, type Outcome, type ProcessEnd } from '../exit-status.ts'
import type { Key } from '../keys/detach-keys.ts'
import { Keyboard } from '../keys/keyboard.ts'
import type { EndingSignal, SignalRelay } from '../signals/signal-relay.ts'
import { Suspension } from '../signals/suspension.ts'
import { OutputError } from '../stdio/output-error.ts'
import { openSource } from '../stdio/source.ts'
import { FOREGROUND_PERIOD_MS, inForeground } from '../terminal/foreground.ts'
import type { OwnTerminal } from '../terminal/own-terminal.ts'
import { sayInPassing } from '../terminal/stopped-terminal.ts'
import { forwardInput } from './forward-input.ts'
import { Leaving } from './leaving.ts'
import { TerminalView } from './terminal-view.ts'

export interface TerminalTerms {
  /** Where its input comes from: our keyboard (in raw mode), our stdin (and its end, or without), or nowhere. */
  readonly input: 'keys' | 'ignored keys' | 'bytes' | 'bytes and end' | 'none'
  /** What the signals that end a program do: reach the process, or end the attachment. */
  readonly signals: 'forward' | 'detach'
  /** Whether the process follows the size of our terminal. */
  readonly resizes: boolean
  readonly detachKeys: readonly Key[]
  readonly clock: Clock
  readonly quiet: boolean
}

/** How long what an ended process has left to show may keep us from a signal. */
const PATIENCE_MS = 1000

/**
 * Shows the process until it has ended, or is left.
 *
 * @param terminal entered already; left when this settles
 * @throws CliError, NetdaemonError
 */
export async function stayAtTerminal(
  held: HeldProcess,
  terminal: OwnTerminal,
  signals: SignalRelay,
  terms: TerminalTerms,
): Promise<Outcome> {
  const leaving = new Leaving()
  const view = new TerminalView(held, terminal, terms.clock)
  signals.connect((signal) => {
    if (terms.signals === 'detach' || held.away) leaving.by(signal)
    else held.kill(signal).catch((error) => (isLost(error) ? leaving.by(signal) : leaveSoon(signal)))
  })
  // It has ended, and if the rest of its output is shown soon, as it did. If not, it is us who cannot go on.
  const leaveSoon = (signal: EndingSignal) => void terms.clock.after(PATIENCE_MS, () => leaving.by(signal))
  const resize = () => {
    if (terms.resizes) held.resize(terminal.size)
  }
  process.on('SIGWINCH', resize)
  const resume = () => {
    if (leaving.left) return
    if (inForeground()) view.resume()
    else terms.clock.after(FOREGROUND_PERIOD_MS, resume)
  }
  using _suspension = new Suspension({ before: () => view.suspend(), after: resume }, terms.clock)
  try {
    using _input = await openInput(held, leaving, terms)
    const end = await Promise.race([view.toEnd(), leaving.outcome.then(() => undefined)])
    if (end === undefined) return await leave(held, terminal, leaving, terms)
    terminal.leave()
    if (!terms.quiet) await tellEnd(held.process.id, end)
    return mirror(end)
  } catch (error) {
    terminal.leave()
    // Our terminal has hung up, and whoever was there has gone.
    if (error instanceof OutputError && error.errno === 'EIO') return { kind: 'signal', signal: 'SIGHUP' }
    throw error
  } finally {
    process.removeListener('SIGWINCH', resize)
  }
}

async function leave(
  held: HeldProcess,
  terminal: OwnTerminal,
  leaving: Leaving,
  { quiet }: TerminalTerms,
): Promise<Outcome> {
  held.detach()
  await terminal.flush()
  terminal.leave(true)
  if (!quiet) await sayInPassing(`detached from "${held.process.id}", which runs on`)
  return await leaving.outcome
}

async function openInput(held: HeldProcess, leaving: Leaving, terms: TerminalTerms): Promise<Disposable> {
  const { input, detachKeys, clock } = terms
  if (input === 'none') return { [Symbol.dispose]() {} }
  const detach = () => leaving.byKeys()
  if (input === 'bytes' || input === 'bytes and end') {
    const forwardEnd = input === 'bytes and end'
    const flow = await forwardInput(held, { forwardEnd, detachKeys: [], typed() {}, detach })
    return { [Symbol.dispose]: () => flow.stop() }
  }
  const ignored = input === 'ignored keys'
  return new Keyboard(openSource(), {
    detachKeys,
    clock,
    ignored: () => ignored,
    interruptible: () => ignored || held.away,
    type: (bytes) => held.write(bytes),
    detach,
    interrupt: () => leaving.by('SIGINT'),
    lost: () => leaving.by('SIGHUP'),
  })
}

async function tellEnd(id: string, end: ProcessEnd): Promise<void> {
  const { endSentence } = await import('../text/process-text.ts')
  await sayInPassing(endSentence(id, end))
}
