// One execution of a process's program: its pid, its streams, and its end.
//
// Two facts end it, in either order: the main process has died, and its output is over. `over` is both. Descendants may hold
// the streams open; then the output counts as over once all that the dead process wrote has come. What they write later is
// still told.

import { NetdaemonError } from '../../proto/errors.ts'
import { errnoName, type Kernel } from '../linux/kernel.ts'
import type { ExitStatus } from '../linux/tree/reaper.ts'
import { signalName } from '../linux/tree/signals.ts'
import type { ProcessStreams, StreamHandlers } from '../streams/process-streams.ts'
import type { RunTree } from './run-tree.ts'

/** What a run tells, beside what its streams do. */
export interface RunHandlers<Tag> extends Omit<StreamHandlers<Tag>, 'onComplete'> {
  /** The main process has died. Its output may go on. */
  readonly onDied: (status: ExitStatus) => void
  /** It has said by its pipe that it is ready. */
  readonly onReady?: () => void
  /** It is over. Told once. */
  readonly onOver: () => void
}

/** A program that has just been started. */
export interface StartedProgram<Tag> {
  /** Of the process that it is, for errors. */
  readonly id: string
  /** Also the id of its session and of its process group. */
  readonly pid: number
  readonly tree: RunTree
  /** Begins to wait until it says that it is ready, if it does so by a pipe; the returned function closes that. */
  readonly watchReady?: ((onReady: () => void) => () => void) | undefined
  /** Takes over what the daemon has of its streams. */
  readonly openStreams: (handlers: StreamHandlers<Tag>) => ProcessStreams<Tag>
}

export class Run<Tag> {
  readonly streams: ProcessStreams<Tag>
  readonly tree: RunTree
  readonly #id: string
  readonly #kernel: Kernel
  readonly #handlers: RunHandlers<Tag>
  /** Output channels that have not ended: stdout and stderr. */
  #openChannels = 2
  #dead = false
  /** All output of the dead process has come, though a descendant may hold its streams. */
  #complete = false
  #over = false
  #pid: number
  /** Its main process is not the one that was started, and may lead no group. */
  #inherited = false
  /** The process of its tree that is the main one, as it says itself. */
  #heir: number | undefined
  readonly #endReady: (() => void) | undefined

  constructor(started: StartedProgram<Tag>, kernel: Kernel, handlers: RunHandlers<Tag>) {
    const { id, pid, tree, watchReady, openStreams } = started
    this.#id = id
    this.#pid = pid
    this.tree = tree
    this.#kernel = kernel
    this.#handlers = handlers
    // Written out: an object made by spreading has a hidden class of its own, which takes more than the object.
    this.streams = openStreams({
      onOutput: handlers.onOutput,
      onInputTaken: handlers.onInputTaken,
      onInputClosed: handlers.onInputClosed,
      onOutputEnd: (channel) => {
        this.#openChannels -= 1
        handlers.onOutputEnd(channel)
        this.#settle()
      },
      onComplete: () => {
        this.#complete = true
        this.#settle()
      },
    })
    this.#endReady = watchReady?.(() => handlers.onReady?.())
  }

  /** Its main process. */
  get pid(): number {
    return this.#pid
  }

  /** It has said that this process of its tree is its main one. It is so once the one before has died. */
  succeededBy(pid: number): void {
    this.#heir = pid
  }

  /** Who is its main process now that the one before has died; undefined: nobody. It must be watched from now on. */
  inherit(): number | undefined {
    const heir = this.#heir
    this.#heir = undefined
    if (heir === undefined || heir === this.#pid || !this.tree.inherit(heir)) return undefined
    this.#pid = heir
    this.#inherited = true
    return heir
  }

  /** The main process has died. */
  get dead(): boolean {
    return this.#dead
  }

  /** It has died, and all its output has come. */
  get over(): boolean {
    return this.#over
  }

  /** Nothing more will come of it, not even of descendants. */
  get silent(): boolean {
    return this.#openChannels === 0
  }

  /** Takes input. */
  get inputOpen(): boolean {
    return !this.#over && this.streams.inputOpen
  }

  /** Writes input after all that came before it; no bytes: end of file. How much may wait is for the caller to say. */
  write(bytes: Buffer, tag: Tag | undefined): void {
    if (bytes.length === 0) this.streams.end()
    else this.streams.write(bytes, tag)
  }

  /** The main process has died, as the reaper tells. */
  died(status: ExitStatus): void {
    this.#dead = true
    this.tree.reaped()
    this.#handlers.onDied(status)
    this.streams.died()
    this.#settle()
  }

  /**
   * Sends a signal. To be called before the main process has died: its pid may be another's after that.
   *
   * @throws NetdaemonError SYSTEM with the errno
   */
  signal(signal: number, scope: 'group' | 'process'): void {
    if (this.#inherited && scope === 'group') {
      this.tree.signal(signal)
      return
    }
    const result = this.#kernel.kill(scope === 'group' ? -this.pid : this.pid, signal)
    if (result >= 0) return
    const errno = errnoName(result)
    throw new NetdaemonError(
      'SYSTEM',
      `cannot send ${signalName(signal)} to "${this.#id}" (pid ${this.pid}): ${errno}`,
      { errno },
    )
  }

  #settle(): void {
    if (this.#over || !this.#dead || !(this.#openChannels === 0 || this.#complete)) return
    this.#over = true
    this.#endReady?.()
    this.streams.closeInput()
    this.#handlers.onOver()
  }
}
