// Our stdin on its way to the process, when it is not a keyboard in raw mode: a pipe, a file, or a terminal that gives lines.
// A terminal is read only while it is ours: the kernel stops a background job that reads it.

import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { errnoOf } from '../../proto/errno.ts'
import { isCoded } from '../complaint.ts'
import type { Key } from '../keys/detach-keys.ts'
import type { LineKeys } from '../keys/line-keys.ts'
import { openSource, openTerminalAgain } from '../stdio/source.ts'
import { say } from '../stdio/stdio.ts'
import { FOREGROUND_PERIOD_MS, mayReadStdin } from '../terminal/foreground.ts'
import { InputRelay, type InputTarget } from './relay.ts'

const LF = 0x0a

export interface ForwardTerms {
  readonly target: InputTarget
  /** Whether the target is told of the end of our input. */
  readonly forwardEnd: boolean
  /** A terminal is read on after its end (Ctrl-D), until it is stopped. */
  readonly readsOn: boolean
  readonly detachKeys: readonly Key[]
  typed(): void
  /** The keys that detach were struck. */
  detach(): void
}

/** Input that flows until it is stopped. */
export interface Forwarding {
  /** Lets go of the terminal for a while, or for good. */
  stop(): void
  suspend(): void
  resume(): void
}

/** @param id of the process, for people */
export async function forwardInput(id: string, terms: ForwardTerms): Promise<Forwarding> {
  // Where another program reads what comes out, as in "ndctl start make | less", the terminal's modes are its business.
  const keys = isatty(0) && isatty(1) && terms.detachKeys.length > 0 ? await openLineKeys(terms.detachKeys) : undefined
  const target = {
    async write(bytes: Buffer) {
      const { bytes: rest, detach } = keys?.take(bytes) ?? { bytes, detach: false }
      if (detach) {
        // Only Return moves the cursor on.
        if (bytes.at(-1) !== LF) process.stdout.write('\n')
        terms.detach()
      }
      if (rest.length > 0) await terms.target.write(rest)
    },
    async end() {
      await terms.target.end()
      if (terms.readsOn && isatty(0) && !stopped) readOn()
    },
  }
  const relay = (source: Readable) =>
    new InputRelay(source, target, {
      forwardEnd: terms.forwardEnd,
      // The process takes no more, or the connection has gone, which the output tells.
      isClosed: (error) => isCoded(error) || (error instanceof Error && error.name === 'CliError'),
      failed: (error) => {
        void say(`cannot read stdin (${errnoOf(error) ?? error.message}); "${id}" gets no more input from here`)
      },
      typed: terms.typed,
    })
  let stopped = false
  let input = relay(openSource())
  let isSuspended = false
  let isOurs = false
  const suspend = () => {
    isSuspended = true
    isOurs = false
    input.suspend()
    keys?.leave()
  }
  const followForeground = () => {
    // Between the suspension and the stop we still have the terminal.
    if (isSuspended) return
    const wasOurs = isOurs
    isOurs = mayReadStdin()
    if (!isOurs) return input.suspend()
    if (!wasOurs) keys?.enter()
    input.resume()
  }
  const readOn = () => {
    input = relay(openTerminalAgain())
    followForeground()
    input.start()
  }
  const goOn = () => {
    isOurs = false
    followForeground()
  }
  followForeground()
  process.on('SIGCONT', goOn)
  const timer = isatty(0) ? setInterval(followForeground, FOREGROUND_PERIOD_MS).unref() : undefined
  input.start()
  return {
    suspend,
    resume() {
      isSuspended = false
      goOn()
    },
    stop() {
      stopped = true
      clearInterval(timer)
      process.removeListener('SIGCONT', goOn)
      input.stop()
      keys?.leave()
    },
  }
}

async function openLineKeys(keys: readonly Key[]): Promise<LineKeys> {
  const [{ LineKeys }, { LineDiscipline }, { terminalCalls }] = await Promise.all([
    import('../keys/line-keys.ts'),
    import('../terminal/line-discipline.ts'),
    import('../terminal/terminal-calls.ts'),
  ])
  return new LineKeys(keys, new LineDiscipline(0, terminalCalls()))
}
