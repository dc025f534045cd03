// Programs that a test plays, with all that a kernel would know of them: signals, deaths, zombies, descendants, streams that somebody
// still holds. No file descriptor and no real process is behind them, so that a history of many runs takes microseconds. What must
// never be is noted as a violation the moment it happens: two runs of one process that overlap.

import {
  CLD_EXITED,
  CLD_KILLED,
  type EndedChild,
  errnos,
  type Kernel,
  PR_SET_CHILD_SUBREAPER,
} from '../../../daemon/linux/kernel.ts'
import { createReadBuffer } from '../../../daemon/linux/stdio/read-buffer.ts'
import { ProcessTree, type RunMark, type TreeMember } from '../../../daemon/linux/tree/process-tree.ts'
import { Reaper } from '../../../daemon/linux/tree/reaper.ts'
import type { Clock } from '../../../daemon/loop/clock.ts'
import { Launcher, type Program } from '../../../daemon/run/launcher.ts'
import { Notifications } from '../../../daemon/run/notifications.ts'
import { Run, type RunHandlers } from '../../../daemon/run/run.ts'
import { RUN_VARIABLE, RunTree } from '../../../daemon/run/run-tree.ts'
import type { ProcessStreams, StreamHandlers } from '../../../daemon/streams/process-streams.ts'
import { DATA_HEADER } from '../../../proto/codec/stream-codec.ts'
import { NetdaemonError } from '../../../proto/errors.ts'
import { type OutputChannel, STDERR, STDOUT, type TerminalSize } from '../../../proto/protocol.ts'
import { kernelWith } from './linux.ts'

const SIGKILL = 9
const SIGTERM = 15
const SIGINT = 2
/** As long as the streams of a real process are looked at for silence. */
const SILENCE_MS = 500

/** How the next program that is executed behaves. */
export interface Fate {
  /** It cannot be executed. */
  readonly fails: boolean
  readonly ignoresTerm: boolean
  /** It waits in the kernel, and takes no signal, until it is released. */
  readonly stuck: boolean
  /** What it has made: a descendant that ends at SIGTERM, one that does not, one that nobody can find. */
  readonly child: 'none' | 'tame' | 'stubborn' | 'hidden'
  /** The descendant holds its streams. */
  readonly holds: boolean
}

const TAME: Fate = { fails: false, ignoresTerm: false, stuck: false, child: 'none', holds: false }

/** One played process of the machine. */
interface Played {
  readonly pid: number
  readonly main: boolean
  readonly run: PlayedRun
  readonly ignoresTerm: boolean
  readonly hidden: boolean
  readonly holds: boolean
  stuck: boolean
  alive: boolean
  /** How it is about to end. */
  dying: { code: number; status: number } | undefined
}

/** One execution of a program. */
export interface PlayedRun {
  /** Which execution of its program: the first is 1. */
  readonly nth: number
  readonly main: Played
  readonly children: readonly Played[]
  readonly mark: string
  streams: Pick<PlayedPipes<unknown>, 'print' | 'read' | 'flow' | 'release' | 'held' | 'taken'> | undefined
  isOver: () => boolean
}

/** What is known of one program: its runs, and what the daemon has read of it. */
export interface PlayedProgram {
  readonly program: Program
  readonly runs: PlayedRun[]
  /** Executions, those that failed included. */
  attempts: number
  /** All that the daemon has read, in order. */
  output: string
  /** Where runs began and ended in it, as attached clients are to be told. */
  readonly borders: { readonly kind: 'began' | 'ended'; readonly offset: number }[]
}

export class PlayedPrograms {
  readonly kernel: Kernel
  readonly reaper: Reaper
  readonly tree: ProcessTree
  onSwept: (reaped: readonly number[]) => void = () => {}
  /** How the next ones behave; when there are no more of them, tame. */
  readonly fates: Fate[] = []
  readonly programs: PlayedProgram[] = []
  /** What must never be. */
  readonly violations: string[] = []
  readonly buffer = createReadBuffer(DATA_HEADER)
  readonly #clock: Clock
  readonly #processes = new Map<number, Played>()
  readonly #zombies: EndedChild[] = []
  #lastPid = 1000

  constructor(clock: Clock) {
    this.#clock = clock
    this.kernel = kernelWith({
      spawn: () => -errnos.ENOSYS,
      prctl: (option) => (option === PR_SET_CHILD_SUBREAPER ? 0 : -errnos.ENOSYS),
      peekEnded: () => this.#zombies[0] ?? -errnos.ECHILD,
      reap: (pid) => {
        const at = this.#zombies.findIndex((child) => child.pid === pid)
        return at < 0 ? -errnos.ECHILD : (this.#zombies.splice(at, 1)[0] ?? 0)
      },
      kill: (pid, signal) => this.#kill(pid, signal),
    })
    this.reaper = new Reaper(this.kernel, { onSwept: (reaped) => this.onSwept(reaped) })
    this.tree = new PlayedTree(this)
  }

  /** Those that live and can be found. */
  members({ pid, reaped, variable, adopted }: RunMark): TreeMember[] {
    const { run } = this.#processes.get(pid) ?? {}
    if (run === undefined || variable !== `${RUN_VARIABLE}=${run.mark}`) return []
    const seen = run.children.filter((each) => each.alive && (!each.hidden || adopted?.has(each.pid)))
    const all = reaped || !run.main.alive ? seen : [run.main, ...seen]
    return all.map((each) => ({ pid: each.pid, name: 'it', state: each.stuck ? 'D' : 'S', uid: 0, group: pid }))
  }

  /** Those that have lost their parent. What is hidden has from the first, by a double fork. */
  orphans(): number[] {
    return this.living().flatMap(({ pid, main, hidden, run }) => (!main && (hidden || !run.main.alive) ? [pid] : []))
  }

  /** Null: nothing tells of it. It has left the group, and its environment is gone. */
  markOf(pid: number): string | null {
    const { hidden, run } = this.#processes.get(pid) ?? {}
    return run === undefined || hidden ? null : run.mark
  }

  of(program: Program): PlayedProgram {
    let found = this.programs.find((each) => each.program === program)
    if (found === undefined) {
      found = { program, runs: [], attempts: 0, output: '', borders: [] }
      this.programs.push(found)
    }
    return found
  }

  /** All runs of all programs. */
  get runs(): PlayedRun[] {
    return this.programs.flatMap(({ runs }) => runs)
  }

  execute(program: Program, mark: string): PlayedRun {
    const played = this.of(program)
    played.attempts += 1
    const before = played.runs.at(-1)
    if (before !== undefined) {
      if (before.main.alive) this.violations.push(`${program.id}: a run begins while the one before lives`)
      if (!before.isOver()) this.violations.push(`${program.id}: a run begins before the one before is over`)
      const left = before.children.filter(({ alive, hidden }) => alive && !hidden)
      if (left.length > 0 && program.spec.stop?.scope !== 'process') {
        this.violations.push(`${program.id}: a run begins beside what the one before has left`)
      }
    }
    const fate = this.fates.shift() ?? TAME
    if (fate.fails)
      throw new NetdaemonError('CANNOT_START', `cannot start "${program.id}": EAGAIN`, { errno: 'EAGAIN' })
    const children: Played[] = []
    const run: PlayedRun = {
      nth: played.runs.length + 1,
      children,
      mark,
      streams: undefined,
      isOver: () => false,
      main: undefined as unknown as Played,
    }
    const make = (main: boolean, ignoresTerm: boolean, hidden: boolean, holds: boolean, stuck: boolean): Played => {
      const pid = ++this.#lastPid
      const made: Played = { pid, main, run, ignoresTerm, hidden, holds, stuck, alive: true, dying: undefined }
      this.#processes.set(pid, made)
      return made
    }
    Object.assign(run, { main: make(true, fate.ignoresTerm, false, true, fate.stuck) })
    if (fate.child !== 'none') {
      children.push(make(false, fate.child === 'stubborn', fate.child === 'hidden', fate.holds, false))
    }
    played.runs.push(run)
    return run
  }

  /** Its main process, or a descendant, ends by itself as soon as the dead are counted. */
  end(played: Played, how: { code: number } | { signal: number }): void {
    if (!played.alive || played.stuck) return
    played.dying ??= 'code' in how ? { code: CLD_EXITED, status: how.code } : { code: CLD_KILLED, status: how.signal }
  }

  /** What hung in the kernel goes on. */
  release(): void {
    for (const each of this.#processes.values()) each.stuck = false
  }

  /** Those that are about to end do; the daemon has not noticed yet. */
  die(): void {
    for (const each of this.#processes.values()) {
      if (each.dying === undefined || !each.alive || each.stuck) continue
      each.alive = false
      // A descendant is reaped by its parent, or else by the daemon.
      if (each.main || !each.run.main.alive) this.#zombies.push({ pid: each.pid, ...each.dying })
      const { main, children, streams } = each.run
      if (!main.alive && !children.some(({ alive, holds }) => alive && holds)) streams?.release()
    }
  }

  /** The daemon notices the dead, as at SIGCHLD. */
  sweep(): void {
    if (this.#zombies.length > 0) this.reaper.sweep()
  }

  /** It has died, and the daemon has not noticed. */
  isZombie(pid: number | undefined): boolean {
    return this.#zombies.some((zombie) => zombie.pid === pid)
  }

  /** What is in the pipes is read, as far as the daemon reads. */
  flow(): void {
    for (const { streams } of this.runs) streams?.flow()
  }

  /** Somebody is about to die. */
  get dying(): boolean {
    return this.#zombies.length > 0 || this.living().some(({ dying, stuck }) => dying !== undefined && !stuck)
  }

  /** Those that live, hidden ones too. */
  living(): Played[] {
    return Array.from(this.#processes.values()).filter(({ alive }) => alive)
  }

  pipes<Tag>(handlers: StreamHandlers<Tag>, hasInput: boolean): PlayedPipes<Tag> {
    return new PlayedPipes(handlers, this.buffer, this.#clock, hasInput)
  }

  #kill(pid: number, signal: number): number {
    const main = this.#processes.get(Math.abs(pid))
    if (main === undefined) return -errnos.ESRCH
    // Who cannot be found has left the group, too.
    const group = pid < 0 ? [main, ...main.run.children.filter(({ hidden }) => !hidden)] : [main]
    const targets = group.filter(({ alive }) => alive)
    for (const target of targets) {
      const fatal = signal === SIGKILL || ((signal === SIGTERM || signal === SIGINT) && !target.ignoresTerm)
      if (fatal) target.dying ??= { code: CLD_KILLED, status: signal }
    }
    // A zombie takes a signal, too.
    return targets.length > 0 || group.some(({ pid: each }) => this.isZombie(each)) ? 0 : -errnos.ESRCH
  }
}

/** The launcher of a daemon whose programs are played. */
export class PlayedLauncher extends Launcher {
  readonly #programs: PlayedPrograms
  #launched = 0

  constructor(programs: PlayedPrograms, clock: Clock) {
    const { kernel, reaper, tree, buffer } = programs
    const notifications = new Notifications({ kernel, processes: tree }, '/nowhere/notify')
    super(
      { kernel, reaper, clock, readBuffer: buffer, processes: tree, notifications },
      { socketPath: '/run/test.sock', umask: 0o022, softFiles: undefined, environment: { PATH: '/usr/bin:/bin' } },
    )
    this.#programs = programs
  }

  override launch<Tag>(program: Program, _size: TerminalSize | undefined, handlers: RunHandlers<Tag>): Run<Tag> {
    const { kernel, reaper, tree } = this.#programs
    const played = this.#programs.of(program)
    const executed = this.#programs.execute(program, `played-${++this.#launched}`)
    const { pid } = executed.main
    const noted: RunHandlers<Tag> = {
      ...handlers,
      onOutput: (channel, buffer, start, end) => {
        played.output += buffer.toString('latin1', start, end)
        handlers.onOutput(channel, buffer, start, end)
      },
      onOver: () => {
        played.borders.push({ kind: 'ended', offset: played.output.length })
        handlers.onOver()
      },
    }
    const started = {
      id: program.id,
      pid,
      tree: new RunTree({ kernel, processes: tree, isMain: (each) => reaper.watches(each) }, pid, executed.mark),
      openStreams: (streamHandlers: StreamHandlers<Tag>) => {
        const pipes = this.#programs.pipes(streamHandlers, program.spec.stdin === 'pipe')
        executed.streams = pipes
        return pipes
      },
    }
    const run = new Run<Tag>(started, kernel, noted)
    executed.isOver = () => run.over
    // The first attempt is not told, even if it failed.
    if (played.attempts > 1) played.borders.push({ kind: 'began', offset: played.output.length })
    reaper.watch(pid, (status) => run.died(status))
    return run
  }
}

class PlayedTree extends ProcessTree {
  readonly #programs: PlayedPrograms

  constructor(programs: PlayedPrograms) {
    super(1, '/nowhere')
    this.#programs = programs
  }

  override members(run: RunMark): TreeMember[] {
    return this.#programs.members(run)
  }

  override orphans(): number[] {
    return this.#programs.orphans()
  }

  override recentOrphans(): number[] {
    return this.#programs.orphans()
  }

  override hasLeftGroup(): boolean {
    return false
  }

  override sharedOrphans(): number[] {
    return this.#programs.orphans()
  }

  override markOf(pid: number): string | null {
    return this.#programs.markOf(pid)
  }
}

/** Pipes between a played program and the daemon. What is written waits in them until `flow`. */
export class PlayedPipes<Tag> implements ProcessStreams<Tag> {
  readonly readMax = 4096
  readonly #handlers: StreamHandlers<Tag>
  readonly #buffer: { readonly bytes: Buffer }
  readonly #clock: Clock
  readonly #waiting: { channel: OutputChannel; text: string }[] = []
  readonly #input: { bytes: Buffer; tag: Tag | undefined }[] = []
  /** What the program has read. */
  taken = ''
  inputOpen: boolean
  #paused = false
  #yielding = 0
  #released = false
  #ended = false

  constructor(handlers: StreamHandlers<Tag>, buffer: { readonly bytes: Buffer }, clock: Clock, hasInput: boolean) {
    this.#handlers = handlers
    this.#buffer = buffer
    this.#clock = clock
    this.inputOpen = hasInput
  }

  get queuedBytes(): number {
    return this.#input.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  get queuedWrites(): number {
    return this.#input.length
  }

  /** Nobody holds the writing ends any more. */
  release(): void {
    this.#released = true
  }

  get held(): boolean {
    return !this.#released
  }

  /** The program, or who holds its streams, writes. */
  print(channel: OutputChannel, text: string): void {
    if (!this.#released) this.#waiting.push({ channel, text })
  }

  /** The program reads so many writes. */
  read(writes: number): void {
    for (const { bytes, tag } of this.#input.splice(0, writes)) {
      this.taken += bytes.toString('latin1')
      if (tag !== undefined) this.#handlers.onInputTaken(tag, bytes.length)
    }
  }

  flow(): void {
    while (this.#waiting.length > 0 && !this.#paused && this.#yielding === 0) {
      const { channel, text } = this.#waiting.shift() as { channel: OutputChannel; text: string }
      const end = DATA_HEADER + this.#buffer.bytes.write(text, DATA_HEADER, 'latin1')
      this.#handlers.onOutput(channel, this.#buffer.bytes, DATA_HEADER, end)
    }
    if (!this.#released || this.#ended || this.#paused || this.#waiting.length > 0) return
    this.#ended = true
    this.#handlers.onOutputEnd(STDOUT)
    this.#handlers.onOutputEnd(STDERR)
  }

  write(bytes: Buffer, tag: Tag | undefined): void {
    if (this.inputOpen) this.#input.push({ bytes: Buffer.from(bytes), tag })
  }

  end(): void {
    this.inputOpen = false
  }

  drop(tag: Tag): void {
    for (let at = this.#input.length - 1; at >= 0; at--) if (this.#input[at]?.tag === tag) this.#input.splice(at, 1)
  }

  closeInput(): void {
    this.inputOpen = false
    this.#input.length = 0
  }

  resize(): void {
    throw new Error('internal error: pipes have no size')
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  yieldUntil(_channel: OutputChannel, arrange: (readOn: () => void) => void): void {
    this.#yielding += 1
    arrange(() => {
      this.#yielding -= 1
    })
  }

  died(): void {
    if (this.#released) return
    this.#clock.after(SILENCE_MS, () => {
      if (this.#ended) return
      if (this.#waiting.length === 0 && !this.#paused) this.#handlers.onComplete()
      else this.died()
    })
  }
}
