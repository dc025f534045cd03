// What one terminal shows, as far as its output has been read: in an emulator, which is made when it is first needed, or as the
// text that draws it, which costs less, when nothing more comes.
//
// Between two calls it is between escape sequences, or inside a string too long to be waited for (`#string`).

import type { TerminalSize } from '../../proto/protocol.ts'
import {
  cancelString,
  enterString,
  lastCut,
  restOfString,
  type ScanState,
  stringAtEnd,
} from '../../vt/sequence-scanner.ts'
import type { Account } from '../memory/budget.ts'
import { type Emulator, type EmulatorLibrary, emulatorBytes } from './emulator.ts'
import { noMemory } from './screen-problems.ts'
import type { ScreenServices } from './screen-services.ts'

/** How much is looked at in one go, at most. Of a longer string nothing is carried out. */
const LOOK_BYTES_MAX = 16 * 1024
/** And at least. */
const LOOK_BYTES_MIN = 256

/** Whether there is time to do more. */
export type HasTime = () => boolean

export class Picture {
  readonly #services: ScreenServices
  readonly #memory: Account
  readonly #answer: (text: string) => void
  #size: TerminalSize
  #library: EmulatorLibrary | undefined
  #emulator: Emulator | undefined
  #text: string | undefined
  #string: ScanState | undefined
  #lookBytes = LOOK_BYTES_MAX

  /** @param answer is given what a terminal answers when a program asks it something */
  constructor(size: TerminalSize, services: ScreenServices, answer: (text: string) => void) {
    this.#size = size
    this.#services = services
    this.#memory = services.memory.account()
    this.#answer = answer
  }

  /** Whether the code of emulators has been loaded; nothing can be read before. */
  get loaded(): boolean {
    return this.#library !== undefined
  }

  async load(): Promise<void> {
    this.#library ??= await this.#services.library()
  }

  /** The text, if it is kept as that. */
  get text(): string | undefined {
    return this.#text
  }

  /** Whether it has an emulator now. */
  get isLive(): boolean {
    return this.#emulator !== undefined
  }

  /**
   * How many bytes {@link read} looks at. Looking takes time too, so it is in proportion to what was carried out before: looking at
   * pages, and having no time left but for a word of them, again and again, would never come to an end.
   */
  get lookBytes(): number {
    return this.#lookBytes
  }

  /**
   * Carries out what is whole of these bytes, which come next in the output; at most {@link lookBytes} of them are given.
   *
   * @returns how many of them it has taken; 0: they are the beginning of a sequence, whose rest must come first, or of one that is
   * longer, and then more is looked at from now on
   * @throws NetdaemonError LIMIT if there is no memory for an emulator
   */
  read(bytes: Uint8Array, hasTime: HasTime): number {
    if (this.#string !== undefined) {
      const { length, ends } = restOfString(bytes, this.#string)
      if (ends) this.#string = undefined
      return length
    }
    const cut = lastCut(bytes)
    if (cut > 0) {
      const done = this.#live().print(bytes.subarray(0, cut), hasTime)
      const looks = done < cut ? 2 * done : 2 * this.#lookBytes
      this.#lookBytes = Math.min(Math.max(looks, LOOK_BYTES_MIN), LOOK_BYTES_MAX)
      return done
    }
    this.#lookBytes = LOOK_BYTES_MAX
    if (bytes.length < LOOK_BYTES_MAX) return 0
    // A string that is longer is not waited for: a picture, or rubbish. Nothing of it is carried out.
    this.#string = stringAtEnd(bytes)
    this.#live().print(this.#string === undefined ? bytes : cancelString, hasTime)
    return bytes.length
  }

  /** @throws NetdaemonError LIMIT if there is no memory for an emulator of this size */
  resize(size: TerminalSize): void {
    this.#size = size
    if (this.#emulator === undefined) return
    this.#holdEmulator()
    this.#emulator.resize(size)
  }

  /** Another run of the program begins here: the modes that the one before has left are undone, what it wrote stays. */
  beginRun(): void {
    this.#string = undefined
    this.#emulator?.undoModes()
  }

  /** More output will come: what was kept as text is in an emulator again. @throws NetdaemonError LIMIT as {@link read} */
  reopen(): void {
    const text = this.#text
    if (text === undefined) return
    this.#text = undefined
    this.#live().print(Buffer.from(text))
  }

  /** No more output will come for now: from here on it costs only its text. */
  keepText(): void {
    this.#text ??= this.draw()
    this.#emulator?.dispose()
    this.#emulator = undefined
    this.#memory.hold(this.#text.length)
  }

  /** What a terminal that has just been reset must be sent to show it, and to be inside a string if this is. */
  draw(): string {
    if (this.#text !== undefined) return this.#text
    return (this.#emulator?.draw() ?? '') + (this.#string === undefined ? '' : enterString(this.#string))
  }

  dispose(): void {
    this.#emulator?.dispose()
    this.#emulator = undefined
    this.#text = undefined
    this.#memory.close()
  }

  #live(): Emulator {
    if (this.#emulator === undefined) {
      this.#holdEmulator()
      this.#emulator = this.#library?.create(this.#size, this.#answer)
    }
    if (this.#emulator === undefined) throw new Error('internal error: nothing to read the output with')
    return this.#emulator
  }

  #holdEmulator(): void {
    if (!this.#memory.hold(emulatorBytes(this.#size))) throw noMemory(this.#services.memory)
  }
}
