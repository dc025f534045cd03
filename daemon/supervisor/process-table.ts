// All processes of the daemon: starting them, finding them, and forgetting the ended ones when there are too many or
// they are too old.

import { randomInt } from 'node:crypto'
import { basename } from 'node:path'
import { NetdaemonError } from '../../proto/errors.ts'
import type { Params, ProcessRef, ProcessSpec } from '../../proto/protocol.ts'
import type { Kernel } from '../linux/kernel.ts'
import { resolveProgram } from '../linux/spawn/program-path.ts'
import { spawnProcess } from '../linux/spawn/spawn.ts'
import type { ReadBuffer } from '../linux/stdio/read-buffer.ts'
import { Terminal } from '../linux/stdio/terminal.ts'
import type { Reaper } from '../linux/tree/reaper.ts'
import type { Clock } from '../loop/clock.ts'
import { OutputTurn } from '../loop/output-turn.ts'
import type { Slices } from '../loop/slices.ts'
import type { EventLog } from '../observe/event-log.ts'
import { PacketBuffer } from '../output/packet-buffer.ts'
import { Process, type ProcessEnvironment, type ProcessIdentity, type StartedProgram } from '../process/process.ts'
import { isLive } from '../process/process-state.ts'
import { EmulatorLibrary } from '../screen/emulator.ts'
import { PipeStreams } from '../streams/pipe-streams.ts'
import { TerminalStreams } from '../streams/terminal-streams.ts'

export interface SupervisorOptions {
  /** Ended processes kept. */
  readonly retainCount: number
  /** How long they are kept. */
  readonly retainMs: number
  /** Processes, running and ended, at most. */
  readonly maxProcesses: number
  /** Told to the processes in `NETDAEMON_SOCKET`. */
  readonly socketPath: string
  /** What `inherit` inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface SupervisorParts {
  readonly kernel: Kernel
  readonly reaper: Reaper
  readonly clock: Clock
  readonly readBuffer: ReadBuffer
  readonly events: EventLog
  readonly slices: Slices
}

const SIGKILL = 9

export class Supervisor {
  readonly options: SupervisorOptions
  readonly #parts: SupervisorParts
  /** By handle, and so in the order of their start. */
  readonly #processes = new Map<number, Process>()
  readonly #byId = new Map<string, Process>()
  /** Ended processes that are kept, the oldest first, and until when. */
  readonly #retained = new Map<Process, number>()
  readonly #environment: ProcessEnvironment
  #started = 0
  #forgottenBytes = 0
  #accepting = true
  #disposed = false
  #cancelExpiry: (() => void) | undefined

  constructor(parts: SupervisorParts, options: SupervisorOptions) {
    this.#parts = parts
    this.options = options
    let library: Promise<EmulatorLibrary> | undefined
    this.#environment = {
      kernel: parts.kernel,
      clock: parts.clock,
      readBuffer: parts.readBuffer,
      packetBuffer: new PacketBuffer(),
      turn: new OutputTurn(),
      screens: {
        slices: parts.slices,
        now: () => performance.now(),
        library: () => (library ??= EmulatorLibrary.load()),
        failed: (error) => {
          setImmediate(() => {
            throw error
          })
        },
      },
      onState: (process) => {
        if (process.state.kind === 'stopping') this.#record('stopping', process)
      },
      onEnded: (process) => this.#retain(process),
      onIdle: (process) => {
        if (process.ended) this.#retain(process)
      },
    }
  }

  /** Processes started so far. */
  get started(): number {
    return this.#started
  }

  /** Bytes of output that processes have written so far, forgotten ones included. */
  get outputBytes(): number {
    let bytes = this.#forgottenBytes
    for (const process of this.#processes.values()) bytes += process.log.end
    return bytes
  }

  get size(): number {
    return this.#processes.size
  }

  /** Those that run, by their pids. */
  *running(): IterableIterator<{ handle: number; pid: number }> {
    for (const { handle, state } of this.#processes.values()) if (isLive(state)) yield { handle, pid: state.pid }
  }

  /** All processes with a handle above `after`, in the order of their start. */
  *processes(after = 0): IterableIterator<Process> {
    for (const [handle, process] of this.#processes) if (handle > after) yield process
  }

  /**
   * Starts a program.
   *
   * @throws NetdaemonError CANNOT_START with the errno, NAME_TAKEN, LIMIT, SHUTTING_DOWN
   */
  start(spec: ProcessSpec, replace: boolean): Process {
    if (!this.#accepting)
      throw new NetdaemonError('SHUTTING_DOWN', `cannot start "${spec.command}": the daemon is ending`)
    const replaced = this.#claimName(spec, replace)
    const outgoing = replaced ?? this.#makeRoom(spec)
    const identity = this.#identify(spec)
    const process = this.#adopt(identity, this.#execute(identity))
    // Only now: a program that can't be started must not cost the ended one its record.
    if (outgoing !== undefined) this.#forget(outgoing)
    this.#started += 1
    this.#processes.set(process.handle, process)
    this.#byId.set(process.id, process)
    this.#record('started', process)
    return process
  }

  /**
   * The process that a request means: an id, a handle, or the only id that begins so.
   *
   * @throws NetdaemonError NOT_FOUND, AMBIGUOUS
   */
  find(ref: ProcessRef): Process {
    const exact = typeof ref === 'number' ? this.#processes.get(ref) : this.#byId.get(ref)
    if (exact !== undefined) return exact
    const candidates: Process[] = []
    if (typeof ref === 'string') {
      for (const process of this.#processes.values()) if (process.id.startsWith(ref)) candidates.push(process)
    }
    const [found, ...others] = candidates
    if (found === undefined) throw new NetdaemonError('NOT_FOUND', `there is no process "${ref}"`)
    if (others.length === 0) return found
    const ids = candidates.slice(0, 10).map(({ id }) => id)
    throw new NetdaemonError(
      'AMBIGUOUS',
      `"${ref}" may be ${ids.join(', ')}${candidates.length > ids.length ? ', …' : ''}; write more of the id`,
      { detail: { ids } },
    )
  }

  /**
   * Forgets an ended process.
   *
   * @throws NetdaemonError STILL_RUNNING
   */
  remove(process: Process): void {
    if (!process.ended) {
      throw new NetdaemonError(
        'STILL_RUNNING',
        `cannot remove "${process.id}": ${isLive(process.state) ? 'it is running' : 'its output has not ended yet'}; end it first, or remove it with force`,
        { detail: { id: process.id } },
      )
    }
    if (this.#byId.get(process.id) === process) this.#forget(process)
  }

  /** Kills a process and forgets it as soon as it has ended; the returned function gives up waiting. */
  removeByForce(process: Process, removed: () => void): () => void {
    if (isLive(process.state)) process.kill(SIGKILL, 'group')
    // A client that does not read must not keep what somebody wants gone.
    process.release()
    return process.whenEnded(() => {
      this.remove(process)
      removed()
    })
  }

  /** Nothing is started any more. */
  stopAccepting(): void {
    this.#accepting = false
  }

  /** Lets go of timers. The processes run on. */
  dispose(): void {
    this.#accepting = false
    this.#disposed = true
    this.#cancelExpiry?.()
  }

  #claimName(spec: ProcessSpec, replace: boolean): Process | undefined {
    if (spec.name === undefined) return undefined
    const holder = this.#byId.get(spec.name)
    if (holder === undefined) return undefined
    if (!holder.ended)
      throw nameTaken(spec.name, false, 'a process that has not ended; choose another, or end that one first')
    if (!replace) throw nameTaken(spec.name, true, 'an ended process; remove it first, or start with replace')
    return holder
  }

  #identify(spec: ProcessSpec): ProcessIdentity {
    const handle = this.#started + 1
    const id = spec.name ?? this.#makeId(spec.command)
    const cwd = spec.cwd ?? process.cwd()
    const pathVariable = spec.env.set.PATH ?? (spec.env.inherit ? this.options.environment.PATH : undefined)
    const path = resolveProgram(spec.command, { pathVariable, cwd })
    return { id, handle, spec, path, cwd, env: () => this.#environmentOf(id, spec) }
  }

  /** All variables of a process. Not kept, since a thousand processes would keep a thousand copies of the daemon's own. */
  #environmentOf(id: string, { env: { inherit, set } }: ProcessSpec): Record<string, string> {
    const env: Record<string, string> = {}
    if (inherit) {
      for (const [key, value] of Object.entries(this.options.environment)) if (value !== undefined) env[key] = value
    }
    return Object.assign(env, { NETDAEMON_ID: id, NETDAEMON_SOCKET: this.options.socketPath }, set)
  }

  /** `ls-k3f9`: the program's name and four random letters or digits. */
  #makeId(command: string): string {
    const word = basename(command)
      .replace(/[^A-Za-z0-9_.]+/g, '-')
      .replace(/^[^A-Za-z0-9_]+|-+$/g, '')
      .slice(0, 32)
    for (;;) {
      const id = `${word === '' ? 'process' : word}-${randomInt(36 ** 4)
        .toString(36)
        .padStart(4, '0')}`
      if (!this.#byId.has(id)) return id
    }
  }

  /** Starts the program, with pipes or on a terminal. @throws NetdaemonError CANNOT_START */
  #execute({ spec, path, env, cwd }: ProcessIdentity): StartedProgram {
    const { kernel, readBuffer } = this.#parts
    const program = { file: path, argv: [spec.command, ...spec.args], env: env(), cwd }
    const size = spec.terminal
    if (size === undefined) {
      const ends = spawnProcess(kernel, { ...program, stdin: spec.stdin, stderr: spec.stderr })
      return { pid: ends.pid, openStreams: (handlers) => new PipeStreams(ends, this.#parts, handlers) }
    }
    const terminal = Terminal.open(kernel, path, size, readBuffer)
    const pid = terminal.execute(program)
    return { pid, openStreams: (handlers) => new TerminalStreams(terminal, size, handlers) }
  }

  #adopt(identity: ProcessIdentity, started: StartedProgram): Process {
    const { kernel, reaper } = this.#parts
    try {
      const process = new Process(identity, started, this.#environment)
      reaper.watch(started.pid, (status) => process.died(status))
      return process
    } catch (error) {
      // Its streams could not be watched: a process that nobody supervises must not run.
      kernel.kill(-started.pid, SIGKILL)
      throw error
    }
  }

  /** An ended process is kept for a while, unless it asked not to be. A kept place keeps it longer. */
  #retain(process: Process): void {
    // It may have been removed already: by the last client that it was kept for, or with force.
    if (this.#byId.get(process.id) !== process) return
    // If its time begins anew, it goes to the end of the line.
    if (!this.#retained.delete(process)) this.#record('ended', process)
    if (process.spec.autoRemove && process.idle) {
      this.#forget(process)
      return
    }
    this.#retained.set(process, this.#parts.clock.now() + this.options.retainMs)
    this.#expire()
  }

  #expire(): void {
    if (this.#disposed) return
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    const now = this.#parts.clock.now()
    for (const [process, until] of this.#retained) {
      if (!process.idle) continue
      if (until > now && this.#retained.size <= this.options.retainCount) break
      this.#forget(process)
    }
    for (const [process, until] of this.#retained) {
      if (!process.idle) continue
      this.#cancelExpiry = this.#parts.clock.after(until - now, () => this.#expire())
      break
    }
  }

  /** The ended process that must be forgotten for a new one, if there are as many as there may be. */
  #makeRoom(spec: ProcessSpec): Process | undefined {
    if (this.#processes.size < this.options.maxProcesses) return undefined
    for (const process of this.#retained.keys()) if (process.idle) return process
    throw new NetdaemonError(
      'LIMIT',
      `cannot start "${spec.command}": the daemon has ${this.#processes.size} processes already; raise --max-processes`,
    )
  }

  #forget(process: Process): void {
    this.#retained.delete(process)
    this.#processes.delete(process.handle)
    this.#byId.delete(process.id)
    this.#forgottenBytes += process.log.end
    process.forget()
    this.#record('removed', process)
  }

  #record(kind: 'started' | 'stopping' | 'ended' | 'removed', process: Process): void {
    this.#parts.events.record(kind, process, this.#parts.clock.now())
  }
}

/** Does a process pass a LIST's filter? */
export function matches(process: Process, filter: Params<'LIST'>): boolean {
  if (filter.id !== undefined && !process.id.startsWith(filter.id)) return false
  if (filter.name !== undefined && process.name !== filter.name) return false
  if (filter.states !== undefined && !filter.states.includes(process.state.kind)) return false
  return Object.entries(filter.labels).every(([key, value]) => process.labels[key] === value)
}

function nameTaken(name: string, ended: boolean, by: string): NetdaemonError {
  return new NetdaemonError('NAME_TAKEN', `the name "${name}" belongs to ${by}`, { detail: { name, ended } })
}
