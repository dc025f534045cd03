// ndctl while it is attached to a process: relays its streams, passes signals on or leaves because of them, and ends as the
// process does. What `start` and `attach` have in common; how they differ comes in as AttachedTerms.

import { isatty } from 'node:tty'
import type { Attachment } from '../client-lib/index.ts'
import { CliError, isCoded, lostDaemonSentence } from './complaint.ts'
import { brokenPipe, mirror, type Outcome } from './exit-status.ts'
import { mayReadStdin } from './foreground.ts'
import { formatCount } from './format.ts'
import { OutputError } from './output-error.ts'
import { InputRelay, relayOutput } from './relay.ts'
import type { EndingSignal, SignalRelay } from './signal-relay.ts'
import { openSinks } from './sink.ts'
import { openSource } from './source.ts'
import { say } from './stdio.ts'

export interface AttachedTerms {
  /** Whether our stdin goes to the process, and whether its end does. */
  readonly stdin: 'none' | 'bytes' | 'bytes and end'
  /** What the signals that end a program do: reach the process, or end the attachment. */
  readonly signals: 'forward' | 'detach'
  /** When our reader has gone: the process gets SIGPIPE, as it would have from a pipe of its own, or is left alone. */
  readonly brokenPipe: 'forward' | 'detach'
  readonly quiet: boolean
}

/** Signals in a row, without a word typed between them, after which a person is told of ways out. */
const HINT_AT = 3
/** How soon a job that was brought to the foreground reads its terminal. */
const FOREGROUND_PERIOD_MS = 500

/**
 * Stays attached until the process has ended or the attachment has.
 *
 * @param signals caught already, so that none is lost
 * @throws CliError, NetdaemonError
 */
export async function stayAttached(
  attachment: Attachment,
  signals: SignalRelay,
  terms: AttachedTerms,
): Promise<Outcome> {
  const { id } = attachment.process
  const interrupts = new InterruptCount()
  const left = new Promise<Outcome>((resolve, reject) => {
    signals.connect((signal) => {
      if (terms.signals === 'detach' || interrupts.givesUp(signal)) resolve({ kind: 'signal', signal })
      else passOn(attachment, signal, interrupts).catch(reject)
    })
  })
  const leaving = left.then(async (outcome) => {
    if (!terms.quiet) await say(`detached from "${id}", which runs on`)
    return outcome
  })
  const input = forwardInput(attachment, terms, () => interrupts.forget())
  try {
    return await Promise.race([relayToEnd(attachment), leaving])
  } catch (error) {
    return await afterFailure(error, attachment, terms)
  } finally {
    input?.stop()
  }
}

async function relayToEnd(attachment: Attachment): Promise<Outcome> {
  const gapNotice = (from: number, to: number) =>
    `${formatCount(to - from)} bytes of output are missing here (offset ${formatCount(from)} to ${formatCount(to)})`
  await relayOutput(attachment, { ...openSinks(), gapNotice })
  return mirror(await attachment.exited)
}

async function passOn(
  attachment: Attachment,
  signal: EndingSignal | 'SIGPIPE',
  interrupts?: InterruptCount,
): Promise<void> {
  try {
    await attachment.kill(signal)
  } catch (error) {
    // It has ended meanwhile, or been forgotten; its end is on the way to us.
    if (!isCoded(error) || !['NOT_RUNNING', 'NOT_FOUND', 'NOT_ATTACHED'].includes(error.code)) throw error
    return
  }
  if (signal === 'SIGINT' && interrupts?.count === HINT_AT) {
    const { id } = attachment.process
    await say(
      `"${id}" has got SIGINT ${HINT_AT} times and still runs; once more leaves it running and returns, and "ndctl kill ${id} KILL" from elsewhere ends it`,
    )
  }
}

/** Counts SIGINTs of a person at a terminal who gets nowhere. Of one who types, or of a program, it counts none. */
class InterruptCount {
  count = 0

  /** Notes a signal; true when the person was told that this one leaves. */
  givesUp(signal: EndingSignal): boolean {
    if (signal !== 'SIGINT' || !isatty(0) || !isatty(2)) return false
    this.count += 1
    return this.count > HINT_AT
  }

  forget(): void {
    this.count = 0
  }
}

function forwardInput(attachment: Attachment, terms: AttachedTerms, typed: () => void): InputRelay | undefined {
  if (terms.stdin === 'none' || !attachment.inputOpen) return undefined
  const input = new InputRelay(openSource(), attachment, {
    forwardEnd: terms.stdin === 'bytes and end',
    // The process takes no more, or the connection has gone, which the output tells.
    isClosed: (error) => isCoded(error),
    failed: (error) => {
      const errno = 'code' in error ? ` (${error.code})` : ''
      void say(`cannot read stdin${errno}; "${attachment.process.id}" gets no more of it`)
    },
    typed,
  })
  const followForeground = () => (mayReadStdin() ? input.resume() : input.suspend())
  followForeground()
  process.on('SIGCONT', followForeground)
  // A shell that brings a running job to the foreground tells it nothing.
  if (isatty(0)) setInterval(followForeground, FOREGROUND_PERIOD_MS).unref()
  input.start()
  return input
}

async function afterFailure(error: unknown, attachment: Attachment, terms: AttachedTerms): Promise<Outcome> {
  const { id, state } = attachment.process
  if (isCoded(error) && error.code === 'DISCONNECTED') {
    throw new CliError(lostDaemonSentence(error, 'pid' in state ? { id, pid: state.pid } : { id }))
  }
  if (!(error instanceof OutputError)) throw error
  if (error.errno !== 'EPIPE') {
    throw new CliError(
      `cannot write the output of "${id}" (${error.errno}); detached from it; "ndctl attach ${id}" shows more`,
    )
  }
  if (terms.brokenPipe === 'forward') await passOn(attachment, 'SIGPIPE')
  return brokenPipe
}
