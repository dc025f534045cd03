// One process's terminal, as several clients share it: its size, what it shows, and the answers to what the process asks it.
//
// THE SIZE RULE: it is as small as the smallest client that states a size, so that each sees all of it; read-only clients
// have no say, and while nobody states one it stays as it is. What the terminal is asked is answered by the client that
// shows it; by the daemon's own screen if none does.

import { NetdaemonError } from '../../proto/errors.ts'
import type { TerminalSize } from '../../proto/protocol.ts'
import { Screen, type ScreenLog, type Shown } from './screen.ts'
import type { ScreenServices } from './screen-services.ts'

/** While so much input waits, the terminal does not answer: the process asks and does not read. */
const ANSWERS_MAX = 4096

/** The terminal itself, while something runs in it. */
export interface TerminalDevice {
  /** Bytes of input that wait for the process. */
  readonly queuedBytes: number
  /** @throws NetdaemonError SYSTEM with the errno */
  resize(size: TerminalSize): void
  /** Types after all that came before. */
  write(bytes: Buffer, tag: undefined): void
}

/** A client that is attached to the process. */
export interface TerminalViewer {
  /** The size that the terminal must not exceed; undefined: it has no say. */
  readonly countedSize: TerminalSize | undefined
  /** The offset at which it began. */
  readonly from: number
  /** Everything below has been sent to it. */
  readonly cursor: number
  /** Tells it that something other than the output has changed. */
  inform(): void
}

export class SharedTerminal {
  readonly #screen: Screen
  readonly #viewers: Iterable<TerminalViewer>
  #device: TerminalDevice | undefined
  /** Something has run in it. */
  #used = false
  #size: TerminalSize
  /** Output below this has been seen by a client that answers for its terminal. */
  #seenTo = 0

  /**
   * @param log of the process; all of it is of one channel
   * @param viewers those that are attached, whenever it is asked
   * @param onProgress `holdFrom` has moved
   */
  constructor(
    size: TerminalSize,
    { log, viewers, onProgress }: { log: ScreenLog; viewers: Iterable<TerminalViewer>; onProgress: () => void },
    services: ScreenServices,
  ) {
    this.#size = size
    this.#viewers = viewers
    this.#screen = new Screen(log, size, services, {
      onProgress,
      onAnswer: (text, offset) => this.#answer(text, offset),
    })
  }

  /** The device of what runs in it from now on; undefined: nothing runs in it, and it keeps its size. */
  connect(device: TerminalDevice | undefined): void {
    this.#device = device
    if (device === undefined) return
    if (this.#used) this.#screen.begin()
    this.#used = true
  }

  /** Another object when it has changed. */
  get size(): TerminalSize {
    return this.#size
  }

  /** What the log must not let go of, for its screen. */
  get holdFrom(): number {
    return this.#screen.holdFrom
  }

  /** These bytes have been appended to the log. */
  arrived(bytes: Buffer): void {
    this.#screen.arrived(bytes, this.#isWatched)
  }

  /** All output has come. */
  ended(): void {
    this.#screen.end()
  }

  /** A client has been attached. */
  joined(viewer: TerminalViewer): void {
    this.#fitIfPossible()
    this.#screen.divide(viewer.from)
  }

  /** A client has been let go. */
  left(viewer: TerminalViewer): void {
    const { cursor } = viewer
    if (viewer.countedSize !== undefined && cursor > this.#seenTo) {
      this.#seenTo = cursor
      this.#screen.divide(cursor)
    }
    this.#fitIfPossible()
  }

  /**
   * Gives it the size that its clients have room for; answers the size that it has after that.
   *
   * @throws NetdaemonError SYSTEM with the errno
   */
  fit(): TerminalSize {
    const wanted = smallestSize(this.#viewers)
    if (this.#device === undefined || wanted === undefined || isSame(wanted, this.#size)) return this.#size
    this.#device.resize(wanted)
    this.#size = wanted
    this.#screen.resize(wanted)
    for (const viewer of this.#viewers) viewer.inform()
    return wanted
  }

  /** See {@link Screen.show}. */
  show(): Shown | Promise<void> {
    return this.#screen.show()
  }

  /** From now on the log does not wait for its screen. */
  release(): void {
    this.#screen.release()
  }

  /** Gives its screen up. */
  dispose(): void {
    this.#screen.dispose()
  }

  /** As {@link fit}; if it fails the size stays as it is, as everybody is told, until the next change. */
  #fitIfPossible(): void {
    try {
      this.fit()
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
    }
  }

  /** A client shows it to somebody, and answers what it is asked. */
  get #isWatched(): boolean {
    for (const { countedSize } of this.#viewers) if (countedSize !== undefined) return true
    return false
  }

  /** Types the answer to a question at `offset`, unless a client has seen the question, or will: that one answers. */
  #answer(text: string, offset: number): void {
    if (this.#device === undefined || this.#device.queuedBytes > ANSWERS_MAX || offset < this.#seenTo) return
    for (const { countedSize, from } of this.#viewers) if (countedSize !== undefined && from <= offset) return
    this.#device.write(Buffer.from(text, 'latin1'), undefined)
  }
}

/** The smallest width and the smallest height of those that state a size; undefined if none does. */
function smallestSize(viewers: Iterable<TerminalViewer>): TerminalSize | undefined {
  let smallest: TerminalSize | undefined
  for (const { countedSize } of viewers) {
    if (countedSize === undefined) continue
    const { columns, rows } = countedSize
    smallest = {
      columns: Math.min(columns, smallest?.columns ?? columns),
      rows: Math.min(rows, smallest?.rows ?? rows),
    }
  }
  return smallest
}

function isSame(one: TerminalSize, other: TerminalSize): boolean {
  return one.columns === other.columns && one.rows === other.rows
}
