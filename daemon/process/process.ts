// One supervised process: what it is, its state, and what holds its parts together: the run, the output with its clients, and
// the terminal. Its state is changed here alone, by `next` of process-state.ts.
//
// It has ended when its run is over: the main process has died and all that it wrote has come. What descendants write later
// still goes into the log.
//
// More than 300 lines: it holds the parts of a process together, and is mostly their doors.

import { NetdaemonError } from '../../proto/errors.ts'
import { isLive } from '../../proto/live-state.ts'
import type { KnownState, ProcessDetail, ProcessSpec, ProcessSummary, TerminalSize } from '../../proto/protocol.ts'
import type { TreeMember } from '../linux/tree/process-tree.ts'
import { signalName } from '../linux/tree/signals.ts'
import type { Bounds } from '../memory/bounds.ts'
import type { Attachment, AttachmentTerms, OutputSink } from '../output/attachment.ts'
import { Broadcast, type OutputPorts } from '../output/broadcast.ts'
import type { OutputLog } from '../output/output-log.ts'
import type { Program } from '../run/launcher.ts'
import type { Run, RunHandlers } from '../run/run.ts'
import type { RunTree } from '../run/run-tree.ts'
import type { Shown } from '../screen/screen.ts'
import type { ScreenServices } from '../screen/screen-services.ts'
import { SharedTerminal } from '../screen/shared-terminal.ts'
import { commandLine } from './command-line.ts'
import { EndWaiters } from './end-waiters.ts'
import { describeProcess } from './process-detail.ts'
import { ProcessInput } from './process-input.ts'
import { next, type Stimulus } from './process-state.ts'
import { EncodedSummary, summarize } from './process-summary.ts'

/** What is left in the terminal of a dead process waits for its screen for so long, and after that only for clients. */
const SCREEN_LEFT_MS = 1000

/** What a process needs of the daemon. */
export interface ProcessPorts extends OutputPorts {
  readonly bounds: Pick<Bounds, 'input' | 'output'>
  readonly screens: ScreenServices
  readonly leftovers: {
    add(id: string, tree: RunTree): void
    of(tree: RunTree): readonly TreeMember[]
    whenGone(tree: RunTree, callback: () => void): () => void
  }
  readonly launcher: { launch(program: Program, handlers: RunHandlers<Attachment>): Run<Attachment> }
  /** The state changed. */
  readonly onState: (process: Process) => void
  /** The process has ended and so has its output. */
  readonly onEnded: (process: Process) => void
  /** There is no client left that may come back for the output. */
  readonly onIdle: (process: Process) => void
}

export class Process {
  readonly id: string
  readonly handle: number
  readonly spec: ProcessSpec
  readonly program: Program
  readonly log: OutputLog
  readonly startedAt: number
  readonly command: string
  readonly #ports: ProcessPorts
  readonly #broadcast: Broadcast
  readonly #terminal: SharedTerminal | undefined
  readonly #run: Run<Attachment>
  readonly #encodedSummary = new EncodedSummary()
  readonly #waiters: EndWaiters
  #state: KnownState
  readonly #input: ProcessInput<Attachment>

  /**
   * Starts the program.
   *
   * @throws NetdaemonError CANNOT_START with the errno
   */
  constructor(handle: number, program: Program, ports: ProcessPorts) {
    const { id, spec } = program
    this.id = id
    this.handle = handle
    this.spec = spec
    this.program = program
    this.command = commandLine(spec)
    this.#ports = ports
    this.#waiters = new EndWaiters(ports.turn)
    const onIdle = () => ports.onIdle(this)
    const broadcast = new Broadcast({ id, handle, outputLimit: spec.outputLimit, onIdle }, ports)
    const { log } = broadcast
    const parts = { log, viewers: broadcast.attachments, onProgress: () => broadcast.rebalance() }
    const terminal = spec.terminal === undefined ? undefined : new SharedTerminal(spec.terminal, parts, ports.screens)
    if (terminal !== undefined) broadcast.followedBy(terminal)
    this.log = log
    this.#broadcast = broadcast
    this.#terminal = terminal
    this.#run = ports.launcher.launch(program, {
      onOutput: (channel, buffer, start, end) => broadcast.output(channel, buffer, start, end),
      onOutputEnd: (channel) => {
        broadcast.endChannel(channel)
        if (log.ended) terminal?.ended()
      },
      onInputTaken: (attachment, bytes) => {
        this.#input.took(bytes)
        attachment.inputTaken(bytes)
      },
      onInputClosed: () => {
        for (const attachment of broadcast.attachments) attachment.inform()
      },
      onDied: (status) => {
        ports.leftovers.add(id, this.#run.tree)
        this.#become({ kind: 'died', status })
        if (terminal === undefined) return
        const cancel = ports.clock.after(SCREEN_LEFT_MS, () => terminal.release())
        this.whenEnded(cancel)
      },
      onOver: () => this.#over(),
    })
    this.#input = new ProcessInput(id, this.#run, ports.bounds.input.account())
    broadcast.connect(this.#run.streams)
    terminal?.connect(this.#run.streams)
    this.startedAt = ports.clock.now()
    this.#state = { kind: 'running', pid: this.#run.pid, since: this.startedAt }
  }

  get state(): KnownState {
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
    return this.#broadcast.ended
  }

  /** No client may come back for the output, so that the process may be forgotten. */
  get idle(): boolean {
    return this.#broadcast.idle
  }

  get inputOpen(): boolean {
    return this.#run.inputOpen
  }

  /** How many clients are attached. */
  get attachments(): number {
    return this.#broadcast.attachments.size
  }

  /** The size of its terminal; undefined if it has none. Another object when it has changed. */
  get terminal(): TerminalSize | undefined {
    return this.#terminal?.size
  }

  /** For SHOW. */
  get input(): ProcessDetail['input'] {
    return { open: this.inputOpen, taken: this.#input.taken, queued: this.#run.streams.queuedBytes }
  }

  /** Whether clients make it wait. */
  get held(): boolean {
    return this.#broadcast.heldByClients
  }

  get clients(): Iterable<Attachment> {
    return this.#broadcast.attachments
  }

  /**
   * Attaches a client. Nothing is sent before its first `pump`.
   *
   * @throws NetdaemonError BAD_REQUEST for an offset that lies ahead, LIMIT if too many places are kept
   */
  attach(sink: OutputSink, terms: AttachmentTerms): Attachment {
    const attachment = this.#broadcast.attach(sink, terms)
    this.#terminal?.joined(attachment)
    return attachment
  }

  /** Lets a client go. If its connection broke, its place is kept as it asked. */
  detach(attachment: Attachment, how: 'left' | 'lost'): void {
    if (!this.#broadcast.detach(attachment, how)) return
    this.#input.left(attachment)
    this.#terminal?.left(attachment)
    if (attachment.keep !== undefined && this.idle) this.#ports.onIdle(this)
  }

  /**
   * Notes the size of the terminal that shows it to a client, or that the client's counts no more; answers the size that
   * its own has after that: the smallest of all.
   *
   * @throws NetdaemonError NO_TERMINAL, or SYSTEM with the errno
   */
  resize(attachment: Attachment, size: TerminalSize | null): TerminalSize {
    const terminal = this.#sharedTerminal
    attachment.size = size ?? undefined
    return terminal.fit()
  }

  /**
   * What its terminal shows, and at which offset: from there on, its output goes on from that. A promise if that takes
   * preparation: then ask again.
   *
   * @throws NetdaemonError NO_TERMINAL, LIMIT if it is too large
   */
  show(): Shown | Promise<void> {
    return this.#sharedTerminal.show()
  }

  /**
   * Writes a client's input to the process after all that came before it; no bytes: end of file.
   *
   * @throws NetdaemonError as `ProcessInput.write`
   */
  write(attachment: Attachment, bytes: Buffer): void {
    this.#input.write(attachment, bytes)
  }

  /**
   * Sends a signal.
   *
   * @throws NetdaemonError NOT_RUNNING, or SYSTEM with the errno
   */
  kill(signal: number, scope: 'tree' | 'group' | 'process'): void {
    if (scope === 'tree' && this.survivors.length > 0) {
      this.#run.tree.signal(signal)
      return
    }
    if (!isLive(this.#state)) {
      throw new NetdaemonError('NOT_RUNNING', `cannot send ${signalName(signal)} to "${this.id}": it has ended`)
    }
    if (scope === 'tree') this.#run.tree.signal(signal)
    else this.#run.signal(signal, scope)
  }

  /** All processes of its run. */
  get tree(): RunTree {
    return this.#run.tree
  }

  /** What has outlived its main process. Another object when it has changed. */
  get survivors(): readonly TreeMember[] {
    return this.#ports.leftovers.of(this.#run.tree)
  }

  /** Notes that the daemon asks it to end; the signals are the caller's. */
  stopping(killAt: number | null): void {
    this.#become({ kind: 'stop', killAt })
  }

  /** Calls back when it has ended, at once if it has; the returned function takes that back. */
  whenEnded(callback: () => void): () => void {
    if (this.ended) {
      callback()
      return () => {}
    }
    return this.#waiters.add(callback)
  }

  /** From now on it waits for no client: one that falls behind gets a gap, although it is lossless. */
  release(): void {
    this.#broadcast.release()
  }

  /** Forgets what it keeps for clients. What descendants still write is read, so that they don't block. */
  forget(): void {
    this.#terminal?.dispose()
    this.#broadcast.forget()
  }

  summary(): ProcessSummary {
    return summarize(this)
  }

  /** The summary, encoded: a view that is valid until the process changes. */
  encodedSummary(): Buffer {
    return this.#encodedSummary.of(this)
  }

  detail(withEnvironment: boolean): ProcessDetail {
    return describeProcess(this, withEnvironment)
  }

  /** @throws NetdaemonError NO_TERMINAL */
  get #sharedTerminal(): SharedTerminal {
    if (this.#terminal !== undefined) return this.#terminal
    throw new NetdaemonError('NO_TERMINAL', `"${this.id}" has no terminal: it was started with pipes`)
  }

  #become(stimulus: Stimulus): void {
    this.#state = next(this.#state, stimulus, this.#ports.clock.now())
    this.#ports.onState(this)
  }

  #over(): void {
    this.#input.close()
    this.#terminal?.connect(undefined)
    this.#broadcast.end()
    this.#ports.onEnded(this)
    this.#waiters.tellAll()
  }
}
