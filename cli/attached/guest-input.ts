// What is typed into a process by a keyboard that only visits it ("attach"): Ctrl-D leaves the process's input open, and
// whatever becomes of that input, the keyboard can leave. A person is told, once each, of what does not go as usual.

import { isCoded } from '../complaint.ts'
import type { HeldProcess } from '../connection/held-process.ts'
import { type Key, keyNames } from '../keys/detach-keys.ts'
import type { InputTarget } from './relay.ts'

export interface GuestTerms {
  /** Whether what is typed goes to the process, and whether its end does. */
  readonly stdin: 'none' | 'bytes' | 'bytes and end'
  /** How a keyboard leaves, as {@link waysOut} has it. */
  readonly waysOut: string
  say(sentence: string): void
  leave(): void
}

export class GuestInput implements InputTarget {
  readonly #held: Pick<HeldProcess, 'process' | 'attachment' | 'write' | 'end'>
  readonly #terms: GuestTerms
  /** Whether the process gets what is typed. */
  #reaches: boolean
  #warned = false

  constructor(held: Pick<HeldProcess, 'process' | 'attachment' | 'write' | 'end'>, terms: GuestTerms) {
    this.#held = held
    this.#terms = terms
    this.#reaches = terms.stdin !== 'none' && held.attachment.inputOpen
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#reaches && !this.#isTakenAgain()) return
    try {
      await this.#held.write(bytes)
    } catch (error) {
      if (!isCoded(error) || error.code !== 'INPUT_CLOSED') throw error
      this.#reaches = false
      this.#terms.say(`"${this.#held.process.id}" takes no more input; ${this.#terms.waysOut} detaches`)
    }
  }

  /** Whether another run of the process takes what is typed. */
  #isTakenAgain(): boolean {
    this.#reaches = this.#terms.stdin !== 'none' && this.#held.attachment.inputOpen
    return this.#reaches
  }

  /** Ctrl-D. The keyboard is read on. */
  async end(): Promise<void> {
    if (!this.#reaches || this.#warned) return this.#terms.leave()
    if (this.#terms.stdin === 'bytes and end') {
      this.#reaches = false
      return await this.#held.end()
    }
    this.#warned = true
    const { id } = this.#held.process
    this.#terms.say(
      `Ctrl-D does not end the input of "${id}" ("ndctl send --eof ${id}" does); Ctrl-D again detaches, as does ${this.#terms.waysOut}`,
    )
  }
}

/** What a person at a terminal is told first. */
export const attachedSentence = (id: string, out: string): string => `attached to "${id}"; ${out} detaches`

/** What detaches, for people: `Ctrl-P Ctrl-Q or Ctrl-C`. @param interrupt whether Ctrl-C does */
export const waysOut = (keys: readonly Key[], interrupt: boolean): string =>
  [...(keys.length === 0 ? [] : [keyNames(keys)]), ...(interrupt ? ['Ctrl-C'] : [])].join(' or ') || 'a signal to ndctl'
