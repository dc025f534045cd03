// ndctl while it is attached to a process whose output comes as streams: relays them to our stdio, passes signals on or leaves
// because of them, and ends as the process does. `start` and `attach` share it; StreamTerms say how they differ. (on-terminal.ts
// shows a process's terminal on ours.)

import { isatty } from 'node:tty'
import type { Attachment, AttachOptionsInput, Client } from '../../client-lib/index.ts'
import { systemClock } from '../clock.ts'
import type { GlobalValues } from '../command-line/command.ts'
import { CliError, isCoded } from '../complaint.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import { hold } from '../connection/hold.ts'
import { isLost } from '../connection/lost-connection.ts'
import { brokenPipe, mirror, type Outcome } from '../exit-status.ts'
import { handlesSignal } from '../signals/handled-signals.ts'
import { InterruptCount } from '../signals/interrupt-count.ts'
import type { SignalRelay } from '../signals/signal-relay.ts'
import { type StopSignal, type Suspended, Suspension } from '../signals/suspension.ts'
import { noReader, OutputError } from '../stdio/output-error.ts'
import { readerHasGone, watchReader } from '../stdio/reader-watch.ts'
import { openSinks, type Sink } from '../stdio/sink.ts'
import { say } from '../stdio/stdio.ts'
import { SignalScope } from '../terminal/signal-scope.ts'
import { borderSentence, type RunBorder } from '../text/process-text.ts'
import type { AttachedSettings } from './attach-options.ts'
import { type Forwarding, forwardInput } from './forward-input.ts'
import { GapNotices } from './gap-notices.ts'
import { attachedSentence, GuestInput, waysOut } from './guest-input.ts'
import { InputAcrossRuns } from './input-across-runs.ts'
import { Leaving } from './leaving.ts'
import { relayOutput } from './relay.ts'
import { SilenceHint } from './silence-hint.ts'

export interface StreamTerms extends AttachedSettings {
  readonly options: GlobalValues
  /** How it is attached to again after a break, except for the place. */
  readonly attach: Omit<AttachOptionsInput, 'from'>
  /** Whether our stdin goes to the process, and whether its end does. */
  readonly stdin: 'none' | 'bytes' | 'bytes and end'
  /** What the signals that end or stop a program do: reach the process, or end the attachment. */
  readonly signals: 'forward' | 'detach'
  /** When our reader has gone: the process gets SIGPIPE, as it would have from a pipe of its own, or is left alone. */
  readonly brokenPipe: 'forward' | 'detach'
  /** Whether a person is told how it ended. */
  readonly tellEnd: boolean
  /** Whether we are a guest at a process of others: a person is told how to leave, and can do so by keyboard at any time. */
  readonly guest: boolean
  /** Whether the program was started with no arguments. A shell or an interpreter then waits for commands. */
  readonly alone: boolean
}

/**
 * Stays attached until the process has ended or the attachment has.
 *
 * @param signals caught already, so that none is lost
 * @throws CliError, NetdaemonError
 */
export async function relayStreams(
  client: Client,
  attachment: Attachment,
  signals: SignalRelay,
  terms: StreamTerms,
): Promise<Outcome> {
  const { options, attach, retryMs } = terms
  const held = hold(client, attachment, options, { retryMs, attach: () => attach })
  const interrupts = new InterruptCount()
  const leaving = new Leaving()
  const scope = new SignalScope()
  const forwards = terms.signals === 'forward'
  signals.connect((signal) => {
    // The signal of our own writing: that the write failed is what counts.
    if (signal === 'SIGPIPE' && (held.away || readerHasGone(1) || readerHasGone(2))) return
    if (!forwards || held.away || interrupts.givesUp(signal)) return leaving.by(signal)
    passOn(held, signal, scope.of(signal), interrupts).catch((error) =>
      isLost(error) ? leaving.by(signal) : leaving.fail(error),
    )
  }, forwards)
  using silence = silenceHint(held, terms)
  const typed = () => {
    interrupts.forget()
    silence?.expect()
  }
  const input = await openInput(held, terms, leaving, typed)
  if (terms.guest && isatty(0) && isatty(2) && !options.quiet) {
    await say(attachedSentence(held.process.id, waysOut(terms.detachKeys, terms.signals === 'detach')))
  }
  if (terms.alone) silence?.expect()
  const stops = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const
  using _suspension = new Suspension(suspended(held, terms, input, scope), systemClock, stops)
  // A program that was started here is not disturbed until it writes: a pipe of its own would not disturb it either.
  using _watch = terms.brokenPipe === 'detach' ? watchReader(1, () => leaving.fail(noReader())) : undefined
  try {
    const outcome = await Promise.race([relayToEnd(held, terms, leaving), leaving.outcome])
    if (leaving.left) {
      held.detach()
      if (!options.quiet) await say(`detached from "${held.process.id}", which runs on`)
    }
    return outcome
  } catch (error) {
    return await afterFailure(error, held, terms)
  } finally {
    input?.stop()
  }
}

async function openInput(
  held: HeldProcess,
  terms: StreamTerms,
  leaving: Leaving,
  typed: () => void,
): Promise<Forwarding | undefined> {
  const { stdin, detachKeys } = terms
  const { id } = held.process
  const common = { detachKeys, typed, detach: () => leaving.byKeys() }
  if (terms.guest && isatty(0)) {
    const out = waysOut(detachKeys, terms.signals === 'detach')
    const target = new GuestInput(held, {
      stdin,
      waysOut: out,
      say: (sentence) => void say(sentence),
      leave: () => leaving.byKeys(),
    })
    return await forwardInput(id, { ...common, target, forwardEnd: true, readsOn: true })
  }
  const again = held.process.restart !== undefined || terms.attach.until === 'removed'
  if (stdin === 'none' || (!held.attachment.inputOpen && !again)) return undefined
  const forwardEnd = stdin === 'bytes and end'
  const target = again ? new InputAcrossRuns(held, (sentence) => void say(sentence)) : held
  return await forwardInput(id, { ...common, target, forwardEnd, readsOn: false })
}

/** Only for `start`: an attached process may have said all it has to say before. */
function silenceHint(held: HeldProcess, { guest, stdin, options }: StreamTerms): SilenceHint | undefined {
  const asked = !guest && stdin !== 'none' && !options.quiet
  if (!asked || ![0, 1, 2].every((fd) => isatty(fd))) return undefined
  const { id } = held.process
  return new SilenceHint(
    systemClock,
    () => held.attachment.offset === 0,
    () => void say(`"${id}" has written nothing so far; if it needs a terminal, start it with "ndctl start -t"`),
  )
}

/** What becomes of the process and our terminal when we are stopped, by Ctrl-Z. */
function suspended(
  held: HeldProcess,
  terms: StreamTerms,
  input: Forwarding | undefined,
  scope: SignalScope,
): Suspended {
  const forwards = terms.signals === 'forward'
  let stopped: 'process' | 'group' = 'process'
  return {
    async before(signal) {
      if (forwards && handlesItself(held, signal)) {
        await held.kill(signal, scope.of(signal))
        return false
      }
      input?.suspend()
      if (!forwards) return true
      stopped = scope.of(signal)
      // Not the signal itself: that stops nobody in a process group whose parent is of another session (setpgid(2), "orphaned").
      await held.kill('SIGSTOP', stopped)
      return true
    },
    after() {
      input?.resume()
      // It has ended, or the connection has: its output tells.
      if (forwards) held.kill('SIGCONT', stopped).catch(() => undefined)
      stopped = 'process'
    },
  }
}

function handlesItself({ process: { state } }: HeldProcess, signal: StopSignal): boolean {
  return 'pid' in state && state.pid !== null && handlesSignal(state.pid, signal)
}

async function relayToEnd(held: HeldProcess, terms: StreamTerms, leaving: Leaving): Promise<Outcome> {
  const { stdout, stderr } = openSinks((error) => leaving.fail(error))
  const gaps = new GapNotices((sentence) => notice(stderr, sentence), systemClock, isatty(2))
  const places = { stdout, stderr, gap: (from: number, to: number) => gaps.gap(from, to) }
  const borders = isatty(2) && !terms.options.quiet ? new BorderNotices(held, stderr) : undefined
  const told = borders === undefined ? places : { ...places, border: (border: RunBorder) => borders.tell(border) }
  for (;;) {
    try {
      await relayOutput(held.attachment, told)
      gaps.finish()
      await stderr.flush()
      const end = await held.attachment.exited
      const isTold = borders?.toldEnd === true && (end.kind === 'exited' || end.kind === 'killed')
      if ((terms.tellEnd && !isTold) || end.kind === 'unknown') await tellEnd(held.process.id, end)
      return mirror(end)
    } catch (error) {
      if (!isLost(error)) throw error
      await held.reattach(error)
    }
  }
}

/** Tells a person where a run begins and ends. */
class BorderNotices {
  readonly #held: HeldProcess
  readonly #stderr: Sink
  /** The last that was told is the end of a run. */
  toldEnd = false

  constructor(held: HeldProcess, stderr: Sink) {
    this.#held = held
    this.#stderr = stderr
  }

  tell(border: RunBorder): void {
    this.toldEnd = border.event === 'ended'
    notice(this.#stderr, borderSentence(this.#held.process.id, border))
  }
}

/** Between the process's own lines. Nobody listening is no reason to fail. */
function notice(stderr: Sink, sentence: string): void {
  try {
    stderr.write(Buffer.from(`ndctl: ${sentence}\n`))?.catch(() => undefined)
  } catch (error) {
    if (!(error instanceof OutputError)) throw error
  }
}

async function tellEnd(id: string, end: Parameters<typeof mirror>[0]): Promise<void> {
  const { endSentence } = await import('../text/process-text.ts')
  await say(endSentence(id, end))
}

async function passOn(
  held: HeldProcess,
  signal: string,
  scope: 'process' | 'group',
  interrupts?: InterruptCount,
): Promise<void> {
  try {
    await held.kill(signal, scope)
  } catch (error) {
    // It has ended meanwhile, or been forgotten; its end is on the way to us.
    if (!isCoded(error) || !['NOT_RUNNING', 'NOT_FOUND', 'NOT_ATTACHED'].includes(error.code)) throw error
    return
  }
  if (signal === 'SIGINT') await interrupts?.hint(held.process.id)
}

async function afterFailure(error: unknown, held: HeldProcess, terms: StreamTerms): Promise<Outcome> {
  if (!(error instanceof OutputError)) throw error
  const { id } = held.process
  // A terminal that has hung up (EIO) is no reason to end a program: many run on without.
  const told = terms.brokenPipe === 'forward' && error.errno !== 'EIO'
  if (told) await passOn(held, 'SIGPIPE', 'group')
  if (error.errno === 'EPIPE') return brokenPipe
  const then = told ? 'so it was sent SIGPIPE' : 'so ndctl detached from it'
  throw new CliError(
    `cannot write the output of "${id}" (${error.errno}), ${then}; "ndctl attach ${id}" shows what is kept of its output`,
  )
}
