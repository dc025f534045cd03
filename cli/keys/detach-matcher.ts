// Watches what is typed for the keys that detach, and passes on everything else, unchanged and in order. A first key that
// may be the beginning is held back until it is known, but not for long: a Ctrl-P alone reaches the process, as it has a
// meaning there (docker holds it until the next key: moby/moby#32895). The sequence stays open nevertheless.

import type { Clock } from '../clock.ts'
import { isKey, type Key, type Stroke, strokeAt } from './detach-keys.ts'

/** How long the beginning of the sequence is held back: longer than between two keys struck in a row. */
const HOLD_MS = 300

/** Where typed bytes go. */
export interface MatcherOutlet {
  pass(bytes: Uint8Array): void
  /** The keys were struck; nothing more is passed. */
  detach(): void
}

/** A stroke that may belong to the sequence, and whether the process has got it meanwhile. */
interface Held {
  readonly stroke: Stroke
  bytes: Uint8Array
  passed: boolean
}

export class DetachMatcher {
  readonly #keys: readonly Key[]
  readonly #outlet: MatcherOutlet
  readonly #clock: Clock
  /** Always a beginning of the sequence. */
  #held: Held[] = []
  #cancel: (() => void) | undefined
  #over = false
  /** What is to be passed on of the bytes being looked at. */
  #batch: Uint8Array[] = []

  constructor(keys: readonly Key[], outlet: MatcherOutlet, clock: Clock) {
    this.#keys = keys
    this.#outlet = outlet
    this.#clock = clock
  }

  /** Bytes were typed. They must not change afterwards. */
  typed(bytes: Uint8Array): void {
    if (this.#over) return
    if (this.#isPlain(bytes)) {
      this.#outlet.pass(bytes)
      return
    }
    this.#stopWaiting()
    for (let at = 0; at < bytes.length && !this.#over; ) {
      const stroke = strokeAt(bytes, at)
      this.#strike(stroke, bytes.subarray(at, at + stroke.length))
      at += stroke.length
    }
    this.#passBatch()
    if (this.#over) this.#outlet.detach()
    else if (this.#held.some(({ passed }) => !passed)) {
      this.#cancel = this.#clock.after(HOLD_MS, () => {
        this.#cancel = undefined
        for (const held of this.#held) this.#pass(held)
        this.#passBatch()
      })
    }
  }

  /** Nothing more is passed on. */
  stop(): void {
    this.#over = true
    this.#stopWaiting()
  }

  /** Whether bytes can neither go on with the sequence nor begin it. */
  #isPlain(bytes: Uint8Array): boolean {
    const [first] = this.#keys
    if (first === undefined) return true
    return this.#held.length === 0 && !bytes.includes(first.byte) && !bytes.includes(0x1b)
  }

  #strike(stroke: Stroke, bytes: Uint8Array): void {
    const last = this.#held.at(-1)
    if (stroke.kind === 'silent' && last !== undefined) {
      if (last.passed) this.#batch.push(bytes)
      else last.bytes = Buffer.concat([last.bytes, bytes])
      return
    }
    this.#held.push({ stroke, bytes, passed: false })
    while (!this.#isBeginning()) {
      const [first] = this.#held.splice(0, 1)
      if (first !== undefined) this.#pass(first)
    }
    if (this.#held.length === this.#keys.length) this.#over = true
  }

  #isBeginning(): boolean {
    return this.#held.every(({ stroke }, at) => {
      const key = this.#keys[at]
      return key !== undefined && isKey(stroke, key)
    })
  }

  #pass(held: Held): void {
    if (!held.passed) this.#batch.push(held.bytes)
    held.passed = true
  }

  #passBatch(): void {
    const batch = this.#batch
    this.#batch = []
    const [only] = batch
    if (only !== undefined) this.#outlet.pass(batch.length === 1 ? only : Buffer.concat(batch))
  }

  #stopWaiting(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
