// ndctl while our terminal shows a process that has one of its own: keys go there, its output comes here, window sizes
// follow. Our terminal is in order again before anything is said, however it ends. `start` and `attach` share it.

import { isatty } from 'node:tty'
import type { Attachment, AttachOptionsInput, Client, TerminalSize } from '../../client-lib/index.ts'
import { systemClock } from '../clock.ts'
import type { GlobalValues } from '../command-line/command.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import { hold } from '../connection/hold.ts'
import { isLost } from '../connection/lost-connection.ts'
import { mirror, type Outcome, type ProcessEnd } from '../exit-status.ts'
import { Keyboard } from '../keys/keyboard.ts'
import { asksToEnd, type SignalRelay } from '../signals/signal-relay.ts'
import { Suspension } from '../signals/suspension.ts'
import { OutputError } from '../stdio/output-error.ts'
import { openSource } from '../stdio/source.ts'
import { say } from '../stdio/stdio.ts'
import { FOREGROUND_PERIOD_MS, inForeground } from '../terminal/foreground.ts'
import { OwnTerminal, terminalSize } from '../terminal/own-terminal.ts'
import { SignalScope } from '../terminal/signal-scope.ts'
import { sayInPassing } from '../terminal/stopped-terminal.ts'
import { terminalCalls } from '../terminal/terminal-calls.ts'
import type { AttachedSettings } from './attach-options.ts'
import { forwardInput } from './forward-input.ts'
import { attachedSentence, waysOut } from './guest-input.ts'
import { Leaving } from './leaving.ts'
import { TerminalView } from './terminal-view.ts'

export interface TerminalTerms extends AttachedSettings {
  readonly options: GlobalValues
  /** How it is attached to again after a break, except for the place and the size. */
  readonly attach: Omit<AttachOptionsInput, 'from' | 'size'>
  /** Whether our stdin goes to the process, and whether its end does, if it is no keyboard. */
  readonly stdin: 'none' | 'bytes' | 'bytes and end'
  /** What signals to us do: reach the process, or end the attachment; or those that ask to end do, and the others reach it. */
  readonly signals: 'forward' | 'detach' | 'detach if asked to end'
  /** Whether the process follows the size of our terminal. */
  readonly resizes: boolean
  /** Whether we are a guest at a process of others: a person is told how to leave. */
  readonly guest: boolean
}

/** How long what an ended process has left to show may keep us from a signal. */
const PATIENCE_MS = 1000

/** The size of our terminal, for a process that is to have one. */
export const ownSize = (): TerminalSize => terminalSize(terminalCalls())

/**
 * Shows the process until it has ended, or is left.
 *
 * @param signals caught already, so that none is lost
 * @throws CliError, NetdaemonError
 */
export async function showOnTerminal(
  client: Client,
  attachment: Attachment,
  signals: SignalRelay,
  terms: TerminalTerms,
): Promise<Outcome> {
  const { options, attach, resizes, retryMs } = terms
  using terminal = new OwnTerminal(terminalCalls(), systemClock, isatty(0))
  const held = hold(client, attachment, options, {
    retryMs,
    attach: () => ({ ...attach, ...(resizes ? { size: terminal.size } : {}) }),
    notice: (sentence) => terminal.notice(sentence),
  })
  if (terms.guest && isatty(0) && isatty(2) && !options.quiet) {
    await say(attachedSentence(held.process.id, waysOut(terms.detachKeys, terms.stdin === 'none')))
  }
  terminal.enter()
  return await showHeld(held, terminal, signals, terms)
}

/** @param terminal entered already; left when this settles */
async function showHeld(
  held: HeldProcess,
  terminal: OwnTerminal,
  signals: SignalRelay,
  terms: TerminalTerms,
): Promise<Outcome> {
  const leaving = new Leaving()
  const view = new TerminalView(held, terminal, systemClock, !terms.options.quiet)
  const scope = new SignalScope()
  const detaches = (signal: string) =>
    terms.signals === 'detach if asked to end' ? asksToEnd(signal) : terms.signals === 'detach'
  signals.connect((signal) => {
    if (held.away || detaches(signal)) leaving.by(signal)
    else held.kill(signal, scope.of(signal)).catch((error) => (isLost(error) ? leaving.by(signal) : leaveSoon(signal)))
  })
  // The process has ended. If the rest of its output is shown soon, ndctl ends as it did; if not, by the signal.
  const leaveSoon = (signal: string) => void systemClock.after(PATIENCE_MS, () => leaving.by(signal))
  const resize = () => {
    if (terms.resizes) held.resize(terminal.size)
  }
  process.on('SIGWINCH', resize)
  let input: Input | undefined
  const resume = () => {
    if (leaving.left) return
    if (inForeground()) {
      input?.resume()
      return view.resume()
    }
    // Stopped by a signal that nobody can catch, and sent on in the background: the terminal is another job's.
    input?.suspend()
    if (!view.suspended) void view.suspend()
    systemClock.after(FOREGROUND_PERIOD_MS, resume)
  }
  const suspend = async () => {
    await view.suspend()
    return true
  }
  using _suspension = new Suspension({ before: suspend, after: resume }, systemClock)
  try {
    using opened = await openInput(held, leaving, terms)
    input = opened
    const end = await Promise.race([view.toEnd(), leaving.outcome.then(() => undefined)])
    if (end === undefined) return await leave(held, terminal, leaving, terms)
    terminal.leave()
    if (!terms.options.quiet || end.kind === 'unknown') await tellEnd(held.process.id, end)
    return mirror(end)
  } catch (error) {
    terminal.leave()
    // Our terminal has hung up.
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
  { options }: TerminalTerms,
): Promise<Outcome> {
  held.detach()
  await terminal.flush()
  terminal.leave(true)
  if (!options.quiet) await sayInPassing(`detached from "${held.process.id}", which runs on`)
  return await leaving.outcome
}

/** What is typed, or comes from elsewhere, on its way to the process. */
type Input = Disposable & Pick<Keyboard, 'suspend' | 'resume'>

async function openInput(held: HeldProcess, leaving: Leaving, terms: TerminalTerms): Promise<Input | undefined> {
  const { stdin, detachKeys } = terms
  const ignored = stdin === 'none'
  const detach = () => leaving.byKeys()
  if (!isatty(0)) {
    if (ignored) return undefined
    const flow = await forwardInput(held.process.id, {
      target: held,
      forwardEnd: stdin === 'bytes and end',
      readsOn: false,
      detachKeys: [],
      typed() {},
      detach,
    })
    return { suspend: () => flow.suspend(), resume: () => flow.resume(), [Symbol.dispose]: () => flow.stop() }
  }
  return new Keyboard(openSource(), {
    detachKeys,
    clock: systemClock,
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
