// One supervised process: its streams, its output log, the clients attached to it, and its end.
//
// Two facts end it, in either order: the main process has died, and its output is over. `ended` is both. Descendants
// may hold the streams open; then the output counts as over once all that the dead process wrote has come. What they write
// later still goes into the log.

import { existsSync } from 'node:fs'
import { DATA_HEADER, writeDataHeader } from '../../proto/codec/stream-codec.ts'
import { NetdaemonError } from '../../proto/errors.ts'
import { WAITING_INPUT_MAX, WAITING_PACKETS_MAX } from '../../proto/limits.ts'
import type {
  OutputChannel,
  ProcessDetail,
  ProcessSpec,
  ProcessState,
  ProcessSummary,
  TerminalSize,
} from '../../proto/protocol.ts'
import { errnoName, errnos, type Kernel } from '../linux/kernel.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'
import type { ExitStatus } from '../linux/tree/reaper.ts'
import { signalName } from '../linux/tree/signals.ts'
import type { Clock } from '../loop/clock.ts'
import type { OutputTurn } from '../loop/output-turn.ts'
import { Attachment, type AttachmentTerms, type OutputSink, type OutputSource } from '../output/attachment.ts'
import { OutputLog } from '../output/output-log.ts'
import type { PacketBuffer } from '../output/packet-buffer.ts'
import { Places } from '../output/places.ts'
import { Screen, type ScreenServices, type Shown } from '../screen/screen.ts'
import { smallestSize } from '../screen/terminal-size.ts'
import type { ProcessStreams, StreamHandlers } from '../streams/process-streams.ts'
import { commandLine } from './command-line.ts'
import { isLive, next, type Stimulus } from './process-state.ts'
import { EncodedSummary, summarize } from './process-summary.ts'

const SIGKILL = 9

/** While so much input waits, its terminal does not answer any more: the process asks and does not read. */
const ANSWERS_MAX = 4096

/** Output of which nobody wants every byte, and the pause in reading after so much: some 400 MB/s, and a tenth of a CPU. */
const PACE_BYTES = 512 * 1024
const PACE_MS = 1

/** What is left in the terminal of a dead process waits so long for its screen, and then for nothing but clients. */
const SCREEN_LEFT_MS = 1000

/** What a process needs of the daemon. */
export interface ProcessEnvironment {
  readonly kernel: Kernel
  readonly clock: Clock
  /** Shared by all processes: its contents last for one callback. */
  readonly readBuffer: ReadBuffer
  /** Shared in the same way: where a packet is made of what the log holds. Its contents last until the next packet. */
  readonly packetBuffer: PacketBuffer
  /** Shared, so that all output together leaves time for requests. */
  readonly turn: OutputTurn
  readonly screens: ScreenServices
  /** The state changed. */
  readonly onState: (process: Process) => void
  /** The process has ended and so has its output. */
  readonly onEnded: (process: Process) => void
  /** The last client that might have come back will not. */
  readonly onIdle: (process: Process) => void
}

/** A program that has just been started. */
export interface StartedProgram {
  readonly pid: number
  /** Takes over what the daemon has of its streams. */
  readonly openStreams: (handlers: StreamHandlers<Attachment>) => ProcessStreams<Attachment>
}

export interface ProcessIdentity {
  readonly id: string
  readonly handle: number
  readonly spec: ProcessSpec
  readonly path: string
  readonly cwd: string
  /** Its variables, made anew for each call. */
  readonly env: () => Record<string, string>
}

export class Process implements OutputSource {
  readonly id: string
  readonly handle: number
  readonly spec: ProcessSpec
  readonly log: OutputLog
  readonly startedAt: number
  readonly command: string
  readonly #identity: ProcessIdentity
  readonly #daemon: ProcessEnvironment
  readonly #streams: ProcessStreams<Attachment>
  /** What its terminal shows, if it has one. */
  readonly #screen: Screen | undefined
  /** Output below this has been seen by a client who answers for its terminal. */
  #seenTo = 0
  readonly #attachments = new Set<Attachment>()
  /** Those that have sent all there is. Of a crowd most may be stopped: they are not to cost a look at each read. */
  readonly #awaiting = new Set<Attachment>()
  readonly #lossless = new Set<Attachment>()
  readonly #places: Places
  readonly #encodedSummary = new EncodedSummary()
  readonly #waiters = new Set<() => void>()
  readonly #pid: number
  #state: ProcessState
  #ended = false
  /** All output of the dead process has come, though a descendant may hold its streams. */
  #complete = false
  #held = false
  #heldByClients = false
  /** Nothing holds the output back any more. */
  #released = false
  #inputTaken = 0
  /** Bytes of output since the last pause of {@link #pace}. */
  #sincePause = 0
  /** The packet made of the newest read, while it is handed out. */
  #live: Buffer | undefined
  #liveOffset = 0

  constructor(identity: ProcessIdentity, { pid, openStreams }: StartedProgram, daemon: ProcessEnvironment) {
    this.#identity = identity
    this.#daemon = daemon
    this.id = identity.id
    this.handle = identity.handle
    this.spec = identity.spec
    this.command = commandLine(identity.spec)
    this.log = new OutputLog(identity.spec.outputLimit)
    this.startedAt = daemon.clock.now()
    this.#pid = pid
    this.#state = { kind: 'running', pid, since: this.startedAt }
    this.#places = new Places(daemon.clock, () => this.#placeExpired())
    this.#streams = openStreams({
      onOutput: (channel, buffer, start, end) => this.#output(channel, buffer, start, end),
      onOutputEnd: (channel) => {
        this.log.endChannel(channel)
        if (this.log.ended) this.#screen?.end()
        this.#pumpAll()
        this.#settle()
      },
      onComplete: () => {
        this.#complete = true
        this.#settle()
      },
      onInputTaken: (attachment, bytes) => {
        this.#inputTaken += bytes
        attachment.inputTaken(bytes)
      },
      onInputClosed: () => {
        for (const attachment of this.#attachments) attachment.inform()
      },
    })
    if (this.terminal !== undefined) {
      this.#screen = new Screen(this.log, this.terminal, daemon.screens, {
        onProgress: () => this.#rebalance(),
        onAnswer: (text, offset) => this.#answer(text, offset),
      })
    }
  }

  get turn(): OutputTurn {
    return this.#daemon.turn
  }

  get state(): ProcessState {
    return this.#state
  }

  get name(): string | undefined {
    return this.spec.name
  }

  get labels(): Record<string, string> {
    return this.spec.labels
  }

  /** The process has ended, and its output is complete. */
  get ended(): boolean {
    return this.#ended
  }

  /** No client that may come back for the output: it may be forgotten. */
  get idle(): boolean {
    if (this.#places.size > 0) return false
    for (const attachment of this.#attachments) if (attachment.keep !== undefined) return false
    return true
  }

  get inputOpen(): boolean {
    return !this.#ended && this.#streams.inputOpen
  }

  get attachments(): number {
    return this.#attachments.size
  }

  /** The size of its terminal; undefined if it has none. Another object when it has changed. */
  get terminal(): TerminalSize | undefined {
    return this.#streams.terminal
  }

  /**
   * Attaches a client. Nothing is sent before its first `pump`.
   *
   * @throws NetdaemonError BAD_REQUEST for an offset that lies ahead, LIMIT if too many places are kept
   */
  attach(sink: OutputSink, terms: AttachmentTerms): Attachment {
    if (terms.from > this.log.end) {
      throw new NetdaemonError(
        'BAD_REQUEST',
        `cannot attach to "${this.id}" at offset ${terms.from}: its output has ${this.log.end} bytes so far. Is the offset of another process of that name?`,
        { detail: { end: this.log.end } },
      )
    }
    const attachment = new Attachment(this, sink, terms)
    const { keep } = attachment
    if (keep !== undefined) {
      const taken = Array.from(this.#attachments, (other) => other.keep?.as).filter((as) => as !== undefined)
      this.#places.checkRoomFor(keep.as, taken)
    }
    this.#attachments.add(attachment)
    if (attachment.lossless) this.#lossless.add(attachment)
    // Only now that the successor is here: a process without either may be forgotten at once.
    if (keep !== undefined) {
      for (const other of this.#attachments) if (other !== attachment && other.keep?.as === keep.as) other.evict()
      this.#places.give(keep.as)
    }
    this.#rebalance()
    this.#resizeIfPossible()
    this.#screen?.divide(attachment.from)
    return attachment
  }

  /** Lets a client go. If its connection broke, its place is kept as it asked. */
  detach(attachment: Attachment, how: 'left' | 'lost'): void {
    if (!this.#attachments.delete(attachment)) return
    this.#awaiting.delete(attachment)
    this.#lossless.delete(attachment)
    attachment.dispose()
    const { keep, cursor } = attachment
    if (attachment.countedSize !== undefined && cursor > this.#seenTo) {
      this.#seenTo = cursor
      this.#screen?.divide(cursor)
    }
    if (keep !== undefined && how === 'lost') this.#places.keep(keep.as, attachment.acked, keep.ms)
    this.#rebalance()
    this.#resizeIfPossible()
    if (keep !== undefined && this.idle) this.#daemon.onIdle(this)
  }

  /**
   * Notes the size of the terminal that shows it to a client, or that the client's counts no more; answers the size that
   * its own has after that: the smallest of all.
   *
   * @throws NetdaemonError NO_TERMINAL, or SYSTEM with the errno
   */
  resize(attachment: Attachment, size: TerminalSize | null): TerminalSize {
    if (this.terminal === undefined) throw noTerminal(this.id)
    attachment.size = size ?? undefined
    this.#resize()
    return this.terminal
  }

  /**
   * What its terminal shows, and at which offset: from there on, its output goes on from that. A promise if that takes
   * preparation: then ask again.
   *
   * @throws NetdaemonError NO_TERMINAL, LIMIT if it is too large
   */
  show(): Shown | Promise<void> {
    if (this.#screen === undefined) throw noTerminal(this.id)
    return this.#screen.show()
  }

  /**
   * Writes a client's input to the process after all that came before it; no bytes: end of file.
   *
   * @throws NetdaemonError LIMIT if too much waits already: each client has its window, but clients come and go
   */
  write(attachment: Attachment, bytes: Buffer): void {
    const streams = this.#streams
    if (streams.queuedBytes + bytes.length > WAITING_INPUT_MAX || streams.queuedWrites >= WAITING_PACKETS_MAX) {
      throw new NetdaemonError(
        'LIMIT',
        `"${this.id}" does not read its input: ${streams.queuedBytes} bytes in ${streams.queuedWrites} packets wait already`,
      )
    }
    if (bytes.length === 0) streams.end()
    else streams.write(bytes, attachment)
  }

  /**
   * Sends a signal.
   *
   * @throws NetdaemonError NOT_RUNNING, or SYSTEM with the errno
   */
  kill(signal: number, scope: 'group' | 'process'): void {
    if (!isLive(this.#state)) {
      throw new NetdaemonError('NOT_RUNNING', `cannot send ${signalName(signal)} to "${this.id}": it has ended`)
    }
    const { pid } = this.#state
    const result = this.#daemon.kernel.kill(scope === 'group' ? -pid : pid, signal)
    if (result >= 0) return
    const errno = errnoName(result)
    throw new NetdaemonError('SYSTEM', `cannot send ${signalName(signal)} to "${this.id}" (pid ${pid}): ${errno}`, {
      errno,
    })
  }

  /**
   * Whether members of its process group have outlived it. The kernel gives the number to nobody else while they live, so
   * a group of this number whose leader is not there is still this one.
   */
  get hasSurvivors(): boolean {
    if (isLive(this.#state)) return false
    const asked = this.#daemon.kernel.kill(-this.#pid, 0)
    return (asked >= 0 || asked === -errnos.EPERM) && !existsSync(`/proc/${this.#pid}`)
  }

  /** SIGKILL to the members of its process group that have outlived it. */
  killSurvivors(): void {
    if (this.hasSurvivors) this.#daemon.kernel.kill(-this.#pid, SIGKILL)
  }

  /** Notes that the daemon asks it to end; the signals are the caller's. */
  stopping(killAt: number | null): void {
    this.#become({ kind: 'stop', killAt })
  }

  /** The main process has died. Its output may go on. */
  died(status: ExitStatus): void {
    this.#become({ kind: 'died', status })
    this.#streams.died()
    this.#settle()
    const screen = this.#screen
    if (screen !== undefined && !this.#ended) {
      const cancel = this.#daemon.clock.after(SCREEN_LEFT_MS, () => screen.release())
      this.whenEnded(cancel)
    }
  }

  /** Calls back when it has ended, at once if it has; the returned function takes that back. */
  whenEnded(callback: () => void): () => void {
    if (this.#ended) {
      callback()
      return () => {}
    }
    this.#waiters.add(callback)
    return () => this.#waiters.delete(callback)
  }

  /** Forgets what it keeps for clients. What descendants still write is read, so that they don't block. */
  forget(): void {
    this.#places.dispose()
    this.#screen?.dispose()
    this.#rebalance()
  }

  packetAt(offset: number, max: number): Uint8Array {
    if (this.#live !== undefined && offset === this.#liveOffset && this.#live.length - DATA_HEADER <= max)
      return this.#live
    const { channel, bytes } = this.log.read(offset, max)
    return this.#daemon.packetBuffer.packet(this.handle, channel, offset, bytes)
  }

  /** From now on it waits for no client: one that falls behind gets a gap, although it is lossless. */
  release(): void {
    this.#released = true
    this.#rebalance()
  }

  progressed(): void {
    if (this.#held) this.#rebalance()
  }

  awaitsOutput(attachment: Attachment, awaits: boolean): void {
    if (awaits) this.#awaiting.add(attachment)
    else this.#awaiting.delete(attachment)
  }

  summary(): ProcessSummary {
    return summarize(this)
  }

  /** The summary, encoded: a view that is valid until the process changes. */
  encodedSummary(): Buffer {
    return this.#encodedSummary.of(this)
  }

  detail(withEnvironment: boolean): ProcessDetail {
    const { path, cwd, env, spec } = this.#identity
    return {
      ...this.summary(),
      path,
      args: spec.args,
      cwd,
      env: withEnvironment ? env() : null,
      stdin: spec.stdin,
      stderr: spec.stderr,
      input: { open: this.inputOpen, taken: this.#inputTaken, queued: this.#streams.queuedBytes },
      outputLimit: spec.outputLimit,
      autoRemove: spec.autoRemove,
      held: this.#heldByClients,
      clients: Array.from(this.#attachments, ({ client, lossless, readOnly, size, cursor, acked }) => ({
        ...client,
        lossless,
        readOnly,
        ...(size === undefined ? {} : { size }),
        sent: cursor,
        acked,
      })),
    }
  }

  #output(channel: OutputChannel, buffer: Buffer, start: number, end: number): void {
    this.#liveOffset = this.log.end
    const bytes = buffer.subarray(start, end)
    this.log.append(channel, bytes)
    this.#screen?.arrived(bytes, this.#watched)
    const isWanted = this.#attachments.size > 0 || this.#places.size > 0 || this.#screen !== undefined
    if (isWanted) {
      writeDataHeader(buffer, start, this.handle, channel, this.#liveOffset, end - start)
      this.#live = buffer.subarray(start - DATA_HEADER, end)
      try {
        this.#pumpAll()
      } finally {
        // Its memory is another process's a moment later.
        this.#live = undefined
      }
      this.#rebalance()
    }
    // More is read when this has been sent: what the daemon cannot carry must not become a gap of clients that could.
    const { turn } = this
    if (isWanted && turn.over) this.#streams.yieldUntil(channel, (readOn) => turn.afterWaiting(readOn))
    else if (this.#lossless.size === 0 && this.#places.size === 0) this.#pace(channel, bytes.length)
  }

  /** A flood of which nobody wants every byte would take a whole CPU from what somebody waits for: it is read with pauses. */
  #pace(channel: OutputChannel, bytes: number): void {
    this.#sincePause += bytes
    if (this.#sincePause < PACE_BYTES) return
    this.#sincePause = 0
    this.#streams.yieldUntil(channel, (readOn) => this.#daemon.clock.after(PACE_MS, readOn))
  }

  /** Holds the process back, or lets it go on. */
  #rebalance(): void {
    let hold = this.#places.holdFrom
    for (const attachment of this.#lossless) hold = Math.min(hold, attachment.holdFrom)
    this.#heldByClients = !this.#released && !this.#hasRoom(hold)
    // What keeps the screen is never waited for by others, and always gets on.
    const held = this.#heldByClients || !this.#hasRoom(this.#screen?.holdFrom ?? Number.POSITIVE_INFINITY)
    if (held === this.#held) return
    this.#held = held
    if (held) this.#streams.pause()
    else this.#streams.resume()
  }

  /** Whether one more read leaves everything from this offset on in the log. */
  #hasRoom(offset: number): boolean {
    return offset === Number.POSITIVE_INFINITY || this.log.roomFrom(offset) >= this.#streams.readMax
  }

  /** A client shows its terminal to somebody, and answers what the terminal is asked. */
  get #watched(): boolean {
    for (const { countedSize } of this.#attachments) if (countedSize !== undefined) return true
    return false
  }

  /** Types what its terminal answers to a question at `offset` that no client has seen, or will see, and answer. */
  #answer(text: string, offset: number): void {
    if (offset < this.#seenTo || this.#streams.queuedBytes > ANSWERS_MAX) return
    for (const { countedSize, from } of this.#attachments) if (countedSize !== undefined && from <= offset) return
    this.#streams.write(Buffer.from(text, 'latin1'), undefined)
  }

  #pumpAll(): void {
    for (const attachment of this.#awaiting) attachment.pump()
  }

  #become(stimulus: Stimulus): void {
    this.#state = next(this.#state, stimulus, this.#daemon.clock.now())
    this.#daemon.onState(this)
  }

  /** Gives its terminal the size that its clients have room for. @throws NetdaemonError SYSTEM */
  #resize(): void {
    if (this.terminal === undefined || this.#ended) return
    const size = smallestSize(Array.from(this.#attachments, ({ countedSize }) => countedSize))
    const before = this.terminal
    if (size !== undefined) this.#streams.resize(size)
    if (this.terminal === before) return
    this.#screen?.resize(this.terminal)
    for (const attachment of this.#attachments) attachment.inform()
  }

  /** As {@link #resize}; if it fails the size stays as it is, as everybody is told, until the next change. */
  #resizeIfPossible(): void {
    try {
      this.#resize()
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
    }
  }

  #settle(): void {
    if (this.#ended || isLive(this.#state) || !(this.log.ended || this.#complete)) return
    this.#ended = true
    this.#streams.closeInput()
    this.#pumpAll()
    this.#daemon.onEnded(this)
    for (const waiter of this.#waiters) waiter()
    this.#waiters.clear()
  }

  #placeExpired(): void {
    this.#rebalance()
    if (this.idle) this.#daemon.onIdle(this)
  }
}

function noTerminal(id: string): NetdaemonError {
  return new NetdaemonError('NO_TERMINAL', `"${id}" has no terminal: it was started with pipes`)
}
