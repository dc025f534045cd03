// One supervised process: what it is, and what holds its parts together: its life, its runs, the output with its clients, its
// input, and its terminal. What goes on across runs is here; what belongs to one execution is in daemon/run.
//
// It has ended when it is at rest, will not run again by itself, and all that its last run wrote has come. What descendants write
// later still goes into the log.

import { NetdaemonError } from '../../proto/errors.ts'
import type { KnownState, ProcessDetail, ProcessSpec, ProcessSummary, TerminalSize } from '../../proto/protocol.ts'
import type { TreeMember } from '../linux/tree/process-tree.ts'
import type { Attachment } from '../output/attachment.ts'
import type { AttachmentTerms, OutputSink } from '../output/attachment-ports.ts'
import { Broadcast } from '../output/broadcast.ts'
import type { OutputLog } from '../output/output-log.ts'
import type { Program } from '../run/launcher.ts'
import type { RunTree } from '../run/run-tree.ts'
import type { Shown } from '../screen/screen.ts'
import { SharedTerminal } from '../screen/shared-terminal.ts'
import { commandFailure, runInOrder } from './besides.ts'
import { commandLine } from './command-line.ts'
import { EndWaiters } from './end-waiters.ts'
import type { State } from './life-model.ts'
import type { Past } from './past.ts'
import { describeProcess } from './process-detail.ts'
import { ProcessInput } from './process-input.ts'
import { ProcessLife } from './process-life.ts'
import type { ProcessPorts } from './process-ports.ts'
import { type Encoded, EncodedSummary, summarize } from './process-summary.ts'
import { reloadRun, signalRun, type Told } from './signalling.ts'

export class Process {
  readonly id: string
  readonly handle: number
  /** It, the program and the command are changed by {@link respecify} only. */
  spec: ProcessSpec
  program: Program
  readonly log: OutputLog
  readonly startedAt: number
  command: string
  /** How it lives: whether it is to run, its state, its runs. */
  readonly life: ProcessLife
  readonly #ports: ProcessPorts<Process>
  readonly #broadcast: Broadcast
  readonly #terminal: SharedTerminal | undefined
  readonly #input: ProcessInput<Attachment>
  readonly #encodedSummary = new EncodedSummary()
  readonly #waiters: EndWaiters

  /** @throws NetdaemonError BAD_REQUEST for a signal that there is not */
  constructor(handle: number, program: Program, ports: ProcessPorts<Process>, past?: Past) {
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
    this.startedAt = past?.startedAt ?? ports.clock.now()
    this.#broadcast = broadcast
    this.#terminal = terminal
    this.#input = new ProcessInput(id, ports.bounds.input.account())
    const living = { program, broadcast, input: this.#input, terminal }
    const host = {
      onState: (before: State) => ports.onState(this, before),
      onMatched: (match: string, line: string) => ports.onMatched(this, match, line),
      measureMemory: (callback: (bytes: number | undefined) => void) => ports.measureMemory(handle, callback),
      onEnded: () => {
        ports.onEnded(this)
        this.#waiters.tellAll()
      },
    }
    this.life = new ProcessLife(living, ports, host, past)
  }

  /**
   * Is this from now on, and runs it from the next run on.
   *
   * @throws NetdaemonError BAD_REQUEST for a signal that there is not
   */
  respecify(program: Program): void {
    this.life.respecify(program)
    this.program = program
    this.spec = program.spec
    this.command = commandLine(program.spec)
    this.log.limit = program.spec.outputLimit
    this.#encodedSummary.forget()
  }

  get state(): KnownState {
    return this.life.state
  }

  get name(): ProcessSpec['name'] {
    return this.spec.name
  }

  get labels(): ProcessSpec['labels'] {
    return this.spec.labels
  }

  /** It is at rest, and its output is complete. */
  get ended(): boolean {
    return this.#broadcast.ended
  }

  /** No client may come back for the output, so that the process may be forgotten. */
  get idle(): boolean {
    return this.#broadcast.idle
  }

  get inputOpen(): boolean {
    return this.life.run?.inputOpen ?? false
  }

  get attachments(): number {
    return this.#broadcast.attachments.size
  }

  /** The size of its terminal; undefined if it has none. Another object when it has changed. */
  get terminal(): TerminalSize | undefined {
    return this.#terminal?.size
  }

  get input(): ProcessDetail['input'] {
    return { open: this.inputOpen, taken: this.#input.taken, queued: this.#input.queued }
  }

  /** Whether clients make it wait. */
  get held(): boolean {
    return this.#broadcast.heldByClients
  }

  get clients(): Iterable<Attachment> {
    return this.#broadcast.attachments
  }

  /** The pid of its main process; undefined: it has none at present. */
  get pid(): number | undefined {
    const { run } = this.life
    return run === undefined || run.dead ? undefined : run.pid
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
   * Writes a client's input to the run after all that came before it; no bytes: end of file.
   *
   * @throws NetdaemonError as `ProcessInput.write`
   */
  write(attachment: Attachment, bytes: Buffer): void {
    this.#input.write(attachment, bytes, this.life.model.runs)
  }

  /**
   * Lets it read its configuration again.
   *
   * @returns undefined: it has been told; else begins what does so, which calls back once with what failed, and is killed by the
   * function that it returns
   * @throws NetdaemonError as {@link reloadRun}
   */
  reload(): ((done: (failure: NetdaemonError | undefined) => void) => () => void) | undefined {
    const call = reloadRun(this.#told, this.spec.reload)
    if (call === undefined) return undefined
    const { runBeside } = this.#ports.launcher
    const run = { program: this.program, runBeside: runBeside.bind(this.#ports.launcher), goOn: false }
    return (done) => runInOrder([call], run, (problem) => done(commandFailure(this.id, 'reload', problem)))
  }

  /**
   * Sends a signal.
   *
   * @throws NetdaemonError as {@link signalRun}
   */
  kill(signal: number, scope: 'tree' | 'group' | 'process'): void {
    signalRun(this.#told, signal, scope)
  }

  /** All processes of its newest run; undefined: it has had none. */
  get tree(): RunTree | undefined {
    return this.life.run?.tree
  }

  /** What has outlived its main process. Another object when it has changed. */
  get survivors(): readonly TreeMember[] {
    return this.life.survivors
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
    this.life.dispose()
    this.#terminal?.dispose()
    this.#broadcast.forget()
  }

  summary(): ProcessSummary {
    return summarize(this)
  }

  /** The summary, encoded: valid until the process changes. */
  encodedSummary(): Encoded {
    return this.#encodedSummary.of(this)
  }

  detail(withEnvironment: boolean): ProcessDetail {
    return describeProcess(this, withEnvironment)
  }

  get #told(): Told {
    const { id, state, survivors } = this
    return { id, state, survivors, run: this.life.run }
  }

  /** @throws NetdaemonError NO_TERMINAL */
  get #sharedTerminal(): SharedTerminal {
    if (this.#terminal !== undefined) return this.#terminal
    throw new NetdaemonError('NO_TERMINAL', `"${this.id}" has no terminal: it was started with pipes`)
  }
}
