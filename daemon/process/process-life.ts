// How one process lives: carries out what its life decides, with its runs, and tells its output, its input and its terminal what
// that means to them. All changes of its state come through here.
//
// More than 300 lines: each method is a few lines, and all of them share the one state of a life.

import { type KnownState, type OutputChannel, STDERR, STDOUT } from '../../proto/protocol.ts'
import type { ExitStatus } from '../linux/tree/reaper.ts'
import type { Clock } from '../loop/clock.ts'
import type { Attachment } from '../output/attachment.ts'
import type { Program } from '../run/launcher.ts'
import type { Run } from '../run/run.ts'
import { Life } from './life.ts'
import type { LifeSpec, Model, Stimulus, StopReason } from './life-model.ts'
import type { LifeHost, LifePorts, LivingParts } from './life-ports.ts'
import type { Past } from './past.ts'
import { endedState, isAtRest, wireEnd, wireState } from './process-state.ts'
import { Rules } from './rules.ts'
import { type CarePorts, careFor, type RunCare } from './run-care.ts'
import { RunHistory } from './run-history.ts'
import { type RunPorts, Runs } from './runs.ts'

/** What is left in the terminal of a dead process waits for its screen for so long, and after that only for clients. */
const SCREEN_LEFT_MS = 1000
const BOTH: readonly OutputChannel[] = [STDOUT, STDERR]

export class ProcessLife {
  readonly history: RunHistory
  readonly #parts: LivingParts
  readonly #clock: Clock
  readonly #host: LifeHost
  readonly #rules: Rules
  readonly #life: Life
  readonly #runs: Runs<Attachment>
  /** What is looked at beside it; undefined: its spec says nothing of that. */
  #care: RunCare | undefined
  readonly #carePorts: CarePorts
  /** Those of the newest run. */
  readonly #endedChannels = new Set<OutputChannel>()
  readonly #watchers = new Set<() => void>()
  #state: KnownState
  #runStartedAt: number
  #cancelScreen = () => {}

  /** @throws NetdaemonError BAD_REQUEST for a signal that there is not */
  constructor(parts: LivingParts, ports: LifePorts, host: LifeHost, past?: Past) {
    this.#parts = parts
    this.#clock = ports.clock
    this.#host = host
    this.#rules = new Rules(parts.program, () => this.#care?.problem)
    this.history = new RunHistory(past?.ends)
    this.#carePorts = ports
    this.#care = careFor(parts.program, ports, this)
    this.#runStartedAt = ports.clock.now()
    const runs = this.#makeRuns(ports)
    this.#runs = runs
    const acts = {
      execute: (run: number) => runs.execute(run),
      stopStep: (step: number) => runs.stopStep(step),
      kill: () => runs.kill(),
      lookForSurvivors: () => runs.lookForSurvivors(),
      changed: (before: Model) => this.#changed(before),
    }
    this.#life = new Life(this.#rules.life, acts, ports.clock, past?.model)
    this.#state = this.#wireState()
  }

  /**
   * Starts it for the first time.
   *
   * @throws NetdaemonError CANNOT_START with the errno
   */
  begin(): void {
    this.up()
    const { error } = this.#runs
    if (error === undefined) return
    this.dispose()
    throw error
  }

  /** The state for clients. Another object when it has changed. */
  get state(): KnownState {
    return this.#state
  }

  get model(): Model {
    return this.#life.model
  }

  /** How it should live. */
  get spec(): LifeSpec {
    return this.#rules.life
  }

  /** Its newest run; undefined: it has had none. */
  get run(): Run<Attachment> | undefined {
    return this.#runs.newest
  }

  /** What has outlived the main process of its newest run. Another object when it has changed. */
  get survivors(): Runs<Attachment>['survivors'] {
    return this.#runs.survivors
  }

  /** Lines of the newest run that came too fast to be looked at. */
  get linesPassedOver(): number {
    return this.#care?.passedOver ?? 0
  }

  /** No run is under way, and none is about to be. */
  get isDown(): boolean {
    return !['starting', 'running', 'stopping'].includes(this.model.state.kind)
  }

  /** Its stop under way has come to SIGKILL. */
  get killed(): boolean {
    const { state } = this.model
    return state.kind === 'stopping' && state.step >= this.#rules.life.stopWaitsMs.length
  }

  /** Wants it to run. Does nothing if it does. */
  up(): void {
    this.tell({ kind: 'wanted', left: this.#isLeft })
  }

  /**
   * Wants it not to run, and nothing of it to be left.
   *
   * @param killAfterMs SIGKILL no later than after so long
   */
  stop(killAfterMs?: number): void {
    const killBy = killAfterMs === undefined ? null : this.#clock.now() + killAfterMs
    this.tell({ kind: 'unwanted', left: this.#isLeft, killBy })
  }

  /** Wants another run of it. */
  again(why: StopReason): void {
    this.tell({ kind: 'again', why, left: this.#isLeft })
  }

  /** Of those that it depends on, these are not as they must be. `lost`: one that it is bound to. */
  dependencies(unmet: readonly string[], lost: boolean): void {
    this.tell({ kind: 'dependencies', unmet, lost })
  }

  /** Something has happened to it, or is wanted of it. */
  tell(stimulus: Stimulus): void {
    this.#life.tell(stimulus)
  }

  get #isLeft(): boolean {
    return this.survivors.length > 0
  }

  /** Calls back after each change of its state, or of what is wanted; the returned function ends that. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback)
    return () => this.#watchers.delete(callback)
  }

  /** Has those that watch look again: something else than its state has decided what becomes of what they wait for. */
  lookAgain(): void {
    for (const watcher of this.#watchers) watcher()
  }

  /** Nothing happens by itself any more. */
  dispose(): void {
    this.#life.dispose()
    this.#runs.dispose()
    this.#care?.dispose()
    this.#cancelScreen()
  }

  /**
   * Runs this program from its next run on, and lives by its spec; what is under way goes on as it began.
   *
   * @throws NetdaemonError BAD_REQUEST for a signal that there is not
   */
  respecify(program: Program): void {
    this.#rules.respecify(program)
    this.#takeRules()
  }

  #takeRules(): void {
    if (!this.#rules.take(this.model.state)) return
    this.#life.respecify(this.#rules.life)
    const { program } = this.#rules
    if (this.#care !== undefined) {
      this.#care.respecify(program, this.model.state)
      return
    }
    this.#care = careFor(program, this.#carePorts, this)
    this.#care?.changed(this.model.state)
  }

  /** What it says of itself is another. */
  textChanged(): void {
    this.#state = this.#wireState()
  }

  /** A line of its output is to be reported. */
  matched(match: string, line: string): void {
    this.#host.onMatched(match, line)
  }

  /** Measures what it has of memory, with all its descendants. */
  measureMemory(callback: (bytes: number | undefined) => void): () => void {
    return this.#host.measureMemory(callback)
  }

  /** Comes to rest, as it was kept. */
  restore(): void {
    this.#rest()
  }

  #makeRuns(ports: RunPorts<Attachment>): Runs<Attachment> {
    const { broadcast, input, terminal } = this.#parts
    return new Runs<Attachment>(ports, {
      rules: this.#rules,
      size: () => terminal?.size,
      tell: (stimulus) => this.tell(stimulus),
      gone: () => this.#gone(),
      began: (number, run, before) => this.#began(number, run, before),
      onOutput: (run, channel, buffer, start, end) => {
        broadcast.output(run.streams, channel, buffer, start, end)
        // What is left of an earlier run says nothing about the newest.
        if (run === this.run) this.#care?.output(channel, buffer.subarray(start, end))
      },
      silent: (run) => broadcast.disconnect(run.streams),
      onOutputEnd: (channel) => {
        this.#endedChannels.add(channel)
        // A service may write on in its next run.
        if (!this.#rules.supervised || broadcast.ended) this.#endChannel(channel)
      },
      onInputTaken: (attachment, bytes) => {
        input.took(bytes)
        attachment.inputTaken(bytes)
      },
      onInputClosed: () => this.#inform(),
      died: (status) => this.#died(status),
      over: (number) => this.#over(number),
    })
  }

  #began(number: number, run: Run<Attachment>, before: Run<Attachment> | undefined): void {
    const { broadcast, input, terminal } = this.#parts
    const at = this.#clock.now()
    this.#runStartedAt = at
    this.#endedChannels.clear()
    this.#care?.began(run)
    input.connect(run)
    broadcast.connect(run.streams, before?.streams)
    terminal?.connect(run.streams)
    if (number === 1) return
    broadcast.border({ kind: 'began', run: number, offset: broadcast.log.end, at, pid: run.pid })
    this.#inform()
  }

  #died(status: ExitStatus): void {
    this.tell({ kind: 'ended', end: status })
    const { terminal } = this.#parts
    if (terminal !== undefined) this.#cancelScreen = this.#clock.after(SCREEN_LEFT_MS, () => terminal.release())
  }

  /** Nothing is left of the newest run. */
  #gone(): void {
    const { state } = this.model
    const isAwaited =
      (state.kind === 'stopping' && state.pid === null) || (state.kind === 'failed' && state.left !== undefined)
    if (isAwaited) this.tell({ kind: 'tree gone' })
  }

  /** All output of the newest run has come. */
  #over(run: number): void {
    const { broadcast, input, terminal } = this.#parts
    this.#cancelScreen()
    terminal?.connect(undefined)
    input.connect(undefined)
    // Of a service nobody knows yet whether this is the last end, so its border comes first in any case.
    if (this.#rules.supervised) this.#tellOfEnd(run)
    this.#rest()
    if (!this.#rules.supervised) this.#tellOfEnd(run)
    for (const attachment of broadcast.attachments) attachment.dropInput(run)
  }

  #tellOfEnd(run: number): void {
    const { broadcast } = this.#parts
    const { last, state } = this.model
    const end =
      state.kind === 'stopping' && state.end !== undefined ? { run, end: state.end, at: this.#clock.now() } : last
    if (end === undefined) return
    broadcast.runEnded(endedState(end))
    broadcast.border({ kind: 'ended', run, offset: broadcast.log.end, at: end.at, end: wireEnd(end) })
  }

  #endChannel(channel: OutputChannel): void {
    const { broadcast, terminal } = this.#parts
    broadcast.endChannel(channel)
    if (broadcast.log.ended) terminal?.ended()
  }

  #wireState(): KnownState {
    const { text, problem } = this.#care ?? {}
    return wireState(this.model, { runStartedAt: this.#runStartedAt, spec: this.#rules.life, text, problem })
  }

  #changed(before: Model): void {
    const { state, last } = this.model
    this.#care?.changed(state)
    if (last !== undefined && last !== before.last) this.history.add(wireEnd(last), this.#runStartedAt)
    if (state !== before.state) this.#state = this.#wireState()
    this.#takeRules()
    if (!isAtRest(state)) {
      this.#parts.broadcast.unrest()
      this.#inform()
    }
    this.#host.onState(before.state)
    this.#rest()
    this.lookAgain()
  }

  #inform(): void {
    for (const attachment of this.#parts.broadcast.attachments) attachment.inform()
  }

  /** Ends it for its clients, if it is at rest and all its output has come. */
  #rest(): void {
    const { state } = this.model
    const { broadcast } = this.#parts
    if (broadcast.ended || !isAtRest(state) || this.#runs.newest?.over === false) return
    // It may have come to rest without a run.
    const none = this.#runs.newest === undefined
    for (const channel of none ? BOTH : this.#endedChannels) this.#endChannel(channel)
    broadcast.rest(this.#state)
    this.#host.onEnded()
  }
}
