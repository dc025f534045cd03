// The runs of one process, one after the other: begins one when its life says so, ends it step by step, and tells the life what
// comes of it. Invariant: a run begins only when the one before is over, all its output included.

import { NetdaemonError } from '../../proto/errors.ts'
import type { OutputChannel, TerminalSize } from '../../proto/protocol.ts'
import type { TreeMember } from '../linux/tree/process-tree.ts'
import type { ExitStatus } from '../linux/tree/reaper.ts'
import type { Program } from '../run/launcher.ts'
import type { Run, RunHandlers } from '../run/run.ts'
import type { RunTree } from '../run/run-tree.ts'
import { carryOutStep, killRun, type StopScope, type StopStep } from '../run/stop-sequence.ts'
import { Besides, type RunBeside } from './besides.ts'
import type { Stimulus } from './life-model.ts'
import type { Rules } from './rules.ts'
import { survivorsText } from './survivors-text.ts'

/** What the runs need of the daemon. */
export interface RunPorts<Tag> {
  readonly launcher: {
    launch(program: Program, size: TerminalSize | undefined, handlers: RunHandlers<Tag>): Run<Tag>
    readonly runBeside: RunBeside
  }
  readonly leftovers: {
    add(id: string, tree: RunTree): void
    of(tree: RunTree): readonly TreeMember[]
    whenGone(tree: RunTree, gone: () => void, look?: (members: readonly TreeMember[]) => void): () => void
  }
  /** What runs of an earlier daemon have left; absent: nothing. */
  readonly earlier?: {
    /** Calls back when nothing of this process is left; false: nothing is, and it is not called. */
    whenGone(id: string, callback: () => void): boolean
  }
}

/** What the process does with what its runs do. */
export interface RunsHost<Tag> {
  /** They may change between runs, and while one is under way. */
  readonly rules: Pick<Rules, 'program' | 'steps'>
  /** The size of its terminal; undefined: it has none. */
  size(): TerminalSize | undefined
  tell(stimulus: Stimulus): void
  /** Nothing is left of the newest run that must be gone. It may be told when nobody waits for it. */
  gone(): void
  /** A run has begun, with these streams. @param before the one before, if descendants of it may still write */
  began(number: number, run: Run<Tag>, before: Run<Tag> | undefined): void
  /** Output of this run: of the newest, or of one before whose descendants hold its streams. */
  onOutput(run: Run<Tag>, channel: OutputChannel, buffer: Buffer, start: number, end: number): void
  /** Nothing more will come on a channel of the newest run. */
  onOutputEnd(channel: OutputChannel): void
  /** Nothing more will come of a run, which is not the newest. */
  silent(run: Run<Tag>): void
  onInputTaken(tag: Tag, bytes: number): void
  onInputClosed(): void
  /** The main process of the newest run has died; its output may go on. */
  died(status: ExitStatus): void
  /** The newest run is over: all its output has come. */
  over(number: number): void
}

const NO_MEMBERS: readonly TreeMember[] = []
const NOBODY: ReadonlySet<number> = new Set()

export class Runs<Tag> {
  readonly #ports: RunPorts<Tag>
  readonly #host: RunsHost<Tag>
  #newest: { readonly number: number; readonly run: Run<Tag> } | undefined
  /** The run that begins when the one before is over. */
  #due: number | undefined
  #error: NetdaemonError | undefined
  /** The step of its stop under way, and to whom its signal went. */
  #step: StopStep | 'kill' | undefined
  #signalled: ReadonlySet<number> = NOBODY
  #cancelAwait = () => {}
  /** What its spec states to be run beside it; most state nothing. */
  #besides: Besides | undefined

  constructor(ports: RunPorts<Tag>, host: RunsHost<Tag>) {
    this.#ports = ports
    this.#host = host
  }

  /** The newest; undefined: there has been none. */
  get newest(): Run<Tag> | undefined {
    return this.#newest?.run
  }

  /** None is there, or all output of the newest has come. */
  get over(): boolean {
    return this.#newest?.run.over ?? true
  }

  /** Why the newest could not begin; undefined: it could. */
  get error(): NetdaemonError | undefined {
    return this.#error
  }

  /** What has outlived the main process of the newest. Another object when it has changed. */
  get survivors(): readonly TreeMember[] {
    const run = this.#newest?.run
    return run === undefined ? NO_MEMBERS : this.#ports.leftovers.of(run.tree)
  }

  /** Begins a run, as soon as the one before is over, and nothing is left of those of an earlier daemon. */
  execute(number: number): void {
    const isLeft = this.#ports.earlier?.whenGone(this.#host.rules.program.id, () => this.#launchDue()) ?? false
    if (this.over && !isLeft) this.#prepare(number)
    else this.#due = number
  }

  stopStep(step: number): void {
    const { steps } = this.#host.rules
    const run = this.#running()
    const what = steps[step]
    if (run === undefined || what === undefined) return
    this.#besides?.endStep()
    if (what.kind === 'exec') {
      this.#signalled = NOBODY
      this.#makeBesides().beginStep({
        command: what.command,
        timeoutMs: what.waitMs,
        more: { MAINPID: String(run.pid) },
      })
    } else {
      this.#signalled = new Set(carryOutStep(run, what, this.#plan).map(({ pid }) => pid))
    }
    this.#step = what
    this.#look(run)
  }

  kill(): void {
    const run = this.#running()
    if (run === undefined) return
    this.#step = 'kill'
    killRun(run, this.#plan)
    this.#look(run)
  }

  lookForSurvivors(): void {
    const run = this.#newest?.run
    const members = run === undefined ? NO_MEMBERS : this.#members(run)
    if (members.length > 0) this.#host.tell({ kind: 'survivors', sentence: survivorsText(members) })
    // Where /proc can't be read, or in the moment before its death is told.
    else if (run?.dead === false) this.#host.tell({ kind: 'survivors', sentence: `SIGKILL did not end pid ${run.pid}` })
    else this.#clear(run)
  }

  get #scope(): StopScope {
    return this.#host.rules.program.spec.stop?.scope ?? 'tree'
  }

  get #plan() {
    return { scope: this.#scope, onTerminal: this.#host.size() !== undefined }
  }

  /** The run that is to be ended; if none is there, the life is told so. */
  #running(): Run<Tag> | undefined {
    const isDue = this.#besides?.endBefore() === true || this.#due !== undefined
    this.#due = undefined
    const run = this.#newest?.run
    if (!isDue && run !== undefined) return run
    this.#host.gone()
    return undefined
  }

  /** Its main process has ended before: nobody tells of the end of a tree that is gone already. */
  #look(run: Run<Tag>): void {
    if (run.dead) this.#await(run)
  }

  #await(run: Run<Tag>): void {
    const { leftovers } = this.#ports
    this.#cancelAwait()
    this.#cancelAwait = leftovers.whenGone(
      run.tree,
      () => this.#gone(run),
      (members) => this.#signalNew(run, members),
    )
  }

  /** What was made while the step's signal was sent has missed it. */
  #signalNew(run: Run<Tag>, members: readonly TreeMember[]): void {
    if (run !== this.#newest?.run || this.#scope !== 'tree') return
    const step = this.#step
    if (step === 'kill') killRun(run, this.#plan)
    if (typeof step !== 'object' || step.kind !== 'signal') return
    if (members.every(({ pid }) => this.#signalled.has(pid))) return
    this.#signalled = new Set(run.tree.signal(step.signal).map(({ pid }) => pid))
  }

  #gone(run: Run<Tag>): void {
    if (run === this.#newest?.run) this.#clear(run)
  }

  /** Nothing of a run is left but what comes after it. */
  #clear(run: Run<Tag> | undefined): void {
    this.#besides?.endStep()
    const after = this.#host.rules.program.spec.stop?.after
    if (run === undefined || after === undefined) this.#host.gone()
    else this.#makeBesides().after(run, () => this.#host.gone())
  }

  /** Runs the commands before a run, and then it. */
  #prepare(number: number): void {
    this.#error = undefined
    if (this.#host.rules.program.spec.start?.before === undefined) {
      this.#launch(number)
      return
    }
    this.#makeBesides().before((problem) => {
      if (problem === undefined) this.#launch(number)
      else this.#host.tell({ kind: 'spawn failed', error: problem })
    })
  }

  #makeBesides(): Besides {
    const { launcher } = this.#ports
    const run: RunBeside = (program, call, done) => launcher.runBeside(program, call, done)
    this.#besides ??= new Besides(this.#host.rules, run)
    return this.#besides
  }

  /** Kills the commands that are under way. */
  dispose(): void {
    this.#besides?.dispose()
  }

  /** Those that must be gone. */
  #members(run: Run<Tag>): readonly TreeMember[] {
    if (this.#scope === 'process' && run.dead) return NO_MEMBERS
    return run.tree.members()
  }

  #launch(number: number): void {
    const host = this.#host
    let run: Run<Tag>
    try {
      run = this.#ports.launcher.launch(host.rules.program, host.size(), {
        onOutput: (channel, buffer, start, end) => host.onOutput(run, channel, buffer, start, end),
        onOutputEnd: (channel) => this.#ended(run, channel),
        onInputTaken: host.onInputTaken,
        onInputClosed: host.onInputClosed,
        onReady: () => host.tell({ kind: 'ready' }),
        onDied: (status) => this.#died(run, status),
        onOver: () => this.#over(number),
      })
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      this.#error = error
      host.tell({ kind: 'spawn failed', error: error.message })
      return
    }
    this.#error = undefined
    const before = this.newest
    this.#newest = { number, run }
    this.#step = undefined
    host.began(number, run, before?.silent === false ? before : undefined)
    host.tell({ kind: 'spawned', pid: run.pid })
  }

  /** A channel has ended. Of a run that is not the newest, that says nothing about the process's output. */
  #ended(run: Run<Tag>, channel: OutputChannel): void {
    const { newest } = this
    // It is not noted before its constructor has returned.
    if (newest === undefined || newest === run) this.#host.onOutputEnd(channel)
    else if (run.silent) this.#host.silent(run)
  }

  #died(run: Run<Tag>, status: ExitStatus): void {
    const { leftovers } = this.#ports
    leftovers.add(this.#host.rules.program.id, run.tree)
    this.#host.died(status)
    if (this.#scope === 'process') this.#gone(run)
    else this.#await(run)
  }

  #over(number: number): void {
    this.#host.over(number)
    this.#launchDue()
  }

  #launchDue(): void {
    const due = this.#due
    if (due === undefined || !this.over) return
    this.#due = undefined
    this.execute(due)
  }
}
