// Our keyboard while it belongs to a process with a terminal: every byte goes there as typed, except the keys that detach. While
// nothing typed can reach the process, Ctrl-C detaches too.

import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Key } from './detach-keys.ts'
import { DetachMatcher } from './detach-matcher.ts'

/** Typed bytes that may wait for the process before no more are read: a pasted file may be long. */
const WAITING_MAX = 1024 * 1024
const CTRL_C: Key = { byte: 0x03, code: 0x63, ctrl: true }

export interface KeyboardTerms {
  readonly detachKeys: readonly Key[]
  readonly clock: Clock
  /** Whether what is typed is dropped. */
  ignored(): boolean
  /** Whether Ctrl-C leaves: the process would not get it, or not now. */
  interruptible(): boolean
  /** Gives it to the process. Rejects when the process takes no more. */
  type(bytes: Uint8Array): Promise<void>
  detach(): void
  interrupt(): void
  /** The keyboard has gone: its terminal has hung up. */
  lost(): void
}

export class Keyboard implements Disposable {
  readonly #source: Readable
  readonly #terms: KeyboardTerms
  readonly #keys: DetachMatcher
  readonly #interrupt: DetachMatcher
  #waitingBytes = 0
  #over = false
  #suspended = false
  readonly #onData = (bytes: Buffer) => this.#typed(bytes)
  readonly #onEnd = () => this.#end()

  constructor(source: Readable, terms: KeyboardTerms) {
    this.#source = source
    this.#terms = terms
    const { detachKeys, clock } = terms
    this.#keys = new DetachMatcher(detachKeys, { pass: (bytes) => this.#pass(bytes), detach: terms.detach }, clock)
    this.#interrupt = new DetachMatcher([CTRL_C], { pass: () => {}, detach: terms.interrupt }, clock)
    source.on('data', this.#onData)
    source.on('end', this.#onEnd)
    source.on('error', this.#onEnd)
  }

  /** Reads no more, until {@link resume}: the terminal is another job's, and the kernel would stop us for reading it. */
  suspend(): void {
    this.#suspended = true
    this.#source.pause()
  }

  resume(): void {
    this.#suspended = false
    this.#readOn()
  }

  [Symbol.dispose](): void {
    this.#over = true
    this.#keys.stop()
    this.#interrupt.stop()
    this.#source.pause()
    this.#source.removeListener('data', this.#onData)
    this.#source.removeListener('end', this.#onEnd)
  }

  #typed(bytes: Buffer): void {
    if (this.#terms.interruptible()) this.#interrupt.typed(bytes)
    if (!this.#over) this.#keys.typed(bytes)
  }

  #pass(bytes: Uint8Array): void {
    if (this.#terms.ignored()) return
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > WAITING_MAX) this.#source.pause()
    const taken = () => {
      this.#waitingBytes -= bytes.length
      this.#readOn()
    }
    // What a process does not take any more is dropped; its end is told by its output.
    this.#terms.type(bytes).then(taken, taken)
  }

  #readOn(): void {
    const mayRead = !this.#over && !this.#suspended && this.#waitingBytes <= WAITING_MAX
    if (mayRead && this.#source.isPaused()) this.#source.resume()
  }

  #end(): void {
    if (!this.#over) this.#terms.lost()
  }
}
