// One process that ndctl stays attached to, over connections that break. After a break it attaches again, from the next
// byte (or from the screen), if it is the same process of the same daemon, or of one that knows it; for a stated time, and
// no longer. Writes and signals go to the attachment that there is at the moment.

import {
  type Attachment,
  type AttachOptionsInput,
  type Client,
  type FinalState,
  findAgain,
  mayPass,
  type ProcessSummary,
  type TerminalSize,
} from '../../client-lib/index.ts'
import type { Clock } from '../clock.ts'
import { CliError, isCoded, lostDaemonSentence } from '../complaint.ts'
import { isLost } from './lost-connection.ts'

/** How to hold on. */
export interface HoldTerms {
  /** How it is attached to again, except for the place. */
  attach(): Omit<AttachOptionsInput, 'from'>
  /** How long a lost connection is tried for; 0: not at all. */
  readonly retryMs: number
  connect(timeoutMs: number): Promise<Client>
  readonly clock: Clock
  /** The connection was lost, and will be tried for. Called once for each loss. */
  lost(error: Error): void
  /** Attached again. @param unsure bytes of input that were on their way, and may or may not have arrived */
  returned(unsure: number): void
}

const DELAY_FIRST_MS = 50
const DELAY_LONGEST_MS = 1000

export class HeldProcess {
  readonly #terms: HoldTerms
  #client: Client
  #attachment: Attachment
  #ended: FinalState | undefined
  /** While the connection is away. */
  #away: Resolvable | undefined
  #unsure = 0
  /** Where the last break was, and until when it was tried for: a break at the same place does not begin a new time. */
  #broken = { at: -1, until: 0 }

  constructor(client: Client, attachment: Attachment, terms: HoldTerms) {
    this.#client = client
    this.#terms = terms
    this.#attachment = this.#take(attachment)
  }

  /** As it was when last attached to. */
  get process(): ProcessSummary {
    return this.#attachment.process
  }

  get attachment(): Attachment {
    return this.#attachment
  }

  /** How it ended, as soon as all its output has come. */
  get ended(): FinalState | undefined {
    return this.#ended
  }

  /** Whether the connection is lost at the moment. */
  get away(): boolean {
    return this.#away !== undefined
  }

  /**
   * Attaches again after the connection was lost.
   *
   * @throws CliError when it stays lost, or the process is not there any more
   */
  async reattach(lost: Error, from?: 'screen'): Promise<void> {
    const away = this.#goAway()
    try {
      await this.#tryAgain(lost, from)
    } catch (error) {
      away.reject(error)
      throw error
    }
    this.#away = undefined
    const unsure = this.#unsure
    this.#unsure = 0
    this.#terms.returned(unsure)
    away.resolve()
  }

  /** Leaves, and attaches anew over the same connection, to see the whole screen. @throws NetdaemonError */
  async redraw(): Promise<void> {
    await this.#attachment.detach()
    const again = { ...this.#terms.attach(), from: 'screen' } as const
    this.#attachment = this.#take(await this.#client.attach(this.process.handle, again))
  }

  /**
   * Writes to its input; while the connection is away, when it is back. What a break catches on its way is not written
   * again: nobody knows whether it arrived.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#away !== undefined) await this.#away.promise
    try {
      await this.#attachment.write(bytes)
    } catch (error) {
      if (!isLost(error)) throw error
      this.#unsure += bytes.length
      await this.#goAway().promise
    }
  }

  /** Ends its input; after a break once more, which does no harm. */
  async end(): Promise<void> {
    for (;;) {
      if (this.#away !== undefined) await this.#away.promise
      try {
        await this.#attachment.end()
        return
      } catch (error) {
        if (!isLost(error)) throw error
        await this.#goAway().promise
      }
    }
  }

  /** Sends a signal to it alone, or to its process group. @throws NetdaemonError DISCONNECTED while the connection is away */
  async kill(signal: string, scope: 'process' | 'group'): Promise<void> {
    await this.#attachment.kill(signal, { scope })
  }

  /** Tells the size of our terminal. Does not wait for the answer. */
  resize(size: TerminalSize): void {
    this.#attachment.resize(size).catch(() => undefined)
  }

  /** Leaves it for good, as far as that can be said to a daemon that may not listen. Does not wait for the answer. */
  detach(): void {
    this.#attachment.detach().catch(() => undefined)
  }

  /** The first to notice the loss calls this: the writer of the input, or the reader of the output. */
  #goAway(): Resolvable {
    this.#away ??= resolvable()
    return this.#away
  }

  async #tryAgain(lost: Error, from?: 'screen'): Promise<void> {
    const { clock, retryMs } = this.#terms
    if (retryMs === 0 || !mayPass(lost)) throw this.#given(lost)
    const { offset } = this.#attachment
    if (this.#broken.at !== offset) this.#broken = { at: offset, until: clock.now() + retryMs }
    this.#terms.lost(lost)
    for (let delayMs = DELAY_FIRST_MS; ; delayMs = Math.min(2 * delayMs, DELAY_LONGEST_MS)) {
      const leftMs = this.#broken.until - clock.now()
      if (leftMs <= 0) throw this.#given(lost)
      try {
        await this.#attachTo(await this.#terms.connect(leftMs), from ?? { offset })
        return
      } catch (error) {
        if (!mayPass(error)) throw error
      }
      await new Promise<void>((resolve) => clock.after(delayMs, resolve))
    }
  }

  async #attachTo(client: Client, from: AttachOptionsInput['from']): Promise<void> {
    const known = { process: this.process, instance: this.#client.daemon.instance }
    const found = await findAgain(client, known).catch((error: unknown) => {
      throw isCoded(error) && error.code === 'NOT_FOUND' ? this.#gone(error, client) : error
    })
    this.#attachment = this.#take(await client.attach(found.handle, { ...this.#terms.attach(), from }))
    this.#client = client
  }

  #take(attachment: Attachment): Attachment {
    attachment.exited.then(
      (end) => {
        this.#ended = end
      },
      () => undefined,
    )
    return attachment
  }

  #gone(error: Error, client: Client): CliError {
    const { state } = this.process
    const restarted = client.daemon.instance !== this.#client.daemon.instance
    const alive =
      restarted && 'pid' in state && state.pid !== null ? `; if that process still runs, it is pid ${state.pid}` : ''
    return new CliError(`${error.message}${alive}`)
  }

  #given(lost: Error): CliError {
    const { id, state } = this.process
    return new CliError(
      lostDaemonSentence(lost, 'pid' in state && state.pid !== null ? { id, pid: state.pid } : { id }),
    )
  }
}

/** A promise that is settled from outside. */
interface Resolvable {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

function resolvable(): Resolvable {
  let resolve = () => {}
  let reject = (_: unknown) => {}
  const promise = new Promise<void>((one, other) => {
    resolve = one
    reject = other
  })
  // Nobody need wait for it.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
