// Reads the output log of one process's terminal and keeps up to date what the terminal shows (picture.ts).
//
// It reads no earlier than it must: when so much is unread that the log would soon run over, when a client asks for the
// screen, or when the program may be asking its terminal something that only the emulator will answer. A process that prints a
// little, to a client that watches, costs no emulator. What is unread is held in the log, so nothing is ever skipped.

import { NetdaemonError } from '../../proto/errors.ts'
import type { TerminalSize } from '../../proto/protocol.ts'
import { ESC } from '../../vt/grammar.ts'
import { type HasTime, Picture } from './picture.ts'
import { emulatorFailed, leftBehind, sizeProblem, textProblem } from './screen-problems.ts'
import type { ScreenServices } from './screen-services.ts'

/** One slice takes this many milliseconds, or as long as a single sequence does. */
const SLICE_MS = 0.5
/** Showing the screen makes everybody else wait for this many milliseconds at most. */
const SHOW_MS = 10
/** Bytes that may be left unread: a client that attaches has to wait until they are read. */
const UNREAD_MAX = 64 * 1024
/** Marks that may wait to be reached, before what is unread is read. */
const MARKS_MAX = 64

/** The log of one terminal: all of it is of one channel. */
export interface ScreenLog {
  readonly limit: number
  readonly start: number
  readonly end: number
  /** At most `max` bytes from `offset` on: a view that is valid until the next append. */
  read(offset: number, max: number): { readonly bytes: Buffer }
}

/** What a screen tells. */
export interface ScreenHandlers {
  /** The position has moved. */
  readonly onProgress: () => void
  /** The emulator answers a question that was asked at or after this offset. */
  readonly onAnswer: (text: string, offset: number) => void
}

/** What a screen showed. */
export interface Shown {
  /** At this offset. */
  readonly from: number
  /** What a terminal that has just been reset must be sent to show it. */
  readonly screen: string
}

/** What happens to the terminal at an offset: another size, another run of the program, or nothing but a pause in reading. */
type Mark = { readonly offset: number; readonly size?: TerminalSize | undefined; readonly run?: boolean }

export class Screen {
  readonly #log: ScreenLog
  readonly #services: ScreenServices
  readonly #handlers: ScreenHandlers
  readonly #slice = (): boolean => this.#readSlice(this.#timer(SLICE_MS))
  /** What has happened to the terminal, in order: its size from an offset on, or just an offset at which to pause. */
  readonly #marks: Mark[] = []
  readonly #picture: Picture
  #position = 0
  /** There is, or was, an escape sequence in what is unread. */
  #asking = false
  #over = false
  #released = false
  #problem: NetdaemonError | undefined

  constructor(log: ScreenLog, size: TerminalSize, services: ScreenServices, handlers: ScreenHandlers) {
    this.#log = log
    this.#services = services
    this.#handlers = handlers
    this.#picture = new Picture(size, services, (text) => handlers.onAnswer(text, this.#position))
    this.#checkSize(size)
  }

  /** What the log must not let go of. */
  get holdFrom(): number {
    return this.#problem === undefined && !this.#released ? this.#position : Number.POSITIVE_INFINITY
  }

  /**
   * There is more in the log.
   *
   * @param watched a client sees it and answers what the terminal is asked; if not, the emulator answers, and soon
   */
  arrived(bytes: Uint8Array, watched: boolean): void {
    if (this.#problem !== undefined) return
    if (this.#position < this.#log.start) {
      this.#giveUp(leftBehind())
      return
    }
    this.#asking ||= bytes.includes(ESC)
    if ((this.#asking && !watched) || this.#log.end - this.#position > Math.min(UNREAD_MAX, this.#log.limit / 4))
      this.#readSoon()
  }

  /** The terminal has another size from here on. */
  resize(size: TerminalSize): void {
    this.#checkSize(size)
    this.#mark({ offset: this.#log.end, size })
  }

  /** Answers are to be told apart by whether the question is before or after this offset. */
  divide(offset: number): void {
    if (offset > this.#position) this.#mark({ offset })
  }

  /**
   * What it shows: at the end of the log, or as near to it as can be reached in a moment. A promise if the emulator must
   * be loaded first: then ask again.
   *
   * @throws NetdaemonError LIMIT if it is too large, INTERNAL if the emulator has failed
   */
  show(): Shown | Promise<void> {
    if (this.#problem !== undefined) throw this.#problem
    const { text, loaded } = this.#picture
    if (text !== undefined) return { from: this.#position, screen: text }
    if (!loaded) return this.#picture.load()
    const begun = this.#position
    const hasTime = this.#timer(SHOW_MS)
    while (this.#readSlice(hasTime) && this.#position - begun < UNREAD_MAX && hasTime());
    if (this.#problem !== undefined) throw this.#problem
    const screen = this.#picture.draw()
    const problem = textProblem(Buffer.byteLength(screen))
    if (problem !== undefined) throw problem
    return { from: this.#position, screen }
  }

  /** From now on the log does not wait: a screen that is left behind is not kept. */
  release(): void {
    this.#released = true
    this.#handlers.onProgress()
  }

  /** Another run of the program begins here: the modes that the one before has left are undone, what it wrote stays. */
  begin(): void {
    this.#over = false
    this.#released = false
    this.#mark({ offset: this.#log.end, run: true })
    this.#guarded(() => this.#picture.reopen())
  }

  /** All output has come: from now on the screen costs only the text that it shows. */
  end(): void {
    this.#over = true
    if (this.#picture.isLive) this.#readSoon()
  }

  /** Gives the screen up; asking for it fails from now on. */
  dispose(): void {
    this.#services.slices.delete(this.#slice)
    this.#picture.dispose()
    this.#problem ??= new NetdaemonError('NOT_FOUND', 'the process has been removed')
  }

  #timer(ms: number): HasTime {
    const { now } = this.#services
    const until = now() + ms
    return () => now() < until
  }

  #mark(mark: Mark): void {
    if (this.#problem !== undefined) return
    const { offset, size, run = false } = mark
    const last = this.#marks.at(-1)
    // In order: what has been sent to one may lie before what was sent to another.
    if (last !== undefined && offset < last.offset) return
    if (last?.offset === offset && size === undefined && !run) return
    // Only the last of many sizes without output between them counts. A client must not be able to make them pile up.
    if (last?.offset === offset && !last.run && this.#marks.length > MARKS_MAX) this.#marks.pop()
    this.#marks.push(mark)
    if (this.#marks.length > MARKS_MAX) this.#readSoon()
  }

  #readSoon(): void {
    if (this.#picture.loaded) this.#services.slices.add(this.#slice)
    else {
      this.#picture.load().then(
        () => this.#services.slices.add(this.#slice),
        (error: unknown) => this.#fail(error),
      )
    }
  }

  /** Reads what can be read at once; whether there is more. */
  #readSlice(hasTime: HasTime): boolean {
    if (this.#problem !== undefined) return false
    const before = this.#position
    let moved = false
    this.#guarded(() => {
      moved = this.#read(hasTime)
      // What is left is the beginning of one, whose rest may come without another ESC.
      if (!moved) this.#asking = this.#position < this.#log.end
      if (!moved && this.#over) this.#picture.keepText()
      if (this.#position !== before) this.#handlers.onProgress()
    })
    return moved && this.#problem === undefined
  }

  /** Moves on by a slice at most, or past a mark; false if it can't. */
  #read(hasTime: HasTime): boolean {
    const mark = this.#marks[0]
    const end = mark?.offset ?? this.#log.end
    let read = 0
    // When it takes nothing of what it was given, it may want to look at more.
    for (let given = 0; read === 0; ) {
      const room = Math.min(end - this.#position, this.#picture.lookBytes)
      if (room <= given) break
      read = this.#picture.read(this.#bytes(room), hasTime)
      given = room
    }
    this.#position += read
    if (read > 0) return true
    if (mark === undefined) return false
    // What is left before it is the beginning of a sequence, which does nothing yet.
    this.#marks.shift()
    if (mark.run) {
      this.#position = mark.offset
      this.#picture.beginRun()
    }
    if (mark.size !== undefined) this.#picture.resize(mark.size)
    return true
  }

  /** The next bytes of the log, which may lie in two pieces. */
  #bytes(count: number): Uint8Array {
    const first = this.#log.read(this.#position, count).bytes
    if (first.length === count) return first
    const second = this.#log.read(this.#position + first.length, count - first.length).bytes
    return Buffer.concat([first, second])
  }

  #checkSize(size: TerminalSize): void {
    const problem = sizeProblem(size)
    if (problem !== undefined) this.#giveUp(problem)
  }

  /** Does something with the picture. What goes wrong there costs this screen, and nothing else. */
  #guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof NetdaemonError) this.#giveUp(error)
      else this.#fail(error)
    }
  }

  #fail(cause: unknown): void {
    this.#services.failed(cause)
    this.#giveUp(emulatorFailed(cause))
  }

  #giveUp(problem: NetdaemonError): void {
    this.#problem ??= problem
    this.#picture.dispose()
    this.#marks.length = 0
    this.#handlers.onProgress()
  }
}
